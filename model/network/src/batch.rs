//! How are sequences laid side by side for training?
//!
//! Each lane of a batch reads one song after another; windows follow each other without a gap, so
//! that the state carries over whole songs while gradients stop at the window's start (truncated
//! backpropagation through time, Williams and Peng 1990). At a song's first token its lane resets.

use crate::Size;
use crate::loss::Targets;

/// One window of a batch, time-major.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Steps.
    pub time: usize,
    /// Lanes.
    pub batch: usize,
    /// Rows of the embedding table, [`Size::inputs`] a step and lane.
    pub(crate) inputs: Vec<u32>,
    /// The sequence's condition, a step and lane.
    pub(crate) conditions: Vec<u32>,
    /// Where a sequence starts, a step and lane.
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

/// What a lane reads in one piece, from a state of zero: a song, as a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    /// Its tokens; one step fewer than these.
    pub tokens: Vec<u32>,
    /// What each lookback suggests to come after each token, as many a step as the network has
    /// lookbacks; at or above the vocabulary's size means nothing.
    pub suggested: Vec<u32>,
    /// Its condition, below the network's number of them; of no effect in a network without.
    pub condition: u32,
    /// How much its tokens count; weights average 1 over a corpus.
    pub weight: f32,
}

impl Sequence {
    fn n_steps(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }
}

/// Rows of the embedding table for a token and what the lookbacks suggest.
pub(crate) fn inputs(size: Size, token: u32, suggested: &[u32]) -> impl Iterator<Item = u32> {
    let rows = size.rows() as u32;
    let last = rows - 1;
    let of =
        move |(idx, suggestion): (usize, &u32)| (idx as u32 + 1) * rows + last.min(*suggestion);
    std::iter::once(token).chain(suggested.iter().enumerate().map(of))
}

/// The windows over any sequences, in their order, for a network of so many (tokens, lookbacks).
/// There are as many lanes as sequences if those are fewer than `n_lanes`.
pub fn windows_of(
    (vocabulary, lookbacks): (usize, usize),
    sequences: Vec<Sequence>,
    n_lanes: usize,
    n_steps: usize,
) -> impl Iterator<Item = Window> {
    let size = Size { vocabulary, lookbacks, conditions: 0, layers: 0, hidden: 0, embedding: 0 };
    // The longest queue decides how long the epoch takes: each sequence goes to the shortest so far.
    let n_lanes = n_lanes.min(sequences.len()).max(1);
    let mut lanes: Vec<Vec<Sequence>> = (0..n_lanes).map(|_| Vec::new()).collect();
    let mut lengths = vec![0usize; n_lanes];
    for sequence in sequences {
        let lane = (0..n_lanes).min_by_key(|lane| lengths[*lane]).unwrap_or(0);
        lengths[lane] += sequence.n_steps();
        lanes[lane].push(sequence);
    }
    let longest = lengths.iter().copied().max().unwrap_or(0);
    (0..longest.div_ceil(n_steps))
        .map(move |window_idx| window(size, &lanes, window_idx * n_steps, n_steps))
}

fn window(size: Size, lanes: &[Vec<Sequence>], from: usize, n_steps: usize) -> Window {
    let batch = lanes.len();
    let n = n_steps * batch;
    let nothing = vec![size.vocabulary as u32; size.lookbacks];
    let padding: Vec<u32> = inputs(size, 0, &nothing).collect();
    let mut window = Window {
        time: n_steps,
        batch,
        inputs: padding.repeat(n),
        conditions: vec![0; n],
        resets: vec![false; n],
        targets: Targets {
            tokens: vec![0; n],
            suggested: nothing.repeat(n),
            weights: vec![0.0; n],
            divisor: 1.0,
        },
    };
    for (lane, sequences) in lanes.iter().enumerate() {
        let steps = sequences.iter().flat_map(|own| (0..own.n_steps()).map(move |at| (own, at)));
        for (t, (own, at)) in steps.skip(from).take(n_steps).enumerate() {
            window.put(size, t * batch + lane, own, at);
        }
    }
    // By the number of tokens, not by their weight: else a song's weight would be divided away again
    // wherever it is alone in a window. Weights average 1 over the corpus.
    window.targets.divisor = window.n_tokens().max(1) as f32;
    window
}

impl Window {
    /// Puts step `at` of a sequence in place `idx`.
    fn put(&mut self, size: Size, idx: usize, sequence: &Sequence, at: usize) {
        let suggested = &sequence.suggested[at * size.lookbacks..][..size.lookbacks];
        let to = &mut self.inputs[idx * size.inputs()..];
        for (to, row) in to.iter_mut().zip(inputs(size, sequence.tokens[at], suggested)) {
            *to = row;
        }
        self.conditions[idx] = sequence.condition;
        self.resets[idx] = at == 0;
        self.targets.tokens[idx] = sequence.tokens[at + 1];
        self.targets.suggested[idx * size.lookbacks..][..size.lookbacks].copy_from_slice(suggested);
        self.targets.weights[idx] = sequence.weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERFACE: (usize, usize) = (50, 4);

    fn sequences(n: u32) -> Vec<Sequence> {
        let sequence = |i: u32| {
            let tokens: Vec<u32> = (0..5 + i % 5 * 3).map(|j| (i + j * j) % 50).collect();
            let suggested = (0..4 * (tokens.len() as u32 - 1)).map(|j| j * 7 % 60).collect();
            Sequence { tokens, suggested, condition: 0, weight: 1.0 }
        };
        (0..n).map(sequence).collect()
    }

    #[test]
    fn an_epoch_holds_every_token_of_every_sequence_once() {
        let sequences = sequences(13);
        let total: usize = sequences.iter().map(Sequence::n_steps).sum();
        for n_lanes in [1, 4, 50] {
            let windows = || windows_of(INTERFACE, sequences.clone(), n_lanes, 7);
            let seen: usize = windows().map(|w| w.n_tokens()).sum();
            assert_eq!(seen, total);
            let starts: usize =
                windows().map(|w| w.resets.iter().filter(|reset| **reset).count()).sum();
            assert_eq!(starts, sequences.len());
        }
    }

    #[test]
    fn one_lane_reads_the_sequence_as_it_is_written() {
        let sequences = sequences(1);
        let read: Vec<u32> = windows_of(INTERFACE, sequences.clone(), 1, 5)
            .flat_map(|w| w.targets.tokens.into_iter().zip(w.targets.weights))
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(token, _)| token)
            .collect();
        assert_eq!(read, sequences[0].tokens[1..]);
    }
}
