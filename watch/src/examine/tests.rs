//! What does a file amount to, whatever is in it?

use music::midi;
use music::score::{Note, Part, Pitch, Score, Tempo, Tick};

use super::{Settings, examine};
use crate::filter::Verdict;

/// A file of one part for each list of pitches, eighths over `n_notes`.
fn file(parts: &[(u8, &[u8])], n_notes: u32) -> Vec<u8> {
    file_of(parts, n_notes, 240)
}

/// The same with a note every `ticks` ticks, 480 to a beat.
fn file_of(parts: &[(u8, &[u8])], n_notes: u32, ticks: u32) -> Vec<u8> {
    let note = |(pitch, index): (&u8, u32)| Note {
        onset: Tick(index * ticks),
        pitch: Pitch::new(*pitch).expect("a pitch"),
        duration: Tick(200),
        velocity: 100,
    };
    let part = |(channel, pitches): &(u8, &[u8])| Part {
        channel: *channel,
        notes: pitches.iter().cycle().zip(0..n_notes).map(note).collect(),
        ..Part::default()
    };
    midi::write(&Score {
        ticks_per_beat: 480,
        title: String::new(),
        text: String::new(),
        tempos: vec![Tempo::from_bpm(Tick(0), 150.0)],
        time_signatures: Vec::new(),
        key_signature: None,
        parts: parts.iter().map(part).collect(),
        end: Tick(0),
    })
}

const TUNE: &[u8] = &[72, 75, 79, 77, 75, 74, 72, 67];
const BASS: &[u8] = &[36, 36, 43, 41];
const DRUMS: &[u8] = &[36, 42, 38, 42];

fn code(bytes: &[u8]) -> &'static str {
    match examine(bytes, &Settings::default()).verdict {
        Verdict::Accept => "accept",
        Verdict::Reject(reason) => reason.code(),
    }
}

#[test]
fn files_are_taken_for_their_melody() {
    assert_eq!(code(&file(&[(0, TUNE)], 64)), "accept");
    assert_eq!(code(&file(&[(0, TUNE), (1, BASS), (9, DRUMS)], 64)), "accept");
    assert_eq!(code(&file(&[(1, BASS)], 64)), "bass_only");
    assert_eq!(code(&file(&[(1, BASS), (9, DRUMS)], 64)), "bass_only");
    assert_eq!(code(&file(&[(9, DRUMS)], 64)), "rhythm_only");
    assert_eq!(code(&file(&[(0, &[60])], 64)), "rhythm_only");
    assert_eq!(code(&file(&[(0, TUNE)], 16)), "too_short");
    assert_eq!(code(&file(&[(0, TUNE)], 7)), "too_short");
    assert_eq!(code(&file_of(&[(0, TUNE)], 7, 1920)), "too_sparse");
    assert_eq!(code(&file(&[], 0)), "empty");
    assert_eq!(code(b""), "empty");
    assert_eq!(code(b"a shopping list"), "unreadable");
    assert_eq!(code(&vec![0; 3 << 20]), "too_large");
}

#[test]
fn a_hundred_thousand_notes_at_once_are_rejected() {
    let examined = examine(&bomb(), &Settings::default());
    assert!(matches!(examined.verdict, Verdict::Reject(_)));
}

#[test]
#[ignore = "measures time, for which the machine must be idle: cargo test -p watch --lib -- --ignored"]
fn a_hundred_thousand_notes_at_once_take_less_than_a_second() {
    let bomb = bomb();
    let started = std::time::Instant::now();
    examine(&bomb, &Settings::default());
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(1), "{took:?}");
}

/// As many notes as the reader lets through, all struck at tick 0 on a pitch near a split.
fn bomb() -> Vec<u8> {
    let mut body = Vec::new();
    for pitch in [36, 55, 76].into_iter().cycle().take(99_000) {
        body.extend([0, 0x90, pitch, 100]);
    }
    let length = (body.len() as u32).to_be_bytes();
    [b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk", &length[..], &body].concat()
}

#[test]
fn what_is_found_is_reported() {
    let examined = examine(&file(&[(0, TUNE), (1, BASS)], 64), &Settings::default());
    assert!((examined.tempo_bpm - 150.0).abs() < 1e-3);
    assert_eq!(examined.key.map(|key| key.to_string()).as_deref(), Some("C minor"));
    assert_eq!((examined.n_bars, examined.parts.len()), (8, 2));
    assert!(examined.fingerprint.is_some() && examined.warnings.is_empty());
}

#[test]
fn the_same_tune_in_another_key_and_company_has_the_same_fingerprint() {
    let higher: Vec<u8> = TUNE.iter().map(|pitch| pitch + 3).collect();
    let fingerprint = |bytes: &[u8]| examine(bytes, &Settings::default()).fingerprint;
    let first = fingerprint(&file(&[(0, TUNE)], 64));
    assert_eq!(fingerprint(&file(&[(0, &higher), (1, BASS)], 64)), first);
    assert!(first.is_some());
}

#[test]
fn a_cut_off_file_is_judged_by_what_is_left_and_the_cut_is_reported() {
    let whole = file(&[(0, TUNE)], 64);
    let examined = examine(&whole[..whole.len() - 20], &Settings::default());
    assert_eq!((&examined.verdict, examined.refusal()), (&Verdict::Accept, None));
    assert!(examined.warnings.iter().any(|warning| warning.contains("middle of track 2")));
    assert!(examined.song.is_some_and(|song| song.notes().len() > 55));
    let examined = examine(&whole[..whole.len() / 4], &Settings::default());
    let Verdict::Reject(reason) = &examined.verdict else { panic!("{:?}", examined.verdict) };
    assert!(["too_short", "too_sparse"].contains(&reason.code()), "{reason}");
    let text = examined.refusal().expect("it is rejected");
    assert!(text.starts_with(&reason.to_string()) && text.contains("middle of track 2"));
    let examined = examine(&whole[..16], &Settings::default());
    assert!(matches!(&examined.verdict, Verdict::Reject(r) if r.code() == "unreadable"));
}

#[test]
fn each_limit_of_the_reader_is_reported_with_its_setting() {
    let bytes = file(&[(0, TUNE)], 500);
    for (what, midi) in [
        ("max_notes", midi::Limits { max_notes: 100, ..midi::Limits::default() }),
        ("max_events", midi::Limits { max_events: 100, ..midi::Limits::default() }),
        ("max_tracks", midi::Limits { max_tracks: 1, ..midi::Limits::default() }),
        ("max_minutes", midi::Limits { max_minutes: 1, ..midi::Limits::default() }),
        ("max_file_bytes", midi::Limits { max_file_bytes: 1024, ..midi::Limits::default() }),
    ] {
        let examined = examine(&bytes, &Settings { midi, ..Settings::default() });
        assert!(matches!(&examined.verdict, Verdict::Reject(r) if r.code() == "too_large"));
        let text = examined.refusal().expect("it is rejected");
        assert!(text.contains(what) && text.contains("[intake.midi]"), "{text}");
    }
}
