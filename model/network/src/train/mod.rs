//! How does a network learn?
//!
//! [`train`] takes [`Lessons`], [`Hyperparameters`] and a size. Sync and without a clock: the caller
//! watches through one callback, which may end the run, and may take a [`Snapshot`] from which it can
//! be resumed later. Nothing is written here; [`crate::unfinished`] does that.

mod auto;
mod choose;
mod error;
mod evaluate;
mod hardware;
mod lessons;
mod progress;
mod rate;
mod run;
mod settings;
mod snapshot;

use std::ops::ControlFlow;

pub use crate::plain::NoGpu;
use crate::weights::Size;
pub use auto::AUTO;
pub use choose::Scope;
pub use error::TrainError;
pub use evaluate::{evaluate, evaluate_while};
pub use hardware::Hardware;
pub use lessons::Lessons;
pub use progress::{End, EpochLoss, Progress};
use run::Run;
pub use run::{Moment, Start, Trained};
pub use settings::{Device, Hyperparameters};
pub use snapshot::Snapshot;
pub(crate) use snapshot::{Course, Place};

/// Raised whenever the same lessons and settings are learned in another way: a run that an earlier
/// revision left unfinished is not resumed.
pub const REVISION: u32 = 4;

/// Trains a network of `size` and tells `on_progress` of every step and epoch. Its answer is the share
/// of the run's time that is used up, 0 to 1 (0 if there is no hurry): the learning rate then falls with
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
    Run::begin(&hardware, lessons, settings, size, start)?.train_to_end(lessons, on_progress)
}

#[cfg(test)]
mod resuming;
#[cfg(test)]
mod tests;
