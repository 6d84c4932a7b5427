//! What is read in an epoch, and what is held out?
//!
//! The network knows sequences of tokens only; songs become sequences here, in an order and in keys
//! that differ from epoch to epoch.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use music::tokens::{TokenId, VOCABULARY};
use network::Network;
use network::batch::Sequence;
use network::train::{Hyperparameters, Lessons, loss_on};

use crate::corpus::{Corpus, Piece};

/// How often a song is read without its condition, so that the network also knows what to do for one
/// that it has never met.
const UNCONDITIONED: f64 = 0.1;

/// How often a song that has a narrower condition is read with that.
const NARROW: f64 = 0.5;

impl Lessons for Corpus {
    /// Every song, transposed within ±`transpose` semitones.
    fn epoch(&self, settings: &Hyperparameters, rng: &mut ChaCha8Rng) -> Vec<Sequence> {
        let mut order: Vec<&Piece> = self.train.iter().collect();
        order.shuffle(rng);
        let lesson = |piece: &Piece| {
            let possible = piece.transpositions(settings.transpose);
            let shift = possible.get(rng.random_range(0..possible.len().max(1)));
            let mut sequence = sequence(piece, shift.copied().unwrap_or(0));
            if rng.random_bool(UNCONDITIONED) {
                sequence.condition = 0;
            } else if let Some(narrow) = piece.narrow_condition.filter(|_| rng.random_bool(NARROW))
            {
                sequence.condition = narrow;
            }
            sequence
        };
        order.into_iter().map(lesson).collect()
    }

    /// The songs held out; those learned from if none is.
    fn held_out(&self) -> Vec<Sequence> {
        let held_out = if self.valid.is_empty() { &self.train } else { &self.valid };
        as_written(held_out)
    }
}

/// Pieces in their order, as they are written.
pub fn as_written(pieces: &[Piece]) -> Vec<Sequence> {
    pieces.iter().map(|piece| sequence(piece, 0)).collect()
}

/// A piece, transposed by `shift` semitones.
fn sequence(piece: &Piece, shift: i32) -> Sequence {
    let moved = |token: TokenId| token.transposed(shift).0;
    let tokens = piece.tokens();
    let steps = piece.suggested().iter().take(tokens.len().saturating_sub(1)).flatten();
    Sequence {
        tokens: tokens.iter().map(|token| moved(*token)).collect(),
        suggested: steps
            .map(|idx| idx.map_or(VOCABULARY as u32, |idx| moved(tokens[idx])))
            .collect(),
        condition: piece.condition,
        weight: piece.weight,
    }
}

/// Mean loss of `pieces` in nats a token, each piece counted by its weight; 0 without pieces.
///
/// # Errors
/// When the tensor library fails.
pub fn evaluate(network: &Network, pieces: &[Piece]) -> Result<f64, candle_core::Error> {
    Ok(evaluate_while(network, pieces, || true)?.unwrap_or(0.0))
}

/// As [`evaluate`], but gives up with `None` as soon as `goes_on`, asked before each window, says so.
///
/// # Errors
/// When the tensor library fails.
pub fn evaluate_while(
    network: &Network,
    pieces: &[Piece],
    goes_on: impl FnMut() -> bool,
) -> Result<Option<f64>, candle_core::Error> {
    loss_on(network, as_written(pieces), goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};
    use rand::SeedableRng;

    fn corpus() -> Corpus {
        let piece = |i: u32| {
            let note = GridNote {
                onset: i % 90,
                voice: Voice::Lead,
                pitch: Pitch::new(60).expect("a pitch"),
                duration: 12,
            };
            let mut piece =
                Piece::new(i.to_string(), i.to_string(), &Song::new(150.0, 4, 1, [note]));
            piece.condition = 3;
            piece.narrow_condition = i.is_multiple_of(2).then_some(7);
            piece
        };
        Corpus { train: (0..200).map(piece).collect(), valid: Vec::new() }
    }

    #[test]
    fn an_epoch_reads_every_song_once_in_its_own_order_and_keys() {
        let corpus = corpus();
        let settings = Hyperparameters::default();
        let epoch = |seed| corpus.epoch(&settings, &mut ChaCha8Rng::seed_from_u64(seed));
        let (first, second) = (epoch(1), epoch(2));
        assert_eq!((first.len(), second.len()), (200, 200));
        assert!(first != second && first == epoch(1));
        let n_free = first.iter().filter(|sequence| sequence.condition == 0).count();
        assert!((5..50).contains(&n_free), "{n_free} songs without their condition");
        let n_narrow = first.iter().filter(|sequence| sequence.condition == 7).count();
        assert!((25..65).contains(&n_narrow), "{n_narrow} of 100 songs with their narrower one");
        assert!(corpus.held_out().iter().all(|sequence| sequence.condition == 3));
    }
}
