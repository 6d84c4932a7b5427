//! How does the network learn from a window?

use super::forward::{Engine, training_level};
use super::optimizer::{OptimizerOptions, OptimizerState};
use crate::batch::Window;
use crate::kernels::Level;
use crate::kernels::adamw::{AdamW, BETA, Factors};
use crate::kernels::aligned::Aligned;
use crate::kernels::elementwise::{Add, SquareSum};
use crate::precision::Precision;
use crate::threads::{n_cores, on_threads};
use crate::{Error, Network, State};

/// An engine that learns, with the moments of `AdamW` (Loshchilov and Hutter 2019).
pub struct Learner {
    engine: Engine,
    /// A vector a shard; the first also takes the sum.
    gradients: Vec<Aligned<f32>>,
    mean: Vec<f32>,
    square: Vec<f32>,
    n_updates: i32,
}

impl Learner {
    /// A learner that begins with the network's weights.
    ///
    /// # Errors
    /// For precisions that are only sampled with.
    pub fn new(network: &Network, precision: Precision) -> Result<Self, Error> {
        Ok(Self::with_level(network, training_level(precision)?))
    }

    pub(super) fn with_level(network: &Network, level: Level) -> Self {
        let engine = Engine::with_level(network, level, true);
        let len = engine.layout.len;
        let gradients = vec![Aligned::zeros(len); n_cores()];
        Self { engine, gradients, mean: vec![0.0; len], square: vec![0.0; len], n_updates: 0 }
    }

    /// Learns from a window: its loss with the masks of [`Dropout`](crate::Dropout) (or none), as
    /// [`Engine::loss`] says it. A gradient that is not finite moves nothing.
    ///
    /// # Errors
    /// When the window does not fit the network.
    pub fn learn(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        options: OptimizerOptions,
    ) -> Result<f64, Error> {
        let loss = self.differentiate(window, state, masks)?;
        self.update(options);
        Ok(loss)
    }

    /// The loss; leaves its gradient in the first of `gradients`, and the others in disorder.
    pub(super) fn differentiate(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
    ) -> Result<f64, Error> {
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

    fn update(&mut self, options: OptimizerOptions) {
        let level = self.engine.level;
        let gradient = &self.gradients[0];
        let part = gradient.len().div_ceil(n_cores()).max(1);
        let squares =
            on_threads(gradient.chunks(part).collect(), |part| level.run(SquareSum(part)));
        let norm = squares.into_iter().sum::<f64>().sqrt();
        if !norm.is_finite() {
            return;
        }
        self.n_updates += 1;
        let factors = factors(options, norm, self.n_updates);
        let biases = Factors { decay: 0.0, ..factors };
        let Engine { weights, layout, .. } = &mut self.engine;
        let n_decaying = layout.n_decaying;
        let jobs: Vec<_> = weights
            .chunks_mut(part)
            .zip(gradient.chunks(part))
            .zip(self.mean.chunks_mut(part).zip(self.square.chunks_mut(part)))
            .enumerate()
            .collect();
        on_threads(jobs, |(idx, ((weights, gradient), (mean, square)))| {
            let whole = AdamW { weights, gradient, mean, square, factors };
            let at = n_decaying.saturating_sub(idx * part);
            let (decaying, others) = whole.split_at(at);
            level.run(decaying);
            level.run(AdamW { factors: biases, ..others });
        });
        self.engine.pack();
    }

    /// The weights as they are now.
    pub fn network(&self) -> Network {
        self.engine.layout.network(&self.engine.weights)
    }

    /// What a learner of the same network needs to resume from here.
    pub fn optimizer_state(&self) -> OptimizerState {
        let layout = &self.engine.layout;
        OptimizerState {
            weights: self.network(),
            mean: layout.network(&self.mean),
            square: layout.network(&self.square),
            n_updates: self.n_updates,
        }
    }

    /// Resumes from there.
    ///
    /// # Errors
    /// When the state is of a network of another size.
    pub fn restore(&mut self, state: &OptimizerState) -> Result<(), Error> {
        let OptimizerState { weights, mean, square, n_updates } = state;
        let layout = &self.engine.layout;
        if [weights, mean, square].iter().any(|network| network.size() != layout.size) {
            return Err(Error::OtherNetwork(layout.size));
        }
        (self.mean, self.square) = (layout.read(mean), layout.read(square));
        self.engine.weights = layout.read(weights);
        self.engine.pack();
        self.n_updates = *n_updates;
        Ok(())
    }

    /// The gradient of the last window, in the network's own shapes.
    #[cfg(test)]
    pub(crate) fn gradient(&self) -> Network {
        self.engine.layout.network(&self.gradients[0])
    }
}

/// What is the same for all decaying weights in step `t` with a gradient of length `norm`.
fn factors(options: OptimizerOptions, norm: f64, t: i32) -> Factors {
    let OptimizerOptions { learning_rate, clip, weight_decay } = options;
    let correction = |beta: f32| (1.0 / (1.0 - f64::from(beta).powi(t))) as f32;
    Factors {
        learning_rate: learning_rate as f32,
        clipping: (clip / norm.max(clip)) as f32,
        decay: (learning_rate * weight_decay) as f32,
        corrections: (correction(BETA.0), correction(BETA.1)),
    }
}
