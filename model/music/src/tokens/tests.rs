//! Has every token its meaning, and is whatever the grammar allows a song, with one spelling, and music
//! that a file can hold?
//!
//! Random walks: each step takes any token that may come next, so that the songs are those that a
//! network which has learned nothing could sample, not those that people write.

use proptest::prelude::*;

use super::vocabulary::*;
use super::*;
use crate::key::Key;
use crate::midi;
use crate::score::{Pitch, Score};
use crate::song::{MAX_BARS, STEPS_PER_BEAT, Song, TICKS_PER_BEAT};

/// Past this many tokens a walk ends its bars as soon as it may.
const HURRIED: usize = 1500;
/// Past this many it ends the song, where its length is free.
const ENDING: usize = 1800;

/// Takes, of what may come next, the range and the token in it that the next choice says. Empty if
/// the choices do not reach the end.
fn walk(n_bars: Option<u32>, mut choices: impl Iterator<Item = u32>) -> Vec<TokenId> {
    let mut grammar = Grammar::new(n_bars);
    let mut ids = Vec::new();
    while !grammar.is_ended() {
        let Some(choice) = choices.next() else { return Vec::new() };
        let is_hurried = ids.len() > HURRIED && grammar.may_end_bar();
        let ranges = if is_hurried { grammar.bar_or_end() } else { grammar.allowed() };
        let idx = if is_hurried && ids.len() > ENDING {
            ranges.len() - 1
        } else {
            choice as usize % ranges.len()
        };
        let range = &ranges[idx];
        let id = TokenId(range.start + choice / 7 % (range.end - range.start));
        assert!(grammar.allows(id));
        grammar.advance(id).expect("an allowed token");
        ids.push(id);
    }
    ids
}

/// What every score that is made of a song keeps to.
fn check(score: &Score, song: &Song) {
    let step = TICKS_PER_BEAT / STEPS_PER_BEAT;
    assert_eq!(score.end.0, song.n_bars() * song.steps_per_bar() * step);
    assert_eq!(score.n_notes(), song.notes().len());
    let channels: Vec<u8> = score.parts.iter().map(|part| part.channel).collect();
    assert!(channels.is_sorted_by(|a, b| a < b), "{channels:?}");
    for part in &score.parts {
        assert!(!part.notes.is_empty() && !part.is_drum_channel(), "{}", part.name);
        assert!(part.notes.is_sorted_by_key(|note| (note.onset, note.pitch)));
        let mut free_from = [0; 128];
        for note in &part.notes {
            assert!(note.duration.0 > 0 && note.end() <= score.end, "{note:?}");
            assert_eq!((note.onset.0 % step, note.duration.0 % step), (0, 0), "{note:?}");
            let free_from = &mut free_from[usize::from(note.pitch.number())];
            assert!(note.onset.0 >= *free_from, "{note:?} overlaps in {}", part.name);
            *free_from = note.end().0;
        }
    }
}

proptest! {
    #[test]
    fn whatever_the_grammar_allows_is_a_song_with_one_spelling(
        choices in proptest::collection::vec(any::<u32>(), 4000),
        n_bars in proptest::option::of(prop_oneof![1u32..12, Just(MAX_BARS)]),
    ) {
        let ids = walk(n_bars, choices.into_iter());
        prop_assert!(!ids.is_empty(), "the choices suffice");
        let song = decode(&ids).expect("a song");
        prop_assert!(n_bars.is_none_or(|n_bars| song.n_bars() == n_bars));
        prop_assert!((1..=MAX_BARS).contains(&song.n_bars()));
        let again = encode(&song);
        // Density and length are free in the grammar but follow from the song when encoded.
        prop_assert_eq!(&again[..4], &ids[..4]);
        prop_assert_eq!(&again[6..], &ids[6..]);
        prop_assert_eq!(decode(&again), Ok(song));
    }

    #[test]
    fn whatever_the_grammar_allows_is_written_and_read_back_the_same(
        choices in proptest::collection::vec(any::<u32>(), 4000), n_bars in 1u32..12,
    ) {
        let song = decode(&walk(Some(n_bars), choices.into_iter())).expect("a song");
        let score = song.to_score();
        check(&score, &song);
        let bytes = midi::write(&score);
        let read = midi::read(&bytes, &midi::Limits::default()).expect("it can be read");
        prop_assert_eq!(read.warnings, []);
        // The controllers that choose the bank are written for every part.
        let mut read = read.score;
        read.parts.iter_mut().for_each(|part| part.controllers.clear());
        prop_assert_eq!(read, score);
    }

    #[test]
    fn no_change_of_a_song_passes_for_one_where_the_grammar_says_no(
        choices in proptest::collection::vec(any::<u32>(), 4000),
        at in any::<prop::sample::Index>(), other in 0..VOCABULARY as u32,
    ) {
        let mut ids = walk(Some(4), choices.into_iter());
        let at = at.index(ids.len());
        ids[at] = TokenId(other);
        let mut grammar = Grammar::new(None);
        let first_wrong = ids.iter().position(|id| grammar.advance(*id).is_err());
        match (first_wrong, decode(&ids)) {
            (Some(wrong), Err(DecodeError::Misplaced { idx, id })) => {
                prop_assert_eq!((idx, id), (wrong, ids[wrong]));
            }
            (None, Err(error)) => {
                prop_assert_eq!(error, DecodeError::Unfinished);
                prop_assert!(!grammar.is_ended());
            }
            (None, Ok(song)) => prop_assert_eq!(&encode(&song)[HEADER..], &ids[HEADER..]),
            (wrong, decoded) => prop_assert!(false, "{wrong:?} {decoded:?}"),
        }
    }
}

#[test]
fn the_longest_song_is_written_and_read_back() {
    let mut seed = 1u32;
    let choices = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 4
    });
    let song = decode(&walk(Some(MAX_BARS), choices)).expect("a song");
    assert_eq!(song.n_bars(), MAX_BARS);
    check(&song.to_score(), &song);
    let read = midi::read(&midi::write(&song.to_score()), &midi::Limits::default());
    assert_eq!(read.expect("it can be read").score.n_notes(), song.notes().len());
}

#[test]
fn every_id_has_a_meaning_and_every_meaning_its_id() {
    for id in 0..VOCABULARY as u32 {
        let token = TokenId(id).token().expect("within the vocabulary");
        assert_eq!(token.id(), TokenId(id), "{token:?}");
    }
    assert_eq!(TokenId(VOCABULARY as u32).token(), None);
    assert_eq!(crate::song::durations().count() as u32, N_DURATIONS);
}

#[test]
fn every_pitch_is_written_in_every_key() {
    for (number, index) in (0..128).flat_map(|number| (0..24).map(move |index| (number, index))) {
        let (pitch, key) = (Pitch::new(number).expect("a pitch"), Key::from_index(index));
        assert!(relative(pitch, key) < N_PITCHES);
        assert_eq!(absolute(relative(pitch, key), key), Some(pitch));
    }
}

#[test]
fn classes_cover_their_range() {
    assert_eq!((density_class(0.0), density_class(1e9)), (0, 7));
    assert_eq!(
        (length_class(1), length_class(16), length_class(17), length_class(999)),
        (0, 3, 4, 7)
    );
    assert!((tempo_of_class(tempo_class(150.0)) - 150.0).abs() <= TEMPO_WIDTH / 2.0);
}
