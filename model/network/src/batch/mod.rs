//! How are sequences laid side by side for training?
//!
//! Each lane of a batch reads one sequence after another, and windows follow each other without a gap:
//! the state carries over whole sequences, while gradients stop at the start of a window (truncated
//! backpropagation through time, Williams and Peng 1990). At a sequence's first token its lane is reset.

use std::collections::VecDeque;

use crate::loss::Targets;
use crate::weights::Interface;

/// Stands for no label where another sequence of the batch has one.
pub(crate) const NO_LABEL: u32 = u32::MAX;

/// One window of a batch, time-major.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Steps.
    pub time: usize,
    /// Lanes.
    pub batch: usize,
    /// Rows of the embedding table, [`Interface::inputs`] a step and lane.
    pub(crate) inputs: Vec<u32>,
    /// Labels a step and lane.
    pub(crate) n_labels: usize,
    /// The sequence's labels, `n_labels` a step and lane; [`NO_LABEL`] where it has fewer.
    pub(crate) labels: Vec<u32>,
    /// Where a sequence starts, a step and lane.
    pub(crate) resets: Vec<bool>,
    /// What comes next, a step and lane.
    pub targets: Targets,
}

/// What a lane reads in one piece, from a state of zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    /// Its tokens; one step fewer than these.
    pub tokens: Vec<u32>,
    /// What each lookback suggests to come after each token, as many a step as the network has
    /// lookbacks; at or above the vocabulary's size means nothing.
    pub suggested: Vec<u32>,
    /// Its labels, each below the network's number of them, which are added up; of no effect in a network
    /// without.
    pub labels: Vec<u32>,
    /// How much its tokens count in training, against those of the others: only ratios matter. Losses
    /// on held-out sequences count every token alike.
    pub weight: f32,
}

impl Sequence {
    /// Predictions that it asks for.
    pub fn n_steps(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }
}

impl Window {
    /// Tokens that count.
    pub fn n_tokens(&self) -> usize {
        self.targets.weights.iter().filter(|weight| **weight > 0.0).count()
    }

    /// The sum of the weights, by which a sum of weighted losses becomes a mean.
    pub(crate) fn weight(&self) -> f64 {
        self.targets.weights.iter().map(|weight| f64::from(*weight)).sum()
    }

    /// Steps in which no lane reads anything.
    fn empty(interface: Interface, n_labels: usize, time: usize, batch: usize) -> Self {
        let n = time * batch;
        let nothing = vec![interface.vocabulary as u32; interface.lookbacks];
        let padding: Vec<u32> = inputs(interface, 0, &nothing).collect();
        Self {
            time,
            batch,
            inputs: padding.repeat(n),
            n_labels,
            labels: vec![NO_LABEL; n * n_labels],
            resets: vec![false; n],
            targets: Targets {
                tokens: vec![0; n],
                suggested: nothing.repeat(n),
                weights: vec![0.0; n],
                divisor: 1.0,
            },
        }
    }

    /// Puts step `at` of a sequence in place `idx`.
    fn put(&mut self, interface: Interface, idx: usize, sequence: &Sequence, at: usize) {
        let n_back = interface.lookbacks;
        let suggested = &sequence.suggested[at * n_back..][..n_back];
        let to = &mut self.inputs[idx * interface.inputs()..];
        for (to, row) in to.iter_mut().zip(inputs(interface, sequence.tokens[at], suggested)) {
            *to = row;
        }
        self.labels[idx * self.n_labels..][..sequence.labels.len()]
            .copy_from_slice(&sequence.labels);
        self.resets[idx] = at == 0;
        self.targets.tokens[idx] = sequence.tokens[at + 1];
        self.targets.suggested[idx * n_back..][..n_back].copy_from_slice(suggested);
        self.targets.weights[idx] = sequence.weight;
    }
}

/// Rows of the embedding table for a token and what the lookbacks suggest.
pub(crate) fn inputs(
    interface: Interface,
    token: u32,
    suggested: &[u32],
) -> impl Iterator<Item = u32> {
    let rows = interface.rows() as u32;
    let last = rows - 1;
    let of =
        move |(idx, suggestion): (usize, &u32)| (idx as u32 + 1) * rows + last.min(*suggestion);
    std::iter::once(token).chain(suggested.iter().enumerate().map(of))
}

/// The windows over some sequences, made one by one as they are asked for. Skipping costs nothing but
/// the sequences that are passed over.
#[derive(Clone, Debug)]
pub struct Windows {
    interface: Interface,
    lanes: Vec<Lane>,
    n_steps: usize,
    n_left: usize,
    n_labels: usize,
    mean_weight: f64,
}

/// What one lane has still to read.
#[derive(Clone, Debug, Default)]
struct Lane {
    sequences: VecDeque<Sequence>,
    /// Steps of the first that are behind.
    at: usize,
}

impl Windows {
    /// Windows of `n_steps` steps over the sequences in their order, for a network that reads and
    /// predicts as `interface` says. There are as many lanes as sequences if those are fewer than
    /// `n_lanes`.
    pub fn new(
        interface: Interface,
        sequences: Vec<Sequence>,
        n_lanes: usize,
        n_steps: usize,
    ) -> Self {
        let mean_weight = mean_weight(&sequences);
        let n_labels = sequences.iter().map(|sequence| sequence.labels.len()).max().unwrap_or(0);
        // The longest queue decides how long the epoch takes: each sequence goes to the shortest so far.
        let n_lanes = n_lanes.min(sequences.len()).max(1);
        let mut lanes = vec![Lane::default(); n_lanes];
        let mut lengths = vec![0usize; n_lanes];
        for sequence in sequences {
            let shortest = (0..n_lanes).min_by_key(|lane| lengths[*lane]).unwrap_or(0);
            lengths[shortest] += sequence.n_steps();
            lanes[shortest].sequences.push_back(sequence);
        }
        let longest = lengths.into_iter().max().unwrap_or(0);
        let n_left = longest.div_ceil(n_steps);
        Self { interface, lanes, n_steps, n_left, n_labels, mean_weight }
    }
}

/// The mean weight of those tokens that count; 1 if none does.
fn mean_weight(sequences: &[Sequence]) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for sequence in sequences.iter().filter(|sequence| sequence.weight > 0.0) {
        sum += f64::from(sequence.weight) * sequence.n_steps() as f64;
        n += sequence.n_steps();
    }
    if n == 0 { 1.0 } else { sum / n as f64 }
}

impl Iterator for Windows {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        self.n_left = self.n_left.checked_sub(1)?;
        let n_lanes = self.lanes.len();
        let mut window = Window::empty(self.interface, self.n_labels, self.n_steps, n_lanes);
        for (idx, lane) in self.lanes.iter_mut().enumerate() {
            for t in 0..self.n_steps {
                let Some((sequence, at)) = lane.step() else { break };
                window.put(self.interface, t * n_lanes + idx, sequence, at);
            }
        }
        // By the number of tokens, so that a weight is not divided away again where its sequence is
        // alone in a window; and by the mean weight, so that only ratios of weights matter.
        window.targets.divisor = (window.n_tokens().max(1) as f64 * self.mean_weight) as f32;
        Some(window)
    }

    fn nth(&mut self, n: usize) -> Option<Window> {
        let n = n.min(self.n_left);
        self.n_left -= n;
        self.lanes.iter_mut().for_each(|lane| lane.skip(n * self.n_steps));
        self.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.n_left, Some(self.n_left))
    }
}

impl ExactSizeIterator for Windows {}

impl Lane {
    /// The sequence and the step of it that are read next.
    fn step(&mut self) -> Option<(&Sequence, usize)> {
        while self.at >= self.sequences.front()?.n_steps() {
            self.sequences.pop_front();
            self.at = 0;
        }
        self.at += 1;
        Some((self.sequences.front()?, self.at - 1))
    }

    fn skip(&mut self, n_steps: usize) {
        self.at += n_steps;
        while let Some(n) = self.sequences.front().map(Sequence::n_steps).filter(|n| self.at >= *n)
        {
            self.at -= n;
            self.sequences.pop_front();
        }
        if self.sequences.is_empty() {
            self.at = 0;
        }
    }
}

#[cfg(test)]
mod tests;
