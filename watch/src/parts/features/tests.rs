//! Do the numbers say what their names promise, and are they finite whatever the notes?

use std::collections::BTreeMap;

use super::*;
use music::score::{Note, Part, Pitch, Tick};

fn part(pitches: &[u8], every: u32) -> Part {
    let note = |(pitch, index): (&u8, u32)| Note {
        onset: Tick(index * every),
        pitch: Pitch::new(*pitch).expect("a pitch"),
        duration: Tick(every / 2),
        velocity: 100,
    };
    let notes = pitches.iter().cycle().zip(0..64).map(note).collect();
    Part { notes, ..Part::default() }
}

fn measured(parts: Vec<Part>) -> Vec<BTreeMap<&'static str, f64>> {
    let score = Score {
        ticks_per_beat: 480,
        title: String::new(),
        text: String::new(),
        tempos: Vec::new(),
        time_signatures: Vec::new(),
        key_signature: None,
        parts,
        end: Tick(0),
    };
    let named = |features: Features| NAMES.into_iter().zip(features).collect();
    measure(&score).into_iter().map(named).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn an_off_beat_octave_bass_measures_as_one() {
    let mut bass = part(&[36, 48], 480);
    for note in &mut bass.notes {
        note.onset.0 += 240;
    }
    let bass = &measured(vec![bass])[0];
    assert!(near(bass["half_beat"], 1.0) && near(bass["on_beat"], 0.0));
    assert!(near(bass["octaves"], 1.0) && near(bass["main_class"], 1.0));
    assert!(near(bass["commonest_gap"], 1.0) && near(bass["legato"], 0.5));
    assert!(near(bass["repeated_bars"], 15.0 / 16.0) && near(bass["entropy"], 0.0));
    assert!(near(bass["median"], -1.0) && near(bass["alone"], 1.0));
}

#[test]
fn parts_are_measured_against_each_other() {
    let of = measured(vec![part(&[72, 74, 76], 240), part(&[36], 240)]);
    assert!(near(of[0]["highest"], 1.0) && near(of[0]["lowest"], 0.0));
    assert!(near(of[1]["lowest"], 1.0) && near(of[1]["alone"], 0.0));
    assert!(near(of[0]["height"], 3.0) && near(of[1]["height"], -3.0));
}

#[test]
fn every_number_is_finite_whatever_the_notes() {
    let late = Note {
        onset: Tick(u32::MAX),
        pitch: Pitch::HIGHEST,
        duration: Tick(u32::MAX),
        velocity: 1,
    };
    for notes in [vec![], vec![late], vec![Note { onset: Tick(0), ..late }, late]] {
        let of = measured(vec![Part { notes, ..Part::default() }, part(&[60], 1)]);
        assert!(of.iter().flat_map(BTreeMap::values).all(|value| value.is_finite()));
    }
}
