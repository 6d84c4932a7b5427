//! What has a genre been trained on, with what weights, and what came of it?
//!
//! Every training cycle is kept; the weights of songs and tracks only of the latest
//! [`KEPT_WEIGHTS`], since they are many. They are written in chunks, as a value is at most 4 KiB.

use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{SongId, TrackId, genre_key, last_number, with_number};
use super::versions::{Promotion, promote};
use super::view::Read;

/// Cycles of a genre whose weights are kept.
const KEPT_WEIGHTS: u64 = 8;
/// Weights a value: each takes at most 90 bytes.
const CHUNK: usize = 40;

/// One training of a genre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cycle {
    /// When it ended, in milliseconds since 1970.
    pub at_ms: u64,
    /// The version it made, if it made one.
    pub version: Option<u32>,
    /// How many accepted songs it learned from.
    pub n_songs: u64,
    /// [`Store::vote_change`] when its weights were made.
    pub vote_change: u64,
    /// Nats a token on held-out songs, which it did not learn from; finite.
    pub valid_nll: Option<f64>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its version was put in force.
    Promoted,
    /// Its version was kept, but not put in force.
    Kept {
        /// Why, for people.
        why: String,
    },
    /// It failed.
    Failed {
        /// Why, for people.
        why: String,
    },
}

/// Something that has a weight in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighted {
    /// A song.
    Song(SongId),
    /// A track, by what listeners said of it.
    Track(TrackId),
}

impl Record for Cycle {}
impl Record for Vec<(Weighted, f32)> {}

impl Store {
    /// Notes a cycle, the weights it used and, if its version is put in force, the promotion, all in
    /// one step. Returns the cycle's number; the first of a genre is 1.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad genre or a number that is not finite, [`Error::TooLarge`] for a
    /// long `why`, or a failed write.
    pub fn add_cycle(
        &self,
        genre: &str,
        cycle: Cycle,
        weights: Vec<(Weighted, f32)>,
        promotion: Option<Promotion>,
    ) -> Result<u64, Error> {
        let genre = genre.to_owned();
        self.write(move |txn| {
            check(&cycle, &weights)?;
            let prefix = genre_key(&genre)?;
            let last = txn.last::<Cycle>(Tree::Cycles, &prefix)?;
            let number = last.map_or(0, |(key, _)| last_number(&key)) + 1;
            let chunks = with_number(prefix.clone(), number);
            for (i, chunk) in weights.chunks(CHUNK).enumerate() {
                txn.put(Tree::Weights, with_number(chunks.clone(), i as u64), &chunk.to_vec())?;
            }
            if let Some(old) = number.checked_sub(KEPT_WEIGHTS) {
                let old = with_number(prefix.clone(), old);
                for (key, _) in txn.raw_range(Tree::Weights, &old, &old)? {
                    txn.delete(Tree::Weights, key);
                }
            }
            if let Some(promotion) = &promotion {
                promote(txn, &genre, promotion)?;
            }
            txn.put(Tree::Cycles, with_number(prefix, number), &cycle)?;
            Ok(number)
        })
    }

    /// The latest cycle of a genre and its number.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_cycle(&self, genre: &str) -> Result<Option<(u64, Cycle)>, Error> {
        let prefix = genre_key(genre)?;
        let last = self.read(|view| view.last(Tree::Cycles, &prefix))?;
        Ok(last.map(|(key, cycle)| (last_number(&key), cycle)))
    }

    /// Every cycle of a genre with its number, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn cycles(&self, genre: &str) -> Result<Vec<(u64, Cycle)>, Error> {
        let prefix = genre_key(genre)?;
        let cycles = self.read(|view| view.list(Tree::Cycles, &prefix))?;
        Ok(cycles.into_iter().map(|(key, cycle)| (last_number(&key), cycle)).collect())
    }

    /// The weights a cycle used; empty when they are no longer kept.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn weights(&self, genre: &str, cycle: u64) -> Result<Vec<(Weighted, f32)>, Error> {
        let prefix = with_number(genre_key(genre)?, cycle);
        let chunks = self.read(|view| view.list::<Vec<_>>(Tree::Weights, &prefix))?;
        Ok(chunks.into_iter().flat_map(|(_, chunk)| chunk).collect())
    }
}

fn check(cycle: &Cycle, weights: &[(Weighted, f32)]) -> Result<(), Error> {
    let weights = weights.iter().map(|(_, weight)| f64::from(*weight));
    match weights.chain(cycle.valid_nll).find(|number| !number.is_finite()) {
        None => Ok(()),
        Some(number) => {
            let value = number.to_string();
            Err(Error::BadValue { what: "weight or loss", value, allowed: "a finite number" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{open, scratch};
    use super::*;

    fn cycle(n_songs: u64, outcome: Outcome) -> Cycle {
        let (at_ms, vote_change) = (n_songs, 3);
        Cycle { at_ms, version: Some(1), n_songs, vote_change, valid_nll: Some(2.5), outcome }
    }

    fn weights(n: u64) -> Vec<(Weighted, f32)> {
        let songs = (0..n).map(|i| (Weighted::Song(SongId::of(&i.to_be_bytes())), 0.75));
        let tracks = (0..n).map(|i| (Weighted::Track(TrackId(u64::MAX - i)), f32::MIN_POSITIVE));
        songs.chain(tracks).collect()
    }

    #[test]
    fn a_cycle_its_weights_and_its_promotion_are_one_step() {
        let (folder, store) = scratch();
        let promotion = Promotion { version: 1, at_ms: 2, why: "better".to_owned() };
        let first = cycle(800, Outcome::Promoted);
        let number =
            store.add_cycle("hardstyle", first.clone(), weights(800), Some(promotion.clone()));
        assert_eq!(number, Ok(1));
        drop(store);
        let store = open(&folder.path().join("store"));
        assert_eq!(store.last_cycle("hardstyle"), Ok(Some((1, first))));
        assert_eq!(store.weights("hardstyle", 1), Ok(weights(800)));
        assert_eq!(store.current_version("hardstyle"), Ok(Some(promotion)));
        assert_eq!(store.last_cycle("trance"), Ok(None));
    }

    #[test]
    fn all_cycles_are_kept_and_the_weights_of_the_last_ones() {
        let (_folder, store) = scratch();
        let outcomes = [
            Outcome::Kept { why: "no better".to_owned() },
            Outcome::Promoted,
            Outcome::Failed { why: "no space".to_owned() },
        ];
        for i in 0..12 {
            let outcome = outcomes[i as usize % 3].clone();
            store.add_cycle("hardstyle", cycle(i, outcome), weights(50), None).expect("added");
        }
        let cycles = store.cycles("hardstyle").expect("readable");
        assert_eq!(cycles.len(), 12);
        assert_eq!(cycles[2], (3, cycle(2, outcomes[2].clone())));
        assert_eq!(store.last_cycle("hardstyle"), Ok(Some(cycles[11].clone())));
        for number in 1..=12 {
            let kept = store.weights("hardstyle", number).expect("readable");
            assert_eq!(!kept.is_empty(), number > 12 - KEPT_WEIGHTS, "cycle {number}");
        }
    }

    #[test]
    fn a_weight_that_is_not_finite_is_refused() {
        let (_folder, store) = scratch();
        let odd = vec![(Weighted::Track(TrackId(1)), f32::NAN)];
        let result = store.add_cycle("hardstyle", cycle(1, Outcome::Promoted), odd, None);
        assert!(matches!(result, Err(Error::BadValue { .. })));
        assert_eq!(store.cycles("hardstyle"), Ok(vec![]));
    }
}
