//! How is the network run over windows, and how does it learn?
//!
//! Everything that [`Network`] says, forward and backward, in one piece: the lanes of a batch are
//! divided among the cores, and each goes with its `shard` through the whole window by itself, on
//! one thread, in buffers that are used again. The shards meet three times a step: when gradients are
//! added up, when their norm is known, and when the weights have moved.
//!
//! What it computes is written down plainly in `plain`, against which it is tested.

mod layer;
pub(super) mod layout;
pub(super) mod packed;
mod shard;
mod table;

use std::ops::Range;

use candle_core::{Result, bail};

use super::kernels::Level;
use super::kernels::adamw::{AdamW, Add, BETA, Rate, SquareSum};
use super::kernels::aligned::Aligned;
use super::{Network, Size, State};
use crate::batch::Window;
use crate::train::Precision;
use layout::Layout;
use packed::Packed;
use shard::{Shard, View};
use table::Table;

/// A network's weights in the form in which windows are run over.
pub struct Engine {
    level: Level,
    layout: Layout,
    weights: Vec<f32>,
    packed: Packed,
    shards: Vec<Shard>,
    with_gradient: bool,
}

/// How weights are moved in a step.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Learning rate.
    pub rate: f64,
    /// Longest gradient (L2 norm) that is followed in full.
    pub clip: f64,
    /// How strongly weights, but not biases, are drawn to zero.
    pub weight_decay: f64,
}

/// An engine that learns, with what `AdamW` (Loshchilov and Hutter 2019) remembers.
pub struct Learner {
    engine: Engine,
    /// A vector a shard; the first also takes the sum.
    gradients: Vec<Aligned<f32>>,
    mean: Vec<f32>,
    square: Vec<f32>,
    n_updates: i32,
}

/// What a learner needs to go on exactly where it was, in the network's own shapes.
pub struct Memory {
    /// The weights.
    pub weights: Network,
    /// Running means of their gradients.
    pub mean: Network,
    /// Running means of their gradients' squares.
    pub square: Network,
    /// Steps made.
    pub n_updates: i32,
}

impl Engine {
    /// An engine for losses only.
    ///
    /// # Errors
    /// When candle cannot read the weights.
    pub fn new(network: &Network, precision: Precision) -> Result<Self> {
        Self::build(network, precision.level(), false)
    }

    pub(super) fn build(network: &Network, level: Level, with_gradient: bool) -> Result<Self> {
        let layout = Layout::new(network.size(), level.lanes());
        let weights = layout.read(network)?;
        let mut packed = Packed::new(level, &layout, with_gradient);
        packed.fill(level, &layout, &weights, n_cores());
        Ok(Self { level, layout, weights, packed, shards: Vec::new(), with_gradient })
    }

    /// Runs over a window and leaves the state after it in `state`; returns the loss, in nats a token
    /// by the window's divisor.
    ///
    /// # Errors
    /// When the window does not fit the network.
    pub fn loss(&mut self, window: &Window, state: &mut State) -> Result<f64> {
        let mut none = vec![Aligned::zeros(0); n_cores()];
        self.run(window, state, &[], &mut none)
    }

    fn run(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        gradients: &mut [Aligned<f32>],
    ) -> Result<f64> {
        check(window, state, self.layout.size)?;
        let lanes = shares(window.batch, gradients.len());
        let Self { level, layout, weights, packed, shards, with_gradient } = self;
        let view = View { level: *level, layout, weights, packed };
        let fit = shards.len() == lanes.len()
            && shards
                .iter()
                .zip(&lanes)
                .all(|(shard, lanes)| shard.fits(lanes, window.time, *with_gradient));
        if !fit {
            let new = |lanes| Shard::new(&view, lanes, window.time, *with_gradient);
            *shards = lanes.into_iter().map(new).collect();
        }
        // With masks no two lanes see the same embeddings.
        let table = if masks.is_empty() { Table::of(&view, window) } else { None };
        let before = &*state;
        let jobs: Vec<_> = shards.iter_mut().zip(gradients.iter_mut()).collect();
        let losses = on_threads(jobs, |(shard, gradient)| {
            gradient.fill(0.0);
            shard.run(&view, (window, table.as_ref()), masks, before, gradient)
        });
        if let (Some(table), true) = (&table, *with_gradient) {
            let d: Vec<&[f32]> = shards.iter().map(Shard::d_products).collect();
            let jobs = gradients.iter_mut().zip(table.shares(shards.len())).collect();
            on_threads(jobs, |(gradient, rows)| table.back(&view, &d, rows, gradient));
        }
        for shard in &*shards {
            shard.end(&view, state);
        }
        Ok(losses.into_iter().sum::<f64>() / f64::from(window.targets.divisor))
    }
}

impl Learner {
    /// A learner that begins with the network's weights.
    ///
    /// # Errors
    /// When candle cannot read the weights.
    pub fn new(network: &Network, precision: Precision) -> Result<Self> {
        Self::with_level(network, precision.level())
    }

    fn with_level(network: &Network, level: Level) -> Result<Self> {
        let engine = Engine::build(network, level, true)?;
        let len = engine.layout.len;
        let gradients = vec![Aligned::zeros(len); n_cores()];
        Ok(Self { engine, gradients, mean: vec![0.0; len], square: vec![0.0; len], n_updates: 0 })
    }

    /// Learns from a window: its loss with the masks of [`Dropout`](super::Dropout) (or none), as
    /// [`Engine::loss`] says it. A gradient that is not finite moves nothing.
    ///
    /// # Errors
    /// When the window does not fit the network.
    pub fn learn(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        pace: Pace,
    ) -> Result<f64> {
        let loss = self.differentiate(window, state, masks)?;
        self.update(pace);
        Ok(loss)
    }

    /// The loss; leaves its gradient in the first of `gradients`, and the others in disorder.
    fn differentiate(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
    ) -> Result<f64> {
        let loss = self.engine.run(window, state, masks, &mut self.gradients)?;
        let level = self.engine.level;
        let n_used = self.engine.shards.len();
        if let Some((sum, others)) = self.gradients[..n_used].split_first_mut() {
            let part = sum.len().div_ceil(n_cores()).max(1);
            let jobs: Vec<_> = sum.chunks_mut(part).enumerate().collect();
            on_threads(jobs, |(idx, to)| {
                for other in &*others {
                    level.run(Add { to: &mut *to, from: &other[idx * part..] });
                }
            });
        }
        Ok(loss)
    }

    fn update(&mut self, pace: Pace) {
        let Engine { level, layout, weights, packed, .. } = &mut self.engine;
        let level = *level;
        let gradient = &self.gradients[0];
        let part = gradient.len().div_ceil(n_cores()).max(1);
        let squares =
            on_threads(gradient.chunks(part).collect(), |part| level.run(SquareSum(part)));
        let norm = squares.into_iter().sum::<f64>().sqrt();
        if !norm.is_finite() {
            return;
        }
        self.n_updates += 1;
        let correction = |beta: f32| {
            let beta = f64::from(beta);
            (1.0 / (1.0 - beta.powi(self.n_updates))) as f32
        };
        let rate = Rate {
            learning: pace.rate as f32,
            scale: (pace.clip / norm.max(pace.clip)) as f32,
            decay: (pace.rate * pace.weight_decay) as f32,
            corrections: (correction(BETA.0), correction(BETA.1)),
        };
        let jobs: Vec<_> = weights
            .chunks_mut(part)
            .zip(gradient.chunks(part))
            .zip(self.mean.chunks_mut(part).zip(self.square.chunks_mut(part)))
            .enumerate()
            .collect();
        let n_decaying = layout.n_decaying;
        on_threads(jobs, |(idx, ((weights, gradient), (mean, square)))| {
            let at = n_decaying.saturating_sub(idx * part).min(weights.len());
            let (decaying, biases) = weights.split_at_mut(at);
            let (means, bias_means) = mean.split_at_mut(at);
            let (squares, bias_squares) = square.split_at_mut(at);
            let (of_decaying, of_biases) = gradient.split_at(at);
            level.run(AdamW {
                weights: decaying,
                gradient: of_decaying,
                mean: means,
                square: squares,
                rate,
            });
            level.run(AdamW {
                weights: biases,
                gradient: of_biases,
                mean: bias_means,
                square: bias_squares,
                rate: Rate { decay: 0.0, ..rate },
            });
        });
        packed.fill(level, layout, weights, n_cores());
    }

    /// Writes the weights to `network`, of the size that the learner began with.
    ///
    /// # Errors
    /// When candle cannot write them.
    pub fn write_to(&self, network: &Network) -> Result<()> {
        let tensors = self.engine.layout.tensors(network, &self.engine.weights)?;
        network.parameters().iter().zip(tensors).try_for_each(|((_, var), new)| var.set(&new))
    }

    /// What a learner of the same network needs to go on from here.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn memory(&self, network: &Network) -> Result<Memory> {
        let layout = &self.engine.layout;
        let taken = |values: &[f32]| network.with(layout.tensors(network, values)?);
        Ok(Memory {
            weights: taken(&self.engine.weights)?,
            mean: taken(&self.mean)?,
            square: taken(&self.square)?,
            n_updates: self.n_updates,
        })
    }

    /// Goes on from there.
    ///
    /// # Errors
    /// When the memory is of a network of another size.
    pub fn recall(&mut self, memory: &Memory) -> Result<()> {
        let Engine { level, layout, weights, packed, .. } = &mut self.engine;
        let Memory { weights: new, mean, square, n_updates } = memory;
        if [new, mean, square].iter().any(|network| network.size() != layout.size) {
            bail!("what is remembered is of another network than {:?}", layout.size)
        }
        *weights = layout.read(new)?;
        packed.fill(*level, layout, weights, n_cores());
        (self.mean, self.square) = (layout.read(mean)?, layout.read(square)?);
        self.n_updates = *n_updates;
        Ok(())
    }

    /// The gradient of the last window as tensors, for comparison.
    #[cfg(test)]
    pub(super) fn gradient(&self, network: &Network) -> Result<Vec<candle_core::Tensor>> {
        self.engine.layout.tensors(network, &self.gradients[0])
    }
}

/// Cores to use; always the same on a machine, as the number enters the last digits of gradients.
pub(super) fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The lanes divided among `n` threads, at least four a share.
fn shares(n_lanes: usize, n: usize) -> Vec<Range<usize>> {
    let n_shares = n.min(n_lanes / 4).max(1);
    (0..n_shares).map(|idx| n_lanes * idx / n_shares..n_lanes * (idx + 1) / n_shares).collect()
}

/// Does every job on a thread of its own, the first on this one. Starting a thread takes some 30 µs,
/// a step of training milliseconds.
pub(super) fn on_threads<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    let mut jobs = jobs.into_iter();
    let Some(first) = jobs.next() else { return Vec::new() };
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = jobs.map(|job| scope.spawn(move || work(job))).collect();
        let mut results = vec![work(first)];
        for thread in threads {
            results.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}

/// Whether every id of the window is one the network knows, and everything is there.
pub(super) fn check(window: &Window, state: &State, size: Size) -> Result<()> {
    let n = window.time * window.batch;
    let targets = &window.targets;
    let fits = n > 0
        && window.inputs.len() == n * size.inputs()
        && window.inputs.iter().all(|row| (*row as usize) < size.embedding_rows())
        && window.resets.len() == n
        && targets.tokens.len() == n
        && targets.tokens.iter().all(|token| (*token as usize) < size.vocabulary)
        && targets.weights.len() == n
        && targets.suggested.len() == n * size.lookbacks
        && targets.divisor > 0.0;
    let conditions_fit = size.conditions == 0
        || (window.conditions.len() == n
            && window.conditions.iter().all(|row| (*row as usize) < size.conditions));
    let numbers = window.batch * size.hidden;
    let state_fits = state.0.len() == size.layers
        && state.0.iter().all(|own| own.hidden.len() == numbers && own.cell.len() == numbers);
    if !(fits && conditions_fit && state_fits) {
        bail!(
            "a window of {} x {} steps does not fit the network {size:?}",
            window.time,
            window.batch
        )
    }
    Ok(())
}

#[cfg(test)]
mod reference;
#[cfg(test)]
pub(super) mod tests;
