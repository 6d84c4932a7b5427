//! Does the arrangement play what the genre and the song ask for?

use std::collections::HashSet;

use music::dynamic::Dynamic;
use music::score::{Pitch, Score};
use music::song::{GridNote, Song, Voice};

use crate::arrangement::Arrangement;
use crate::arrangement_kind::ArrangementKind;
use crate::instrument::Instrument;
use crate::part::PartKind;
use crate::render::arrange;
use crate::render_spec::RenderSpec;
use crate::section::SectionKind;
use crate::track_name;

fn note(onset: u32, voice: Voice, pitch: u8, duration: u32) -> GridNote {
    GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), duration)
}

fn song(beats_per_bar: u32, n_bars: u32) -> Song {
    let bar = beats_per_bar * 24;
    let roots = [5u8, 1, 8, 3];
    let notes = (0..n_bars).flat_map(|index| {
        let root = roots[index as usize % 4];
        let lead = (0..beats_per_bar * 2)
            .map(move |i| note(index * bar + i * 12, Voice::Lead, 72 + root + (i % 3) as u8, 24));
        lead.chain([note(index * bar, Voice::Chords, 60 + root, bar)])
    });
    Song::new(150.0, beats_per_bar, n_bars, notes.collect::<Vec<_>>())
}

fn assert_sound(arrangement: &Arrangement) {
    let score: &Score = arrangement.score();
    let bar = u32::from(score.time_signatures[0].numerator) * 480;
    assert_eq!(score.end.0 % bar, 0);
    let names: HashSet<&str> = score.parts.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.len(), score.parts.len(), "part names differ");
    let melodic: Vec<u8> = score.parts.iter().map(|p| p.channel).filter(|c| *c != 9).collect();
    assert_eq!(melodic.iter().collect::<HashSet<_>>().len(), melodic.len(), "channels differ");
    for part in &score.parts {
        let mut free = [0; 128];
        assert!(part.notes.is_sorted_by_key(|n| (n.onset, n.pitch)), "{} is sorted", part.name);
        for note in &part.notes {
            let free = &mut free[usize::from(note.pitch.number())];
            assert!(note.onset.0 >= *free, "{}: overlap at {:?}", part.name, note.onset);
            assert!(note.duration.0 > 0 && note.velocity > 0 && note.velocity < 128);
            *free = note.end().0;
        }
        assert!(part.notes.iter().all(|n| n.end() <= score.end), "{} ends in time", part.name);
    }
}

#[test]
fn a_full_arrangement_is_a_sound_score_in_any_meter_and_length() {
    use PartKind::{Bass, Chords, Crash, Hat, Kick, Lead, Snare};
    for genre in ["hardstyle", "hardcore", "trance", "house", "polka"] {
        for (beats, bars) in [(4, 8), (4, 7), (3, 16), (6, 1), (2, 33), (5, 4)] {
            let track = arrange(&song(beats, bars), &RenderSpec::new(genre, 3, 7, 42));
            assert_sound(&track);
            for kind in [Lead, Chords, Bass, Kick, Snare, Hat, Crash] {
                assert!(track.part(kind).is_some(), "{genre} in {beats}/4 has no {kind:?}");
            }
        }
    }
}

#[test]
fn the_conductor_says_what_the_track_is() {
    let track = arrange(&song(4, 8), &RenderSpec::new("hardstyle", 3, 7, 42));
    let score = track.score();
    assert_eq!(score.text, "hardstyle, version 3, seed 7");
    assert_eq!(
        score.title,
        format!("{} (hardstyle 0042)", track_name::title(&track_name::for_number(42)))
    );
    assert!((score.tempo_bpm() - 150.0).abs() < 1e-9);
    assert!(score.key_signature.is_some());
}

#[test]
fn the_plain_lead_is_the_songs_voices_once() {
    let song = song(4, 8);
    let mut spec = RenderSpec::new("hardstyle", 1, 1, 1);
    spec.arrangement = ArrangementKind::Lead;
    spec.instrument = Instrument::new(81);
    let track = arrange(&song, &spec);
    assert_sound(&track);
    assert_eq!(track.score().n_notes(), song.to_score().n_notes());
    assert_eq!(track.part(PartKind::Lead).and_then(|lead| lead.program), Some(81));
    assert!((track.score().tempo_bpm() - 150.0).abs() < 0.01);
    assert_eq!(track.sections(), []);
}

#[test]
fn sections_are_those_of_the_form() {
    use SectionKind::{Break, Build, Drop, Intro};
    let track = arrange(&Song::new(150.0, 4, 8, []), &RenderSpec::new("hardstyle", 1, 1, 1));
    let found: Vec<(SectionKind, u32, u32)> = track
        .sections()
        .iter()
        .map(|section| (section.kind, section.bar, section.n_bars))
        .collect();
    let expected = [
        (Intro, 0, 4),
        (Build, 4, 4),
        (Drop, 8, 16),
        (Break, 24, 4),
        (Build, 28, 4),
        (Drop, 32, 16),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_lead_of_a_drop_is_the_songs_lead() {
    let song = song(4, 8);
    let track = arrange(&song, &RenderSpec::new("hardstyle", 1, 1, 1));
    let lead = track.part(PartKind::Lead).expect("a lead");
    assert_eq!(lead.program, Some(90));
    let drop = 8 * 1920;
    let heard: Vec<(u32, u8)> = lead
        .notes
        .iter()
        .filter(|n| (drop..drop + 8 * 1920).contains(&n.onset.0))
        .map(|n| (n.onset.0 - drop, n.pitch.number()))
        .collect();
    let written: Vec<(u32, u8)> =
        song.voice(Voice::Lead).map(|n| (n.onset * 20, n.pitch.number())).collect();
    assert_eq!(heard, written);
}

#[test]
fn a_songs_own_accents_are_heard_and_in_proportion_where_it_is_softer() {
    let crescendo = [28u8, 40, 52, 64, 76, 88, 100, 112];
    let struck = |(velocity, i): (&u8, u32)| GridNote {
        dynamic: Dynamic::of_velocity(*velocity),
        ..note(i * 12, Voice::Lead, 72, 12)
    };
    let lead = (0..8).flat_map(|_| crescendo).collect::<Vec<u8>>();
    let notes = lead.iter().zip(0..).map(struck);
    let song = Song::new(150.0, 4, 8, notes.chain([note(0, Voice::Chords, 60, 384)]));
    let mut spec = RenderSpec::new("hardstyle", 1, 1, 1);
    let velocities = |spec: &RenderSpec, kind, bar: u32| -> Vec<u8> {
        let track = arrange(&song, spec);
        assert_sound(&track);
        let bar = bar * 1920..(bar + 1) * 1920;
        let part = track.part(kind).expect("it plays");
        let within = part.notes.iter().filter(|note| bar.contains(&note.onset.0));
        within.map(|note| note.velocity).collect()
    };
    assert_eq!(velocities(&spec, PartKind::Lead, 8), crescendo, "in the drop");
    let soft = velocities(&spec, PartKind::Lead, 24);
    assert_eq!(soft, crescendo.map(|velocity| velocity / 2), "in the break");
    assert_eq!(velocities(&spec, PartKind::Chords, 8), [100]);
    spec.arrangement = ArrangementKind::Lead;
    assert_eq!(velocities(&spec, PartKind::Lead, 0), crescendo, "alone");
}

#[test]
fn a_song_without_accents_has_those_of_the_beat_however_loud_it_is() {
    let dynamic = Dynamic::of_velocity(40);
    let plain = song(4, 8);
    let soft = plain.notes().iter().map(|note| GridNote { dynamic, ..*note });
    let soft = Song::new(150.0, 4, 8, soft);
    let spec = RenderSpec::new("hardstyle", 1, 1, 1);
    assert_eq!(arrange(&soft, &spec), arrange(&plain, &spec));
}

#[test]
fn the_bass_plays_the_roots_off_the_beat() {
    let track = arrange(&song(4, 8), &RenderSpec::new("hardstyle", 1, 1, 1));
    let bass = track.part(PartKind::Bass).expect("a bass");
    assert!(bass.notes.iter().all(|n| n.onset.0 % 480 == 240));
    let roots: Vec<u8> = bass.notes.iter().step_by(4).take(4).map(|n| n.pitch.class()).collect();
    assert_eq!(roots, [5, 1, 8, 3]);
}

#[test]
fn bars_without_chords_get_a_pad_so_that_no_stretch_is_silent() {
    let lead_only = Song::new(150.0, 4, 8, [note(0, Voice::Lead, 72, 24)]);
    let track = arrange(&lead_only, &RenderSpec::new("hardstyle", 1, 1, 1));
    assert_sound(&track);
    let pad = track.part(PartKind::Pad).expect("a pad");
    assert_eq!(pad.notes.len(), 3 * 48);
}

/// A lead is a lead, whatever plays it: its program says nothing about what part it is.
#[test]
fn a_lead_on_the_bass_or_the_riser_of_the_arrangement_stays_a_lead() {
    let with = |program: u8| {
        let mut spec = RenderSpec::new("hardstyle", 1, 1, 1);
        spec.instrument = Instrument::new(program);
        let track = arrange(&song(4, 8), &spec);
        let mut kinds: Vec<PartKind> = track.parts().map(|(kind, _)| kind).collect();
        kinds.sort_unstable();
        let lead = track.part(PartKind::Lead).expect("a lead");
        assert_eq!(lead.program, Some(program));
        (kinds, lead.notes.clone())
    };
    assert_eq!(with(PartKind::Bass.program()), with(90));
    assert_eq!(with(PartKind::Riser.program()), with(90));
}
