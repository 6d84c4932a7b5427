//! Is each file told what is wrong with it?

use std::collections::BTreeSet;

use music::score::{Note, Part, Pitch, Score, Tick};
use music::song::{GridNote, Song, Voice};

use super::{Reason, Requirements, Verdict, judge};
use crate::parts::{ClassifiedPart, Role};

#[test]
fn limits_out_of_range_are_named() {
    assert_eq!(Requirements::default().check(), Ok(()));
    let wrong = Requirements { min_lead_notes_a_bar: f64::NAN, ..Requirements::default() };
    assert_eq!(wrong.check().expect_err("no number").key, "min_lead_notes_a_bar");
}

#[test]
fn every_reason_has_a_word_of_its_own_and_sentences() {
    let why = || "the file is odd".to_owned();
    let reasons = [
        Reason::Empty { has_bytes: true },
        Reason::Unreadable { why: why() },
        Reason::TooLarge { why: why() },
        Reason::BassOnly { n_notes: 3, has_drums: true },
        Reason::RhythmOnly { n_notes: 3 },
        Reason::NoMelody { n_notes: 20, n_pitch_classes: Some(2) },
        Reason::TooShort { n_bars: 1, min_bars: 3 },
        Reason::TooSparse { n_notes: 3, min_notes: 12 },
        Reason::Duplicate { of: "a.mid".to_owned() },
        Reason::NotMidiName,
        Reason::NoGenre,
        Reason::NotRegular { kind: "a symbolic link" },
    ];
    let codes: BTreeSet<&str> = reasons.iter().map(Reason::code).collect();
    assert_eq!(codes.len(), reasons.len());
    for reason in reasons {
        let text = reason.to_string();
        assert!(text.ends_with(['.', '/']) && text.starts_with(char::is_uppercase), "{text}");
    }
}

/// What is said of a part of 40 notes, of which eight of four pitches become a lead.
fn judged(role: Role, n_bars: u32) -> Verdict {
    let pitch = |index: u32| Pitch::new(60 + index as u8 % 4).expect("a pitch");
    let (onset, duration) = (|index: u32| index * 12, 12);
    let note = |index| Note {
        onset: Tick(index),
        pitch: pitch(index),
        duration: Tick(duration),
        velocity: 100,
    };
    let lead = |index| GridNote::new(onset(index) * n_bars, Voice::Lead, pitch(index), duration);
    let notes: Vec<Note> = (0..40).map(note).collect();
    let (name, why, voices) = (String::new(), String::new(), vec![None; 40]);
    let parts = [ClassifiedPart { name, role, n_notes: 40, why, voices }];
    let song = Song::new(150.0, 4, n_bars, (0..8).map(lead));
    let part = Part { notes, ..Part::default() };
    let score = Score {
        ticks_per_beat: 480,
        title: String::new(),
        text: String::new(),
        tempos: Vec::new(),
        time_signatures: Vec::new(),
        key_signature: None,
        parts: vec![part],
        end: Tick(0),
    };
    judge(&score, &parts, Some(&song), &Requirements::default())
}

#[test]
fn of_a_short_file_its_length_is_said_before_what_a_longer_one_might_have() {
    let short = Reason::TooShort { n_bars: 2, min_bars: 3 };
    assert_eq!(judged(Role::Lead, 2), Verdict::Reject(short));
    let no_melody = Reason::NoMelody { n_notes: 8, n_pitch_classes: None };
    assert_eq!(judged(Role::Lead, 8), Verdict::Reject(no_melody));
    let bass = || Reason::BassOnly { n_notes: 40, has_drums: false };
    assert_eq!(judged(Role::Bass, 2), Verdict::Reject(bass()));
    assert_eq!(judged(Role::Bass, 8), Verdict::Reject(bass()));
}

#[test]
fn a_reason_counts_as_people_do() {
    let text = |reason: Reason| reason.to_string();
    let no_melody = |n_notes, n_pitch_classes| Reason::NoMelody { n_notes, n_pitch_classes };
    assert!(text(no_melody(0, Some(0))).contains("no line that could be the melody"));
    assert!(text(no_melody(9, Some(1))).contains("nearest to one uses one pitch."));
    assert!(text(no_melody(9, None)).contains("nearest to one has only 9 notes."));
    assert!(text(Reason::TooShort { n_bars: 1, min_bars: 3 }).starts_with("It is 1 bar long"));
    let sparse = |n_notes| text(Reason::TooSparse { n_notes, min_notes: 12 });
    assert!(sparse(0).starts_with("It has hardly any notes"), "{}", sparse(0));
    assert!(sparse(1).starts_with("Its melody has 1 note and needs"), "{}", sparse(1));
}
