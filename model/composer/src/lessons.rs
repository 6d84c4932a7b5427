//! What is read in an epoch, and what is held out?
//!
//! The network knows sequences of tokens only; songs become sequences here, in an order and in keys
//! that differ from epoch to epoch.

use music::tokens::{TokenId, VOCABULARY};
use network::Network;
use network::batch::Sequence;
use network::train::{self, Lessons};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::corpus::{Corpus, Piece, Written};

/// How often a song is read without its label, so that the network also knows what to do for a label
/// that it has never met.
const UNLABELLED: f64 = 0.1;

/// How often a song that has a narrower label is read with that.
const NARROW: f64 = 0.5;

/// How often a song is read in the other mode of its tonic, so that both modes are learned in every genre.
const PARALLEL: f64 = 0.08;

/// A corpus as the network reads it.
#[derive(Clone, Copy, Debug)]
pub struct SongLessons<'a> {
    /// The songs.
    pub corpus: &'a Corpus,
    /// The most semitones by which a song is transposed, up or down.
    pub transpose: i32,
}

impl Lessons for SongLessons<'_> {
    /// Every song once, in an order and in keys that `rng` decides.
    fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Sequence> {
        let mut order: Vec<&Piece> = self.corpus.train.iter().collect();
        order.shuffle(rng);
        let lesson = |piece: &Piece| {
            let possible = piece.transpositions(self.transpose);
            let shift = possible.get(rng.random_range(0..possible.len().max(1)));
            let is_parallel = rng.random_bool(PARALLEL);
            let written = if is_parallel { piece.parallel() } else { piece.as_written() };
            let narrow = piece.narrow_label.filter(|_| rng.random_bool(NARROW));
            let name = if rng.random_bool(UNLABELLED) { 0 } else { narrow.unwrap_or(piece.label) };
            let labels = std::iter::once(name).chain(written.conditions.blurred(rng)).collect();
            sequence(written, shift.copied().unwrap_or(0), labels, piece.weight)
        };
        order.into_iter().map(lesson).collect()
    }

    /// The songs held out; those learned from if none is.
    fn held_out(&self) -> Vec<Sequence> {
        as_written(self.corpus.held_out())
    }
}

/// Pieces in their order, in the keys that they are written in.
pub fn as_written(pieces: &[Piece]) -> Vec<Sequence> {
    let one = |piece: &Piece| sequence(piece.as_written(), 0, piece.labels(), piece.weight);
    pieces.iter().map(one).collect()
}

/// A piece, transposed by `shift` semitones.
fn sequence(written: &Written, shift: i32, labels: Vec<u32>, weight: f32) -> Sequence {
    let moved = |token: TokenId| token.transposed(shift).0;
    let tokens = &written.tokens;
    let steps = written.suggested.iter().take(tokens.len().saturating_sub(1)).flatten();
    Sequence {
        tokens: tokens.iter().map(|token| moved(*token)).collect(),
        suggested: steps
            .map(|idx| idx.map_or(VOCABULARY as u32, |idx| moved(tokens[idx])))
            .collect(),
        labels,
        weight,
    }
}

/// Mean loss of `pieces` in nats a token, every token counted alike; 0 without pieces.
///
/// # Errors
/// When a piece does not fit the network.
pub fn evaluate(network: &Network, pieces: &[Piece]) -> Result<f64, network::Error> {
    Ok(evaluate_while(network, pieces, || true)?.unwrap_or(0.0))
}

/// As [`evaluate`], but gives up with `None` as soon as `should_continue`, asked before each window,
/// says no.
///
/// # Errors
/// When a piece does not fit the network.
pub fn evaluate_while(
    network: &Network,
    pieces: &[Piece],
    should_continue: impl FnMut() -> bool,
) -> Result<Option<f64>, network::Error> {
    train::evaluate_while(network, &as_written(pieces), should_continue)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::INTERFACE;
    use crate::ngram::Ngram;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};
    use network::train::{Hyperparameters, Moment, Progress, Start, train};
    use rand::SeedableRng;

    fn corpus() -> Corpus {
        let piece = |i: u32| {
            let note = GridNote::new(i % 90, Voice::Lead, Pitch::new(60).expect("a pitch"), 12);
            let mut piece =
                Piece::new(i.to_string(), i.to_string(), &Song::new(150.0, 4, 1, [note]));
            piece.label = 3;
            piece.narrow_label = i.is_multiple_of(2).then_some(7);
            piece
        };
        Corpus { train: (0..200).map(piece).collect(), ..Corpus::default() }
    }

    #[test]
    fn an_epoch_reads_every_song_once_in_its_own_order_and_keys() {
        let corpus = corpus();
        let lessons = SongLessons { corpus: &corpus, transpose: 5 };
        let epoch = |seed| lessons.epoch(&mut ChaCha8Rng::seed_from_u64(seed));
        let (first, second) = (epoch(1), epoch(2));
        assert_eq!((first.len(), second.len()), (200, 200));
        assert!(first != second && first == epoch(1));
        let n_free = first.iter().filter(|sequence| sequence.labels[0] == 0).count();
        assert!((5..50).contains(&n_free), "{n_free} songs without their label");
        let n_narrow = first.iter().filter(|sequence| sequence.labels[0] == 7).count();
        assert!((25..65).contains(&n_narrow), "{n_narrow} of 100 songs with their narrower one");
        assert!(lessons.held_out().iter().all(|sequence| sequence.labels[0] == 3));
    }
    #[test]
    fn votes_have_no_say_in_what_is_measured() {
        let mut corpus = corpus();
        corpus.valid = corpus.train.split_off(190);
        let settings = Hyperparameters {
            layers: 1,
            hidden: 8,
            embedding: 4,
            epochs: 1,
            ..Hyperparameters::default()
        };
        let mut losses = |weights: [f32; 2]| {
            for (piece, weight) in corpus.valid.iter_mut().zip(weights.into_iter().cycle()) {
                piece.weight = weight;
            }
            let lessons = SongLessons { corpus: &corpus, transpose: 0 };
            let size = settings.size(INTERFACE);
            let go_on = |_: Progress, _: Moment<'_>| ControlFlow::Continue(0.0);
            let trained = train(&lessons, &settings, size, Start::Fresh, go_on);
            let trained = trained.expect("it trains");
            let measured = evaluate(&trained.network, &corpus.valid).expect("it is measured");
            let bigram = Ngram::new(2, &corpus.train).evaluate(&corpus.valid);
            [trained.best.valid_nll, measured, bigram].map(f64::to_bits)
        };
        assert_eq!(losses([1.0, 1.0]), losses([0.0, 7.0]));
    }
}
