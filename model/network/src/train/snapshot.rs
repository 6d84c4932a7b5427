//! What has to be kept of a run so that it resumes exactly where it was?

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::progress::EpochLoss;
use crate::engine::OptimizerState;
use crate::precision::Precision;
use crate::weights::{Network, State};

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

/// Everything besides the learner's numbers that decides how a run continues.
#[derive(Clone)]
pub(crate) struct Course {
    pub(crate) place: Place,
    /// Steps that the whole run is expected to take; `None` if they have to be counted anew.
    pub(crate) n_steps: Option<usize>,
    pub(crate) rng: ChaCha8Rng,
    /// What the lanes carry; `None` before the first window of an epoch.
    pub(crate) state: Option<State>,
    /// Weighted loss and weight of the epoch so far.
    pub(crate) sums: (f64, f64),
    /// Share of the run's time that is used up.
    pub(crate) time_share: f64,
    pub(crate) start_nll: f64,
    pub(crate) curve: Vec<EpochLoss>,
    /// The best epoch and its weights, which a copy shares: a run replaces and never changes them.
    pub(crate) best: Option<(EpochLoss, Arc<Network>)>,
}

impl Course {
    /// That of a run before its first step, whose weights have the loss `start_nll`.
    pub(super) fn new(rng: ChaCha8Rng, n_steps: usize, start_nll: f64) -> Self {
        Self {
            place: Place { epoch: 1, window: 0, step: 0 },
            n_steps: Some(n_steps),
            rng,
            state: None,
            sums: (0.0, 0.0),
            time_share: 0.0,
            start_nll,
            curve: Vec::new(),
            best: None,
        }
    }
}

/// A run as it was between two steps.
pub struct Snapshot {
    pub(crate) course: Course,
    pub(crate) learner: OptimizerState,
    /// What the run multiplies; [`Precision::Auto`] if it is not known.
    pub(crate) precision: Precision,
}

impl Snapshot {
    /// The epoch that it was in, counted from 1.
    pub fn epoch(&self) -> usize {
        self.course.place.epoch
    }

    /// Steps made in all epochs.
    pub fn step(&self) -> usize {
        self.course.place.step
    }

    /// The same weights before the first window of the epoch, from where a run resumes whose lessons
    /// have changed since: its steps are then counted, and its best weights measured, anew.
    #[must_use]
    pub fn for_other_lessons(self) -> Self {
        let Place { epoch, window, step } = self.course.place;
        let place = Place { epoch, window: 0, step: step - window.min(step) };
        let course = Course { place, n_steps: None, state: None, sums: (0.0, 0.0), ..self.course };
        Self { course, ..self }
    }
}
