//! Are genres told apart, and is what is known of none left alone?

use super::*;
use crate::score::Pitch;
use crate::song::{GridNote, Song, Voice};

/// A march at 150, a waltz at 100 or slow chords at 70, each its own by `idx`.
fn song(kind: usize, idx: u32) -> Traits {
    let pitch = |base: u32, step: u32| {
        Pitch::new((base + [0, 3, 7, 5, 12, 10, 8, 2][(step % 8) as usize]) as u8).expect("a pitch")
    };
    let note = |onset, voice, pitch, duration| GridNote::new(onset, voice, pitch, duration);
    let n_notes = 32 + idx % 5;
    let notes = (0..n_notes).flat_map(|i| match kind {
        0 => vec![
            note(i * 12, Voice::Lead, pitch(72, i * (idx % 3 + 1)), 6),
            note(i * 24 + 12, Voice::Bass, pitch(36, i / 8 + idx), 12),
        ],
        1 => vec![
            note(i * 24 + i % 2 * 8, Voice::Lead, pitch(65, i + idx), 16 + idx % 4),
            note(i * 72, Voice::Bass, pitch(45, i * 3), 24),
        ],
        _ => vec![
            note(i * 96, Voice::Lead, pitch(60, i + idx), 96),
            note(i * 96, Voice::Chords, pitch(52, i + idx), 96),
            note(i * 96, Voice::Chords, pitch(48, i + idx), 96),
        ],
    });
    let (tempo, beats) = [(150.0, 4), (100.0, 3), (70.0, 4)][kind];
    Traits::of(&Song::new(tempo + f64::from(idx % 4), beats, 16, notes))
}

fn library(sizes: &[usize]) -> Vec<(usize, String, Traits)> {
    let songs = |(kind, n): (usize, &usize)| {
        (0..*n as u32).map(move |idx| (kind, format!("{kind} {idx}"), song(kind, idx)))
    };
    sizes.iter().enumerate().flat_map(songs).collect()
}

fn train(library: &[(usize, String, Traits)]) -> Option<Classifier> {
    let samples: Vec<Sample<'_>> = library
        .iter()
        .map(|(kind, tune, traits)| Sample {
            genre: ["march", "waltz", "slow"][*kind],
            tune,
            traits,
        })
        .collect();
    Classifier::train(&samples, &Settings::default())
}

#[test]
fn two_genres_of_eight_songs_are_told_apart() {
    let classifier = train(&library(&[8, 8])).expect("two genres");
    assert_eq!(classifier.genres(), ["march", "waltz"]);
    for idx in 20..40 {
        for (kind, genre) in ["march", "waltz"].into_iter().enumerate() {
            let found = classifier.classify(&song(kind, idx));
            assert_eq!(found.genres[0].0, genre);
            assert!((found.genres.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
            let (sure, probability) = found.sure(&Settings::default()).expect("clear");
            assert!(sure == genre && probability >= 0.9);
        }
    }
}

#[test]
fn a_rare_genre_counts_as_much_as_a_frequent_one() {
    let classifier = train(&library(&[120, 8])).expect("two genres");
    let found = classifier.classify(&song(1, 33));
    assert_eq!(found.sure(&Settings::default()).map(|(genre, _)| genre), Some("waltz"));
}

#[test]
fn a_song_of_a_genre_that_is_not_known_is_odd() {
    let classifier = train(&library(&[20, 20])).expect("two genres");
    let found = classifier.classify(&song(2, 1));
    assert!(found.is_odd && found.sure(&Settings::default()).is_none());
}

#[test]
fn with_one_genre_or_too_few_songs_nothing_is_learned() {
    assert!(train(&library(&[30])).is_none());
    assert!(train(&library(&[30, 7])).is_none());
    assert!(train(&[]).is_none());
    let classifier = train(&library(&[8, 7, 8])).expect("two genres are large enough");
    assert_eq!(classifier.genres(), ["march", "slow"]);
}

#[test]
fn songs_without_a_difference_are_not_sorted() {
    let same = song(0, 1);
    let tunes: Vec<String> = (0..16).map(|idx| idx.to_string()).collect();
    let samples: Vec<Sample<'_>> = tunes
        .iter()
        .zip(["a", "b"].into_iter().cycle())
        .map(|(tune, genre)| Sample { genre, tune, traits: &same })
        .collect();
    let classifier = Classifier::train(&samples, &Settings::default()).expect("two genres");
    let found = classifier.classify(&same);
    assert!(found.genres.iter().all(|(_, p)| (p - 0.5).abs() < 0.1), "{found:?}");
    assert_eq!(found.sure(&Settings::default()), None);
}

#[test]
fn certainty_one_sorts_nothing_and_settings_out_of_range_are_named() {
    let found = Classification { genres: vec![("a".to_owned(), 1.0)], is_odd: false };
    assert_eq!(found.sure(&Settings::default()), Some(("a", 1.0)));
    assert_eq!(found.sure(&Settings { certainty: 1.0, ..Settings::default() }), None);
    assert_eq!(Settings::default().check(), Ok(()));
    let wrong = Settings { certainty: f64::NAN, ..Settings::default() };
    assert_eq!(wrong.check().expect_err("no number").key, "certainty");
}
