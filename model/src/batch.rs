//! In which order does training read the songs?
//!
//! Each lane of a batch reads one song after another; windows follow each other without a gap, so
//! that the state carries over whole songs while gradients stop at the window's start (truncated
//! backpropagation through time, Williams and Peng 1990). At a song's first token its lane resets.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::corpus::Piece;
use crate::loss::Targets;
use crate::network::{INPUTS, ROWS};
use crate::tokens::{LOOKBACKS, TokenId, VOCABULARY};

/// One window of a batch, time-major.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Steps.
    pub time: usize,
    /// Lanes.
    pub batch: usize,
    /// Rows of the embedding table, [`INPUTS`] a step and lane.
    pub(crate) inputs: Vec<u32>,
    /// Where a song starts, a step and lane.
    pub(crate) resets: Vec<bool>,
    /// What comes next, a step and lane.
    pub targets: Targets,
}

impl Window {
    /// Tokens that count.
    pub fn n_tokens(&self) -> usize {
        self.targets.weights.iter().filter(|weight| **weight > 0.0).count()
    }
}

/// A song as a lane reads it: one step fewer than it has tokens.
struct Reading {
    steps: Vec<([u32; INPUTS], u32, [u32; LOOKBACKS.len()])>,
    weight: f32,
}

impl Reading {
    fn new(piece: &Piece, shift: i32) -> Self {
        let moved = |token: TokenId| token.transposed(shift).0;
        let tokens = piece.tokens();
        let steps = tokens.windows(2).zip(piece.suggested()).map(|(pair, suggested)| {
            let suggested =
                suggested.map(|idx| idx.map_or(VOCABULARY as u32, |idx| moved(tokens[idx])));
            (inputs(moved(pair[0]), suggested), moved(pair[1]), suggested)
        });
        Self { steps: steps.collect(), weight: piece.weight }
    }
}

/// Rows of the embedding table for a token and what the lookbacks suggest.
pub(crate) fn inputs(token: u32, suggested: [u32; LOOKBACKS.len()]) -> [u32; INPUTS] {
    let mut rows = [token; INPUTS];
    for (idx, suggestion) in suggested.into_iter().enumerate() {
        rows[idx + 1] = ((idx + 1) * ROWS) as u32 + suggestion;
    }
    rows
}

/// The windows of one epoch over `pieces`: shuffled and transposed by up to ±`transpose` semitones
/// as `rng` says, or in order and untransposed without it.
pub fn windows(
    pieces: &[Piece],
    n_lanes: usize,
    n_steps: usize,
    transpose: i32,
    rng: Option<&mut ChaCha8Rng>,
) -> impl Iterator<Item = Window> {
    let mut order: Vec<(usize, i32)> = (0..pieces.len()).map(|idx| (idx, 0)).collect();
    if let Some(rng) = rng {
        order.shuffle(rng);
        for (idx, shift) in &mut order {
            let possible = pieces[*idx].transpositions(transpose);
            *shift = possible.get(rng.random_range(0..possible.len().max(1))).copied().unwrap_or(0);
        }
    }
    // The longest queue decides how long the epoch takes: each song goes to the shortest so far.
    let n_lanes = n_lanes.min(pieces.len()).max(1);
    let mut lanes: Vec<Vec<Reading>> = (0..n_lanes).map(|_| Vec::new()).collect();
    let mut lengths = vec![0usize; n_lanes];
    for (idx, shift) in order {
        let lane = (0..n_lanes).min_by_key(|lane| lengths[*lane]).unwrap_or(0);
        let reading = Reading::new(&pieces[idx], shift);
        lengths[lane] += reading.steps.len();
        lanes[lane].push(reading);
    }
    let longest = lengths.iter().copied().max().unwrap_or(0);
    (0..longest.div_ceil(n_steps))
        .map(move |window_idx| window(&lanes, window_idx * n_steps, n_steps))
}

fn window(lanes: &[Vec<Reading>], from: usize, n_steps: usize) -> Window {
    let batch = lanes.len();
    let size = n_steps * batch;
    let padding = inputs(0, [VOCABULARY as u32; LOOKBACKS.len()]);
    let mut window = Window {
        time: n_steps,
        batch,
        inputs: padding.repeat(size),
        resets: vec![false; size],
        targets: Targets {
            tokens: vec![0; size],
            suggested: vec![VOCABULARY as u32; size * LOOKBACKS.len()],
            weights: vec![0.0; size],
            divisor: 1.0,
        },
    };
    for (lane, readings) in lanes.iter().enumerate() {
        let steps = readings.iter().flat_map(|reading| {
            reading
                .steps
                .iter()
                .enumerate()
                .map(move |(idx, step)| (idx == 0, step, reading.weight))
        });
        for (t, (is_first, (rows, target, suggested), weight)) in
            steps.skip(from).take(n_steps).enumerate()
        {
            let at = t * batch + lane;
            window.inputs[at * INPUTS..][..INPUTS].copy_from_slice(rows);
            window.resets[at] = is_first;
            window.targets.tokens[at] = *target;
            window.targets.suggested[at * LOOKBACKS.len()..][..LOOKBACKS.len()]
                .copy_from_slice(suggested);
            window.targets.weights[at] = weight;
        }
    }
    // By the number of tokens, not by their weight: else a song's weight would be divided away again
    // wherever it is alone in a window. Weights average 1 over the corpus.
    window.targets.divisor = window.n_tokens().max(1) as f32;
    window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Pitch;
    use crate::song::{GridNote, Song, Voice};
    use rand::SeedableRng;

    fn pieces(n: u32) -> Vec<Piece> {
        let song = |i: u32| {
            let notes = (0..=i % 5).map(|j| GridNote {
                onset: j * 24,
                voice: Voice::Lead,
                pitch: Pitch::new(60 + j as u8).expect("a pitch"),
                duration: 12,
            });
            Song::new(150.0, 4, 4, notes)
        };
        (0..n).map(|i| Piece::new(i.to_string(), i.to_string(), &song(i))).collect()
    }

    #[test]
    fn an_epoch_holds_every_token_of_every_song_once() {
        let pieces = pieces(13);
        let total: usize = pieces.iter().map(|piece| piece.tokens().len() - 1).sum();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for n_lanes in [1, 4, 50] {
            let seen: usize =
                windows(&pieces, n_lanes, 7, 6, Some(&mut rng)).map(|w| w.n_tokens()).sum();
            assert_eq!(seen, total);
            let starts: usize = windows(&pieces, n_lanes, 7, 0, None)
                .map(|w| w.resets.iter().filter(|reset| **reset).count())
                .sum();
            assert_eq!(starts, pieces.len());
        }
    }

    #[test]
    fn one_lane_reads_the_song_as_it_is_written() {
        let pieces = pieces(1);
        let read: Vec<u32> = windows(&pieces, 1, 5, 0, None)
            .flat_map(|w| w.targets.tokens.into_iter().zip(w.targets.weights))
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(token, _)| token)
            .collect();
        let expected: Vec<u32> = pieces[0].tokens()[1..].iter().map(|id| id.0).collect();
        assert_eq!(read, expected);
    }
}
