//! How does the network learn from a corpus?
//!
//! Sync and without a clock: the caller watches through one callback, which may end the run, and may
//! take a snapshot from which it can be gone on with later. Nothing is written here;
//! [`crate::unfinished`] does that.

mod auto;
mod hardware;
mod lessons;
mod rate;
mod run;
mod settings;
mod snapshot;

use std::ops::ControlFlow;

use crate::batch::{Sequence, windows_of};
use crate::engine::Engine;
use crate::precision::Precision;
use crate::{Network, Size, State};
pub use auto::{AUTO, Scope};
pub use hardware::{Hardware, NoGpu};
pub use lessons::Lessons;
use run::Run;
pub use settings::{Device, Hyperparameters};
pub(crate) use snapshot::Place;
pub use snapshot::{Moment, Snapshot};

/// Raised whenever the same lessons and settings are learned in another way: a run that an earlier
/// revision left unfinished is not gone on with.
pub const REVISION: u32 = 2;

/// Losses after an epoch, in nats a token.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EpochLoss {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean over the epoch's windows, with dropout, weighted.
    pub train_nll: f64,
    /// On the held-out songs; on the training songs if none is held out.
    pub valid_nll: f64,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// A step was made.
    Step {
        /// Counted from 1.
        epoch: usize,
        /// Steps made, in the whole run.
        step: usize,
        /// Steps of the whole run, if it is not ended early.
        n_steps: usize,
        /// Tokens learned from in this step.
        n_tokens: usize,
        /// Loss of this step, in nats a token.
        nll: f64,
    },
    /// A window of the held-out songs is about to be looked at.
    Checking,
    /// An epoch has ended.
    Epoch(EpochLoss),
}

/// What a run begins with.
pub enum Start<'a> {
    /// Fresh weights.
    Fresh,
    /// The weights of a network of the same size.
    Weights(&'a Network),
    /// Where another run was. It goes on step by step as that would have, if it is given the same
    /// lessons and settings on the same machine.
    Snapshot(Box<Snapshot>),
}

/// Why the callback ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Time is up: what was learned so far is measured, and the best taken.
    Finish,
    /// Nothing is wanted any more.
    Abandon,
}

/// What came of a run.
pub struct Trained {
    /// The weights after the epoch with the lowest validation loss.
    pub network: Network,
    /// Losses by epoch.
    pub curve: Vec<EpochLoss>,
    /// The losses of the epoch that was taken.
    pub best: EpochLoss,
    /// Validation loss of the weights that the run began with, in nats a token.
    pub start_nll: f64,
}

/// Why there is no trained network.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// No piece has any weight.
    #[error("there is no song to learn from")]
    NothingToLearn,
    /// The callback said [`End::Abandon`].
    #[error("training was stopped before it had a result")]
    Abandoned,
    /// The loss is not a number any more.
    #[error("training diverged in epoch {epoch}: lower learning_rate")]
    Diverged {
        /// Counted from 1.
        epoch: usize,
    },
    /// A GPU is set, and there is none.
    #[error("{0}; see to it, or set device = \"auto\" in [training]")]
    NoGpu(#[from] NoGpu),
    /// The tensor library failed.
    #[error("the tensor library failed: {0}")]
    Candle(#[from] candle_core::Error),
}

/// Trains a network of `size` and tells `on_progress` of every step and epoch. Its answer is the share
/// of the run's time that is over, 0 to 1 (0 if there is no hurry): the learning rate then falls with
/// the time where that runs out before the epochs do.
///
/// # Errors
/// [`TrainError`]; nothing is left behind then.
pub fn train(
    lessons: &impl Lessons,
    settings: &Hyperparameters,
    size: Size,
    start: Start<'_>,
    on_progress: impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
) -> Result<Trained, TrainError> {
    let hardware = Hardware::find(settings.device)?;
    Run::begin(&hardware, lessons, settings, size, start)?.through(lessons, on_progress)
}

/// Mean loss of any sequences in nats a token, each counted by its weight; 0 without any. Gives up
/// with `None` as soon as `goes_on`, asked before each window, says so.
///
/// # Errors
/// When the tensor library fails.
pub fn loss_on(
    network: &Network,
    sequences: Vec<Sequence>,
    mut goes_on: impl FnMut() -> bool,
) -> Result<Option<f64>, candle_core::Error> {
    const LANES: usize = 32;
    const STEPS: usize = 128;
    let size = network.size();
    let mut engine = Engine::new(network, Precision::F32)?;
    let mut state: Option<State> = None;
    let mut sums = (0.0, 0.0);
    for window in windows_of((size.vocabulary, size.lookbacks), sequences, LANES, STEPS) {
        if !goes_on() {
            return Ok(None);
        }
        let state = state.get_or_insert_with(|| State::zero(size, window.batch));
        let weight = f64::from(window.targets.weights.iter().sum::<f32>());
        let divisor = f64::from(window.targets.divisor);
        let loss = engine.loss(&window, state)?;
        sums = (sums.0 + loss * divisor, sums.1 + weight);
    }
    Ok(Some(sums.0 / f64::max(sums.1, 1e-9)))
}

#[cfg(test)]
mod resuming;
#[cfg(test)]
mod tests;
