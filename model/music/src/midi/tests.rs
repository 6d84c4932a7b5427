//! Does reading give back what was written, keep what is sound of broken files, and never panic?

use proptest::prelude::*;

use super::*;
use crate::score::{Note, Part, Pitch, Score, Tempo, Tick, TimeSignature};

fn note(onset: u32, pitch: u8, duration: u32) -> Note {
    let pitch = Pitch::new(pitch).expect("a pitch");
    Note { onset: Tick(onset), pitch, duration: Tick(duration), velocity: 100 }
}

fn score(parts: Vec<Part>) -> Score {
    Score {
        ticks_per_beat: 480,
        title: "A title".to_owned(),
        text: "Made by a test".to_owned(),
        tempos: vec![Tempo { at: Tick(0), micros_per_beat: 400_000 }],
        time_signatures: vec![TimeSignature { at: Tick(0), numerator: 4, denominator: 4 }],
        key_signature: Some((-4, true)),
        parts,
        end: Tick(0),
    }
}

fn part(channel: u8, notes: Vec<Note>) -> Part {
    let controllers = vec![(7, 100), (10, 64)];
    Part { name: format!("Part {channel}"), channel, program: Some(90), controllers, notes }
}

fn read_back(bytes: &[u8]) -> Reading {
    read(bytes, &Limits::default()).expect("a readable file")
}

#[test]
fn a_score_is_read_back_whole() {
    let written = score(vec![
        part(0, vec![note(0, 60, 480), note(0, 64, 240), note(480, 60, 480)]),
        part(1, vec![note(240, 36, 100)]),
    ]);
    let reading = read_back(&write(&written));
    assert_eq!(reading.warnings, []);
    assert_eq!(reading.score, Score { end: Tick(1920), ..written });
}

#[test]
fn a_struck_again_note_is_cut_and_no_note_is_empty() {
    let notes = vec![note(0, 60, 960), note(480, 60, 100), note(480, 60, 10), note(700, 62, 0)];
    let reading = read_back(&write(&score(vec![part(0, notes)])));
    assert_eq!(
        reading.score.parts[0].notes,
        [note(0, 60, 480), note(480, 60, 100), note(700, 62, 1)]
    );
    assert_eq!(reading.warnings, []);
}

#[test]
fn the_first_track_holds_no_notes_and_all_end_on_a_bar_line() {
    let mut waltz = score(vec![part(3, vec![note(0, 60, 1441)])]);
    waltz.time_signatures[0].numerator = 3;
    let smf = write(&waltz);
    let smf = midly::Smf::parse(&smf).expect("midly reads it");
    assert_eq!(smf.tracks.len(), 2);
    let is_note =
        |event: &midly::TrackEvent| matches!(event.kind, midly::TrackEventKind::Midi { .. });
    assert!(!smf.tracks[0].iter().any(is_note));
    for track in &smf.tracks {
        let length: u32 = track.iter().map(|event| event.delta.as_int()).sum();
        assert_eq!(length, 2 * 1440);
    }
}

#[test]
fn gaps_and_resolutions_beyond_the_format_are_bridged() {
    let mut long = score(vec![part(0, vec![note(0x2000_0000, 60, 960)])]);
    long.ticks_per_beat = 0xFFFE;
    long.tempos = vec![Tempo { at: Tick(0), micros_per_beat: 1000 }];
    let reading = read_back(&write(&long));
    assert_eq!(reading.score.ticks_per_beat, 0x7FFF);
    assert_eq!(reading.score.parts[0].notes, [note(0x1000_0000, 60, 480)]);
}

#[test]
fn limits_refuse_before_they_are_exceeded() {
    let bytes = write(&score(vec![part(0, (0..500).map(|i| note(i * 10, 60, 9)).collect())]));
    let limits = Limits { max_file_bytes: 1024, ..Limits::default() };
    assert!(matches!(read(&bytes, &limits), Err(ReadError::TooLarge { limit: 1024, .. })));
    for (what, limits) in [
        ("events", Limits { max_events: 100, ..Limits::default() }),
        ("tracks", Limits { max_tracks: 1, ..Limits::default() }),
        ("notes", Limits { max_notes: 100, ..Limits::default() }),
    ] {
        let error = read(&bytes, &limits).expect_err(what);
        assert!(error.to_string().contains(&format!("raise max_{what} in [intake.midi]")));
        assert!(matches!(error, ReadError::TooMany { what: found, .. } if found == what));
    }
}

fn file(division: [u8; 2], format: u8, bodies: &[&[u8]]) -> Vec<u8> {
    let [high, low] = division;
    let n_tracks = bodies.len() as u8;
    let mut bytes = [b"MThd\0\0\0\x06\0".as_slice(), &[format, 0, n_tracks, high, low]].concat();
    for body in bodies {
        bytes.extend([b"MTrk", &(body.len() as u32).to_be_bytes()[..], body].concat());
    }
    bytes
}

const NOTE: [u8; 8] = [0, 0x90, 60, 100, 96, 0x90, 60, 0];
const END: [u8; 4] = [0, 0xFF, 0x2F, 0];

#[test]
fn hanging_notes_end_with_their_track() {
    let body = [&[0, 0x90, 60, 100, 0, 64, 100, 96, 0xFF, 0x2F, 0][..]].concat();
    let reading = read_back(&file([0, 96], 0, &[&body]));
    assert_eq!(reading.score.parts[0].notes, [note(0, 60, 96), note(0, 64, 96)]);
    assert_eq!(reading.warnings, [Warning::Hanging(0, 2), Warning::NoTempo]);
}

#[test]
fn an_end_after_the_next_beginning_ends_the_first_note() {
    let body = [0, 0x90, 60, 100, 96, 60, 100, 0, 60, 0, 96, 60, 0, 0, 0xFF, 0x2F, 0];
    let reading = read_back(&file([0, 96], 0, &[&body]));
    assert_eq!(reading.score.parts[0].notes, [note(0, 60, 96), note(96, 60, 96)]);
}

#[test]
fn a_cut_file_keeps_the_notes_before_the_cut() {
    let body = [&NOTE[..], &NOTE, &END].concat();
    let whole = file([0, 96], 0, &[&body]);
    for length in 22..whole.len() {
        let reading = read_back(&whole[..length]);
        let expected = usize::from(length >= 22 + 4) + usize::from(length >= 22 + 12);
        assert_eq!(reading.score.n_notes(), expected, "{length} bytes");
        assert!(!reading.warnings.is_empty());
    }
}

#[test]
fn patterns_of_a_format_2_file_follow_one_another() {
    let body = [&NOTE[..], &END].concat();
    let reading = read_back(&file([0, 96], 2, &[&body, &body]));
    let onsets: Vec<u32> = reading.score.parts.iter().map(|part| part.notes[0].onset.0).collect();
    assert_eq!(onsets, [0, 384]);
}

#[test]
fn riff_wrappers_are_taken_off() {
    let inside = file([0, 96], 0, &[&[&NOTE[..], &END].concat()]);
    let length = (inside.len() as u32).to_le_bytes();
    let riff = [b"RIFF\0\0\0\0RMIDdata", &length[..], &inside, b"LIST\x04\0\0\0INFO"].concat();
    assert_eq!(read_back(&riff).score.n_notes(), 1);
}

#[test]
fn film_frames_become_beats_of_the_first_tempo() {
    let tempo = [0, 0xFF, 0x51, 3, 0x06, 0x1A, 0x80];
    let body = [&tempo[..], &NOTE, &END].concat();
    let score = read_back(&file([0xE7, 40], 0, &[&body])).score;
    assert_eq!(score.ticks_per_beat, 400);
    assert!((score.tempo_bpm() - 150.0).abs() < 1e-6);
    assert!((score.seconds_at(Tick(1000)) - 1.0).abs() < 1e-6);
}

/// `n` sound notes, then `n_far` of which each starts the longest delta after the one before.
fn with_a_far_note(n: usize, n_far: usize) -> Vec<u8> {
    let far = [&[0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 100][..], &[96, 60, 0]].concat();
    file([0, 96], 0, &[&[&NOTE.repeat(n)[..], &far.repeat(n_far), &END].concat()])
}

#[test]
fn a_stray_note_hours_later_is_dropped() {
    let reading = read_back(&with_a_far_note(10, 2));
    assert_eq!(reading.score.n_notes(), 10);
    assert_eq!(reading.score.end, Tick(960));
    assert_eq!(reading.warnings, [Warning::NoTempo, Warning::TooLate(2)]);
}

#[test]
fn music_of_hours_is_refused_with_its_length() {
    let bytes = with_a_far_note(10, 5);
    let error = read(&bytes, &Limits::default()).map(|r| r.score.n_notes()).expect_err("too long");
    let ReadError::TooLong { minutes, limit: 60 } = error else { panic!("{error:?}") };
    // Each of the longest deltas is 268 million ticks, at 96 a beat and 120 beats a minute.
    assert_eq!(minutes, (5 * 0x0FFF_FFFF / 96 / 120) + 1);
    let hour = NOTE.repeat(7300);
    let hour = file([0, 96], 0, &[&[&hour[..], &END].concat()]);
    let error = read(&hour, &Limits::default())
        .map(|r| r.score.n_notes())
        .expect_err("7300 beats at 120 BPM");
    assert_eq!(error, ReadError::TooLong { minutes: 61, limit: 60 });
    for name in ["61 minutes", "60 that are read", "max_minutes", "[intake.midi]"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    let two_hours = Limits { max_minutes: 120, ..Limits::default() };
    assert_eq!(read(&hour, &two_hours).expect("within the limit").score.n_notes(), 7300);
}

#[test]
fn a_resolution_that_makes_hours_of_a_song_is_damage() {
    let notes = [0, 0x90, 60, 100, 0x83, 0x60, 60, 0].repeat(40);
    let reading = read_back(&file([0, 1], 0, &[&[&notes[..], &END].concat()]));
    assert_eq!((reading.score.n_notes(), reading.score.ticks_per_beat), (40, 480));
    assert_eq!(reading.warnings, [Warning::NoTempo, Warning::AssumedResolution(480)]);
    let slow = read_back(&file([0, 1], 0, &[&[&NOTE[..], &END].concat()]));
    assert_eq!(slow.score.ticks_per_beat, 1);
}

#[test]
fn without_a_tempo_it_is_120_and_said() {
    let reading = read_back(&file([0, 96], 0, &[&[&NOTE[..], &END].concat()]));
    assert!((reading.score.tempo_bpm() - 120.0).abs() < 1e-9);
    assert_eq!(reading.warnings, [Warning::NoTempo]);
    assert!(Warning::NoTempo.to_string().contains("120 BPM"));
    let tempo = [0, 0xFF, 0x51, 3, 0x06, 0x1A, 0x80];
    let reading = read_back(&file([0, 96], 0, &[&[&tempo[..], &NOTE, &END].concat()]));
    assert_eq!(reading.warnings, []);
    assert_eq!(read_back(&file([0, 96], 0, &[&END])).warnings, []);
}

#[test]
fn a_note_on_without_velocity_ends_and_never_begins_one() {
    let body = [0, 0x90, 60, 0, 0, 60, 100, 48, 60, 0, 48, 60, 0, 0, 0xFF, 0x2F, 0];
    let reading = read_back(&file([0, 96], 0, &[&body]));
    assert_eq!(reading.score.parts[0].notes, [note(0, 60, 48)]);
}

#[test]
fn tempos_and_meters_of_any_track_make_one_map() {
    let conductor = [0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 0, 0xFF, 0x58, 4, 3, 2, 24, 8];
    let later = [96, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40, 96, 0xFF, 0x58, 4, 6, 3, 24, 8];
    let first = [&conductor[..], &END].concat();
    let second = [&NOTE[..], &later, &NOTE, &END].concat();
    let score = read_back(&file([0, 96], 1, &[&first, &second])).score;
    let tempos: Vec<_> = score.tempos.iter().map(|t| (t.at.0, t.micros_per_beat)).collect();
    assert_eq!(tempos, [(0, 500_000), (192, 1_000_000)]);
    let meters: Vec<_> =
        score.time_signatures.iter().map(|s| (s.at.0, s.numerator, s.denominator)).collect();
    assert_eq!(meters, [(0, 3, 4), (288, 6, 8)]);
}

#[test]
fn a_program_set_in_another_track_holds() {
    let conductor = [&[0, 0xC0, 38][..], &END].concat();
    let body = [&NOTE[..], &END].concat();
    let score = read_back(&file([0, 96], 1, &[&conductor, &body])).score;
    assert_eq!(score.parts[0].program, Some(38));
}

fn any_part() -> impl Strategy<Value = Part> {
    let notes = prop::collection::vec((0u32..4000, 0u8..128, 1u32..2000, 1u8..128), 1..60);
    (0u8..16, notes).prop_map(|(channel, raw)| {
        let mut notes: Vec<Note> =
            raw.into_iter().map(|(o, p, d, v)| Note { velocity: v, ..note(o, p, d) }).collect();
        notes.sort_by_key(|note| (note.onset, note.pitch));
        notes.dedup_by_key(|note| (note.onset, note.pitch));
        for index in 0..notes.len() {
            let later = &notes[index + 1..];
            let again = later.iter().find(|later| later.pitch == notes[index].pitch);
            if let Some(limit) = again.map(|later| later.onset.0 - notes[index].onset.0) {
                notes[index].duration = Tick(notes[index].duration.0.min(limit));
            }
        }
        part(channel, notes)
    })
}

proptest! {
    #[test]
    fn every_score_without_overlaps_is_read_back(
        parts in prop::collection::vec(any_part(), 1..5),
        ticks_per_beat in 1u16..0x8000,
    ) {
        let mut written = score(parts);
        written.ticks_per_beat = ticks_per_beat;
        let reading = read_back(&write(&written));
        prop_assert_eq!(reading.score.parts, written.parts);
        prop_assert_eq!(reading.warnings, vec![]);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, &Limits::default());
        let with_header = file([1, 0xE0], 1, &[&bytes]);
        let _ = read(&with_header, &Limits::default());
    }

    #[test]
    fn a_damaged_file_is_read_or_refused(
        part in any_part(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = write(&score(vec![part]));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(reading) = read(&bytes, &Limits::default()) {
            // Whatever was kept can be written and read again, with nothing left to mend.
            let again = read_back(&write(&reading.score));
            prop_assert!(again.score.n_notes() <= reading.score.n_notes());
        }
    }
}
