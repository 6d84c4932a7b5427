//! How does the network learn from a corpus?
//!
//! Sync and without a clock: the caller watches through one callback, which may end the run. Nothing
//! is written here; [`crate::checkpoint`] does that.

mod rate;
mod settings;

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::batch::{Sequence, Window, windows_of};
use crate::corpus::Piece;
use crate::lessons::{Lessons, as_written};
use crate::network::engine::{Engine, Learner, Pace};
use crate::network::{Dropout, Network, Size, State};
use rate::rate_at;
pub use settings::{CONDITIONS, Hyperparameters, Precision};

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
    /// The tensor library failed.
    #[error("the tensor library failed: {0}")]
    Candle(#[from] candle_core::Error),
}

/// Trains a network of `size` from `start`, which must be of that size too, or from fresh weights,
/// and tells `on_progress` of every step and epoch. Its answer is the share of the run's time that is
/// over, 0 to 1 (0 if there is no hurry): the learning rate then falls with the time where that runs
/// out before the epochs do.
///
/// # Errors
/// [`TrainError`]; nothing is left behind then.
pub fn train(
    lessons: &impl Lessons,
    settings: &Hyperparameters,
    size: Size,
    start: Option<&Network>,
    mut on_progress: impl FnMut(Progress) -> ControlFlow<End, f64>,
) -> Result<Trained, TrainError> {
    let held_out = lessons.held_out();
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let network = match start {
        Some(network) => network.duplicate()?,
        None => Network::new(size, &mut rng)?,
    };
    let order = |epoch: usize| ChaCha8Rng::seed_from_u64(settings.seed ^ (epoch as u64) << 32);
    let n_windows = epoch_windows(size, lessons.epoch(settings, &mut order(1)), settings).count();
    if n_windows == 0 || held_out.is_empty() {
        return Err(TrainError::NothingToLearn);
    }
    let start_nll = loss_on(&network, held_out.clone(), || true)?.unwrap_or(0.0);
    let mut run = Run { start_nll, network, curve: Vec::new(), best: None };
    let n_steps = n_windows * settings.epochs;
    let mut learner = Learner::new(&run.network, settings.precision)?;
    let (mut step, mut over) = (0, 0.0f64);
    for epoch in 1..=settings.epochs {
        let mut sums = (0.0, 0.0);
        let mut state: Option<State> = None;
        let mut end = None;
        for window in epoch_windows(size, lessons.epoch(settings, &mut order(epoch)), settings) {
            let state = state.get_or_insert_with(|| State::zero(size, window.batch));
            // The order of songs is drawn anew each epoch, so its length may differ by a window.
            step += 1;
            let rate = rate_at((step - 1) as f64 / n_steps as f64, over, settings);
            let masks = Dropout { rate: settings.dropout, rng: &mut rng }.masks(size, window.batch);
            let Hyperparameters { clip, weight_decay, .. } = *settings;
            let nll = learner.learn(&window, state, &masks, Pace { rate, clip, weight_decay })?;
            if !nll.is_finite() {
                return Err(TrainError::Diverged { epoch });
            }
            let weight = f64::from(window.targets.weights.iter().sum::<f32>());
            sums = (sums.0 + nll * f64::from(window.targets.divisor), sums.1 + weight);
            let n_tokens = window.n_tokens();
            let n_steps = n_steps.max(step);
            match on_progress(Progress::Step { epoch, step, n_steps, n_tokens, nll }) {
                ControlFlow::Continue(share) => over = share,
                ControlFlow::Break(End::Abandon) => return Err(TrainError::Abandoned),
                ControlFlow::Break(End::Finish) => {
                    end = Some(End::Finish);
                    break;
                }
            }
        }
        learner.write_to(&run.network)?;
        let valid_nll = check(&run.network, &held_out, &mut on_progress)?;
        let loss = EpochLoss { epoch, train_nll: sums.0 / f64::max(sums.1, 1e-9), valid_nll };
        run.note(loss)?;
        match on_progress(Progress::Epoch(loss)) {
            ControlFlow::Continue(share) => over = share,
            ControlFlow::Break(said) => end = Some(said),
        }
        if let Some(end) = end {
            return run.end(end);
        }
        if run.epochs_since_best() >= settings.patience {
            break;
        }
    }
    run.end(End::Finish)
}

fn epoch_windows(
    size: Size,
    sequences: Vec<Sequence>,
    settings: &Hyperparameters,
) -> impl Iterator<Item = Window> {
    let known = (size.vocabulary, size.lookbacks);
    windows_of(known, sequences, settings.batch, settings.sequence_length)
}

/// The loss on the held-out songs; [`End::Finish`] waits until it is known.
fn check(
    network: &Network,
    held_out: &[Sequence],
    on_progress: &mut impl FnMut(Progress) -> ControlFlow<End, f64>,
) -> Result<f64, TrainError> {
    let goes_on = || !matches!(on_progress(Progress::Checking), ControlFlow::Break(End::Abandon));
    loss_on(network, held_out.to_vec(), goes_on)?.ok_or(TrainError::Abandoned)
}

struct Run {
    network: Network,
    start_nll: f64,
    curve: Vec<EpochLoss>,
    best: Option<(EpochLoss, Network)>,
}

impl Run {
    fn note(&mut self, loss: EpochLoss) -> Result<(), TrainError> {
        self.curve.push(loss);
        if self.best.as_ref().is_none_or(|(best, _)| loss.valid_nll < best.valid_nll) {
            self.best = Some((loss, self.network.duplicate()?));
        }
        Ok(())
    }

    fn epochs_since_best(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |(best, _)| best.epoch);
        self.curve.last().map_or(0, |last| last.epoch - best)
    }

    fn end(self, end: End) -> Result<Trained, TrainError> {
        match (end, self.best) {
            (End::Finish, Some((best, network))) => {
                Ok(Trained { network, curve: self.curve, best, start_nll: self.start_nll })
            }
            _ => Err(TrainError::Abandoned),
        }
    }
}

/// Mean loss of `pieces` in nats a token, each piece counted by its weight; 0 without pieces.
///
/// # Errors
/// When the tensor library fails.
pub fn evaluate(network: &Network, pieces: &[Piece]) -> Result<f64, candle_core::Error> {
    Ok(evaluate_while(network, pieces, || true)?.unwrap_or(0.0))
}

/// As [`evaluate`], but gives up with `None` as soon as `goes_on`, asked before each window, says so.
///
/// # Errors
/// When the tensor library fails.
pub fn evaluate_while(
    network: &Network,
    pieces: &[Piece],
    goes_on: impl FnMut() -> bool,
) -> Result<Option<f64>, candle_core::Error> {
    loss_on(network, as_written(pieces), goes_on)
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
mod tests;
