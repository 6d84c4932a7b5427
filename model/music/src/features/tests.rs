//! Is every feature named once, and finite for every song?

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::score::Pitch;
use crate::song::{GridNote, Song, Voice};

/// Songs of any length, metre and density, with and without each voice.
fn songs() -> impl Strategy<Value = Song> {
    let note = (0u32..3000, 0usize..3, 0u8..128, 1u32..500);
    let notes = proptest::collection::vec(note, 0..150);
    (20.0f64..400.0, 2u32..=6, 1u32..24, notes, any::<[bool; 3]>()).prop_map(
        |(tempo, beats, bars, notes, plays)| {
            let notes = notes.into_iter().filter(|(_, voice, ..)| plays[*voice]);
            let notes = notes.map(|(onset, voice, pitch, duration)| {
                GridNote::new(
                    onset,
                    Voice::ALL[voice],
                    Pitch::new(pitch).expect("in range"),
                    duration,
                )
            });
            Song::new(tempo, beats, bars, notes)
        },
    )
}

fn check(song: &Song) {
    let view = View::of(song);
    for feature in of_songs() {
        let (name, values) = (feature.name, feature.values(&view));
        assert!(values.iter().all(|value| value.is_finite()), "{name}: {values:?}");
        match feature.measure {
            Measure::Number(_) => assert_eq!(values.len(), 1),
            Measure::Notes(_) => assert!(values.len() <= song.notes().len(), "{name}"),
            Measure::Distribution(n_classes, _) => {
                let sum: f64 = values.iter().sum();
                assert_eq!(values.len(), n_classes, "{name}");
                assert!(sum.abs() < 1e-9 || (sum - 1.0).abs() < 1e-9, "{name}: {sum}");
            }
        }
        if feature.unit == Unit::Share {
            assert!(values.iter().all(|share| (0.0..=1.0).contains(share)), "{name}: {values:?}");
        }
    }
}

proptest! {
    #[test]
    fn every_feature_of_every_song_is_finite_and_within_its_unit(song in songs()) {
        check(&song);
    }
}

#[test]
fn a_song_without_notes_has_finite_features() {
    for (n_bars, beats) in [(1, 2), (1, 4), (256, 6)] {
        check(&Song::new(f64::NAN, beats, n_bars, []));
    }
}

#[test]
fn names_are_words_and_no_two_are_the_same() {
    let mut seen = HashSet::new();
    for feature in of_songs() {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(feature.name.chars().all(is_word), "{}", feature.name);
        assert!(seen.insert(feature.name), "two features are called {}", feature.name);
        assert!(!feature.about.is_empty());
    }
}

#[test]
fn features_are_selected_by_name() {
    let selection = Selection::of(&["tempo", "lead_steps"]).expect("known");
    let vector = selection.measure(&Song::new(150.0, 4, 4, []));
    assert_eq!(vector.names(), ["tempo", "lead_steps"]);
    assert_eq!((vector.get("tempo"), vector.get("minor")), (Some(150.0), None));
    let unknown = Selection::of(&["tempo", "lead_steeps"]).expect_err("no such feature");
    assert_eq!(unknown, UnknownFeature("lead_steeps".to_owned()));
    assert!(Selection::of(&["lead_degrees"]).is_err(), "twelve numbers are not one");
}
