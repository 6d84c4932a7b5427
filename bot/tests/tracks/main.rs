//! Does everything hold that must hold of a track, whatever song and wish it is made of?
//!
//! A hundred random songs and specs. What is said of the MIDI file is checked in its bytes.

mod readers;
mod songs;

use std::collections::{BTreeMap, HashSet};

use bot::arrange::harmony::harmony;
use bot::arrangement_kind::ArrangementKind;
use bot::instrument::Instrument;
use bot::render::arrange;
use bot::render_spec::RenderSpec;
use music::midi;
use music::score::{Part, Score};
use music::song::{Song, Voice};
use readers::{Plain, by_midi_file, by_midly};
use songs::Dice;

const N_TRACKS: u64 = 100;

/// Ticks a step of the song's grid.
const STEP: u32 = 20;

fn each(mut check: impl FnMut(&Song, &RenderSpec, &Score, &str)) {
    for seed in 0..N_TRACKS {
        let mut dice = Dice::new(seed);
        let (song, spec) = (songs::song(&mut dice), songs::spec(&mut dice));
        let arrangement = arrange(&song, &spec);
        let score = arrangement.score();
        let case = format!(
            "track {seed}: {} in {}/4, {} bars, {:?}",
            spec.genre,
            song.beats_per_bar(),
            song.n_bars(),
            spec.arrangement
        );
        check(&song, &spec, score, &case);
    }
}

#[test]
fn parts_are_named_apart_and_no_note_overlaps_or_leaves_the_track() {
    each(|song, _, score, case| {
        let bar = song.beats_per_bar() * 480;
        assert_eq!((score.ticks_per_beat, score.end.0 % bar), (480, 0), "{case}");
        let names: HashSet<&str> = score.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names.len(), score.parts.len(), "{case}");
        let melodic = || score.parts.iter().filter(|part| !part.is_drum_channel());
        let channels: HashSet<u8> = melodic().map(|part| part.channel).collect();
        assert_eq!(channels.len(), melodic().count(), "{case}");
        for part in &score.parts {
            let mut free = [0; 128];
            for note in &part.notes {
                let free = &mut free[usize::from(note.pitch.number())];
                assert!(note.onset.0 >= *free && note.duration.0 > 0, "{case}: {}", part.name);
                assert!((1..=127).contains(&note.velocity), "{case}: {}", part.name);
                *free = note.end().0;
            }
            assert!(part.notes.iter().all(|note| note.end() <= score.end), "{case}: {}", part.name);
        }
    });
}

#[test]
fn the_lead_alone_is_the_songs_lead_and_every_bar_of_it_is_heard() {
    each(|song, spec, score, case| {
        let bar = song.beats_per_bar() * 480;
        let heard = bars(lead(score), bar);
        let whole = song.to_score();
        let written = bars(lead(&whole), bar);
        let all: HashSet<&Vec<(u32, u8)>> = heard.values().collect();
        for (index, notes) in &written {
            assert!(all.contains(notes), "{case}: bar {index} is never heard");
        }
        // And nothing else is: each bar of the track's lead is one of the song's.
        let known: HashSet<&Vec<(u32, u8)>> = written.values().collect();
        assert!(heard.values().all(|notes| known.contains(notes)), "{case}");
        let program = spec.instrument.map_or(90, Instrument::program);
        let part = score.parts.iter().find(|part| part.name == "Lead");
        assert!(part.is_none_or(|part| part.program == Some(program)), "{case}");
        if spec.arrangement == ArrangementKind::Lead {
            assert_eq!(score.end, whole.end, "{case}");
            assert_eq!(score.n_notes(), whole.n_notes(), "{case}");
        }
    });
}

#[test]
fn a_track_is_as_long_as_its_form_and_song_need() {
    each(|song, spec, score, case| {
        if spec.arrangement == ArrangementKind::Full {
            let n_bars = score.end.0 / (song.beats_per_bar() * 480);
            let form: u32 = spec.profile.form.iter().map(|section| section.bars).sum();
            let longer = song.n_bars().next_multiple_of(8).saturating_sub(16);
            assert_eq!(n_bars, form + longer, "{case}");
        }
    });
}

#[test]
fn the_bass_plays_the_roots_of_the_harmony() {
    each(|song, spec, score, case| {
        let first_drop = 8 * song.beats_per_bar() * 480;
        let chords = harmony(song);
        let bass = score.parts.iter().find(|part| part.name == "Bass");
        let Some(bass) = bass.filter(|_| spec.arrangement == ArrangementKind::Full) else { return };
        let drop = first_drop..first_drop + song.n_bars() * song.beats_per_bar() * 480;
        for note in bass.notes.iter().filter(|note| drop.contains(&note.onset.0)) {
            let root = chords.at((note.onset.0 - first_drop) / STEP).root;
            assert_eq!(note.pitch.class(), root, "{case} at {}", note.onset.0);
        }
    });
}

#[test]
fn three_readers_understand_the_file_alike_and_it_keeps_every_rule() {
    each(|song, spec, score, case| {
        let bytes = midi::write(score);
        let plain = Plain::read(&bytes);
        assert_eq!(plain.strokes(), by_midly(&bytes), "{case}");
        assert_eq!(plain.strokes(), by_midi_file(&bytes), "{case}");
        assert_eq!((plain.format, plain.division), (1, 480), "{case}");
        let [conductor, tracks @ ..] = plain.tracks.as_slice() else { panic!("no track") };
        assert!(conductor.notes.is_empty() && conductor.settings.is_empty(), "{case}");
        let meta = |kind: u8| {
            let found: Vec<&[u8]> = conductor
                .metas
                .iter()
                .filter(|(at, k, _)| *k == kind && *at == 0)
                .map(|(_, _, data)| data.as_slice())
                .collect();
            assert_eq!(found.len(), 1, "{case}: meta {kind:#x}");
            found[0].to_vec()
        };
        let tempo = meta(0x51).iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        assert!((60e6 / f64::from(tempo) / song.tempo_bpm() - 1.0).abs() < 1e-4, "{case}");
        assert_eq!(meta(0x58)[..2], [song.beats_per_bar() as u8, 2], "{case}");
        assert_eq!(meta(0x59)[0] as i8, song.key().signature(), "{case}");
        assert!(!meta(0x03).is_empty(), "{case}");
        let text = String::from_utf8(meta(0x01)).expect("UTF-8");
        let expected = format!("{}, version {}, seed {}", spec.genre, spec.version, spec.seed);
        assert_eq!(text, expected);
        assert_eq!(tracks.len(), score.parts.len(), "{case}");
        for (track, part) in tracks.iter().zip(&score.parts) {
            assert_eq!(track.metas, [(0, 0x03, part.name.clone().into_bytes())], "{case}");
            assert_eq!(track.end, u64::from(score.end.0), "{case}");
            in_order(track, part, case);
        }
        assert_eq!(conductor.end, u64::from(score.end.0), "{case}");
        let again = midi::read(&bytes, &midi::Limits::default()).expect("reads its own files");
        assert_eq!(again.warnings, [], "{case}");
        // Bank controllers are how a file is written, not what it says: they are not read back.
        let said = |score: &Score| -> Vec<(String, u8, Option<u8>, Vec<music::score::Note>)> {
            let parts = score.parts.iter();
            parts.map(|p| (p.name.clone(), p.channel, p.program, p.notes.clone())).collect()
        };
        assert!(said(&again.score) == said(score), "{case}: not read back as written");
    });
}

/// Bank, program, volume and pan first; then notes, each ended before its pitch begins again, and
/// ends before beginnings.
fn in_order(track: &readers::PlainTrack, part: &Part, case: &str) {
    let channel = part.channel;
    let settings: Vec<(u8, u8)> = track.settings.iter().map(|s| (s.1, s.2)).collect();
    let control = 0xB0 | channel;
    let expected = [(control, 0), (control, 32), (0xC0 | channel, part.program.unwrap_or(0))];
    assert_eq!(settings[..3], expected, "{case}");
    assert_eq!(settings[3..], [(control, 7), (control, 10)], "{case}");
    assert!(track.settings.iter().all(|setting| setting.0 == 0), "{case}");
    let mut sounding = [false; 128];
    let mut last = (0, false);
    for (at, status, key, velocity) in &track.notes {
        let is_on = status & 0xF0 == 0x90;
        assert!(!(last.0 == *at && last.1 && !is_on), "{case}: an end after a beginning at {at}");
        assert_ne!(sounding[usize::from(*key)], is_on, "{case}: {key} at {at}");
        assert!(!is_on || *velocity > 0, "{case}: a beginning that is an end");
        sounding[usize::from(*key)] = is_on;
        last = (*at, is_on);
    }
    assert!(!sounding.contains(&true), "{case}: a note never ends");
}

fn lead(score: &Score) -> &[music::score::Note] {
    let part = score.parts.iter().find(|part| part.name == Voice::Lead.name());
    part.map_or(&[], |part| &part.notes)
}

/// The onsets and pitches of each bar that has notes.
fn bars(notes: &[music::score::Note], bar: u32) -> BTreeMap<u32, Vec<(u32, u8)>> {
    let mut bars: BTreeMap<u32, Vec<(u32, u8)>> = BTreeMap::new();
    for note in notes {
        let place = (note.onset.0 % bar, note.pitch.number());
        bars.entry(note.onset.0 / bar).or_default().push(place);
    }
    bars
}
