//! How does the network learn from a corpus?
//!
//! Sync and without a clock: the caller watches through one callback, which may end the run. Nothing
//! is written here; [`crate::checkpoint`] does that.

mod rate;
mod settings;

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::batch::windows;
use crate::corpus::{Corpus, Piece};
use crate::network::engine::{Engine, Learner, Pace};
use crate::network::{Dropout, Network, State};
use rate::rate_at;
pub use settings::{Hyperparameters, Precision};

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
    /// Time is up: what was best so far is taken.
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
    /// The callback said [`End::Abandon`], or [`End::Finish`] before the first epoch had ended.
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

/// Trains from `start`, or from fresh weights, and tells `on_progress` of every step and epoch.
///
/// # Errors
/// [`TrainError`]; nothing is left behind then.
pub fn train(
    corpus: &Corpus,
    settings: &Hyperparameters,
    start: Option<&Network>,
    mut on_progress: impl FnMut(Progress) -> ControlFlow<End>,
) -> Result<Trained, TrainError> {
    if corpus.train.is_empty() {
        return Err(TrainError::NothingToLearn);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let network = match start {
        Some(network) => network.duplicate()?,
        None => Network::new(settings.size(), &mut rng)?,
    };
    let held_out = if corpus.valid.is_empty() { &corpus.train } else { &corpus.valid };
    let mut run =
        Run { start_nll: evaluate(&network, held_out)?, network, curve: Vec::new(), best: None };
    let n_windows =
        windows(&corpus.train, settings.batch, settings.sequence_length, 0, None).count();
    let n_steps = n_windows * settings.epochs;
    let mut learner = Learner::new(&run.network, settings.precision)?;
    let mut step = 0;
    for epoch in 1..=settings.epochs {
        let mut sums = (0.0, 0.0);
        let mut state = State::zero(run.network.size(), settings.batch.min(corpus.train.len()));
        let mut order = ChaCha8Rng::seed_from_u64(settings.seed ^ (epoch as u64) << 32);
        let epoch_windows = windows(
            &corpus.train,
            settings.batch,
            settings.sequence_length,
            settings.transpose,
            Some(&mut order),
        );
        for window in epoch_windows {
            // The order of songs is drawn anew each epoch, so its length may differ by a window.
            step += 1;
            let rate = rate_at(step - 1, n_steps, settings);
            let mut dropout = Dropout { rate: settings.dropout, rng: &mut rng };
            let masks = dropout.masks(run.network.size(), window.batch);
            let Hyperparameters { clip, weight_decay, .. } = *settings;
            let pace = Pace { rate, clip, weight_decay };
            let nll = learner.learn(&window, &mut state, &masks, pace)?;
            if !nll.is_finite() {
                return Err(TrainError::Diverged { epoch });
            }
            let weight = f64::from(window.targets.weights.iter().sum::<f32>());
            sums = (sums.0 + nll * f64::from(window.targets.divisor), sums.1 + weight);
            let n_tokens = window.n_tokens();
            let said = on_progress(Progress::Step {
                epoch,
                step,
                n_steps: n_steps.max(step),
                n_tokens,
                nll,
            });
            if let ControlFlow::Break(end) = said {
                return run.end(end);
            }
        }
        learner.write_to(&run.network)?;
        let valid_nll = check(&run.network, held_out, &mut on_progress)?;
        let loss = EpochLoss { epoch, train_nll: sums.0 / f64::max(sums.1, 1e-9), valid_nll };
        run.note(loss)?;
        if let ControlFlow::Break(end) = on_progress(Progress::Epoch(loss)) {
            return run.end(end);
        }
        if run.epochs_since_best() >= settings.patience {
            break;
        }
    }
    run.end(End::Finish)
}

/// The loss on the held-out songs; [`End::Finish`] waits until it is known.
fn check(
    network: &Network,
    held_out: &[Piece],
    on_progress: &mut impl FnMut(Progress) -> ControlFlow<End>,
) -> Result<f64, TrainError> {
    let goes_on = || !matches!(on_progress(Progress::Checking), ControlFlow::Break(End::Abandon));
    evaluate_while(network, held_out, goes_on)?.ok_or(TrainError::Abandoned)
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
    mut goes_on: impl FnMut() -> bool,
) -> Result<Option<f64>, candle_core::Error> {
    const LANES: usize = 32;
    const STEPS: usize = 128;
    let mut engine = Engine::new(network, Precision::F32)?;
    let mut state = State::zero(network.size(), LANES.min(pieces.len()).max(1));
    let mut sums = (0.0, 0.0);
    for window in windows(pieces, LANES, STEPS, 0, None) {
        if !goes_on() {
            return Ok(None);
        }
        let weight = f64::from(window.targets.weights.iter().sum::<f32>());
        let divisor = f64::from(window.targets.divisor);
        let loss = engine.loss(&window, &mut state)?;
        sums = (sums.0 + loss * divisor, sums.1 + weight);
    }
    Ok(Some(sums.0 / f64::max(sums.1, 1e-9)))
}

#[cfg(test)]
mod tests;
