//! What has to be kept of a run so that it goes on exactly where it was?

use std::fmt;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::EpochLoss;
use super::run::Run;
use crate::engine::OptimizerState;
use crate::{Network, State};

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The epoch that is being learned, counted from 1.
    pub(crate) epoch: usize,
    /// Windows of it that were learned from.
    pub(crate) window: usize,
    /// Steps made in all epochs.
    pub(crate) step: usize,
}

/// A run as it was between two steps.
pub struct Snapshot {
    pub(crate) place: Place,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) optimizer: OptimizerState,
    pub(crate) state: Option<State>,
    pub(crate) sums: (f64, f64),
    pub(crate) over: f64,
    pub(crate) start_nll: f64,
    pub(crate) curve: Vec<EpochLoss>,
    pub(crate) best: Option<(EpochLoss, Network)>,
}

impl Snapshot {
    /// The epoch that it was in, counted from 1.
    pub fn epoch(&self) -> usize {
        self.place.epoch
    }

    /// Steps made in all epochs.
    pub fn step(&self) -> usize {
        self.place.step
    }

    /// The same weights before the first window of the epoch, as which a run goes on whose lessons are
    /// others now.
    #[must_use]
    pub fn at_start_of_epoch(self) -> Self {
        let Place { epoch, window, step } = self.place;
        let place = Place { epoch, window: 0, step: step - window.min(step) };
        Self { place, state: None, sums: (0.0, 0.0), ..self }
    }
}

/// A run between two steps, of which a snapshot can be taken.
#[derive(Clone, Copy)]
pub struct Moment<'a>(pub(super) &'a Run<'a>);

impl Moment<'_> {
    /// Takes it. Needs three times the memory of the network, and as much time as copying that.
    ///
    /// # Errors
    /// When the tensor library cannot allocate.
    pub fn snapshot(&self) -> Result<Snapshot, candle_core::Error> {
        let run = self.0;
        // The run replaces its best network and never changes it.
        let best = run.best.as_ref().map(|(loss, network)| (*loss, network.shared()));
        Ok(Snapshot {
            place: run.place,
            rng: run.rng.clone(),
            optimizer: run.learner.optimizer_state(&run.network)?,
            state: run.state.clone(),
            sums: run.sums,
            over: run.over,
            start_nll: run.start_nll,
            curve: run.curve.clone(),
            best,
        })
    }
}

impl fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Moment").field(&self.0.place).finish()
    }
}
