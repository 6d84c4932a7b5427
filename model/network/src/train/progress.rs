//! What does a run tell of itself, and what may it be told?

use serde::{Deserialize, Serialize};

/// Losses after an epoch, in nats a token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLoss {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean over the epoch's windows, with dropout, each token counted by its weight.
    pub train_nll: f64,
    /// Mean over what is held out, every token counted alike.
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
        /// Steps of the whole run, unless it ends early.
        n_steps: usize,
        /// Tokens learned from in this step.
        n_tokens: usize,
        /// Loss of this step, in nats a token, each token counted by its weight.
        nll: f64,
    },
    /// The next window of what is held out is about to be measured.
    Validating,
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
