//! How is the network run over windows?

use super::check::check;
use super::shard::Shard;
use crate::batch::Window;
use crate::kernels::Level;
use crate::kernels::aligned::Aligned;
use crate::layout::Layout;
use crate::packed::{Packed, View};
use crate::precision::Precision;
use crate::threads::{n_cores, on_threads, shares};
use crate::{Error, Network, State};

/// A network's weights in the form in which windows are run over.
pub struct Engine {
    pub(super) level: Level,
    pub(super) layout: Layout,
    pub(super) weights: Vec<f32>,
    pub(super) packed: Packed,
    pub(super) shards: Vec<Shard>,
    with_gradient: bool,
}

impl Engine {
    /// An engine for losses only.
    ///
    /// # Errors
    /// For precisions that are only sampled with.
    pub fn new(network: &Network, precision: Precision) -> Result<Self, Error> {
        Ok(Self::with_level(network, training_level(precision)?, false))
    }

    pub(super) fn with_level(network: &Network, level: Level, with_gradient: bool) -> Self {
        let layout = Layout::new(network.size(), level.lanes());
        let weights = layout.read(network);
        let packed = Packed::new(level, &layout, with_gradient);
        let mut own = Self { level, layout, weights, packed, shards: Vec::new(), with_gradient };
        own.pack();
        own
    }

    /// Makes products see the weights as they are now.
    pub(super) fn pack(&mut self) {
        self.packed.fill(self.level, &self.layout, &self.weights, n_cores());
    }

    /// Runs over a window and leaves the state after it in `state`; returns the loss, in nats a token
    /// by the window's divisor.
    ///
    /// # Errors
    /// When the window does not fit the network.
    pub fn loss(&mut self, window: &Window, state: &mut State) -> Result<f64, Error> {
        let mut none = vec![Aligned::zeros(0); n_cores()];
        self.run(window, state, &[], &mut none)
    }

    /// The loss; each shard leaves its part of the gradient in one of `gradients`, unless those are
    /// empty.
    pub(super) fn run(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        gradients: &mut [Aligned<f32>],
    ) -> Result<f64, Error> {
        check(window, state, self.layout.size)?;
        self.divide(window, gradients.len());
        let Self { level, layout, weights, packed, shards, .. } = self;
        let view = View { level: *level, layout, weights, packed };
        let before = &*state;
        let jobs: Vec<_> = shards.iter_mut().zip(gradients.iter_mut()).collect();
        let losses = on_threads(jobs, |(shard, gradient)| {
            gradient.fill(0.0);
            shard.run(&view, window, masks, before, gradient)
        });
        for shard in &*shards {
            shard.end(&view, state);
        }
        Ok(losses.into_iter().sum::<f64>() / f64::from(window.targets.divisor))
    }

    /// Gives each of at most `n` shards its lanes, unless they have them.
    fn divide(&mut self, window: &Window, n: usize) {
        let Self { level, layout, weights, packed, shards, with_gradient } = self;
        let lanes = shares(window.batch, n);
        let fit = shards.len() == lanes.len()
            && shards
                .iter()
                .zip(&lanes)
                .all(|(shard, lanes)| shard.fits(lanes, window.time, *with_gradient));
        if !fit {
            let view = View { level: *level, layout, weights, packed };
            let new = |lanes| Shard::new(&view, lanes, window.time, *with_gradient);
            *shards = lanes.into_iter().map(new).collect();
        }
    }
}

/// The instructions for a precision in which networks learn.
pub(super) fn training_level(precision: Precision) -> Result<Level, Error> {
    precision.for_training().ok_or(Error::NotForTraining(precision))
}
