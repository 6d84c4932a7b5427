//! How does a run go from window to window and from epoch to epoch?
//!
//! Everything that decides how it continues is in its [`Course`] and its learner, so that it can be left
//! at any step and resumed by another process.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::error::TrainError;
use super::evaluate::{evaluate, evaluate_while};
use super::hardware::{AnyLearner, Hardware};
use super::lessons::Lessons;
use super::progress::{End, EpochLoss, Progress};
use super::rate::rate_at;
use super::settings::Hyperparameters;
use super::snapshot::{Course, Place, Snapshot};
use crate::batch::{Sequence, Window, Windows};
use crate::engine::OptimizerOptions;
use crate::error::Error;
use crate::precision::Precision;
use crate::weights::{Dropout, Network, Size, State};

/// What a run begins with.
pub enum Start<'a> {
    /// Fresh weights.
    Fresh,
    /// The weights of a network of the same size.
    Weights(&'a Network),
    /// Where another run was. It continues step by step as that would have, if it is given the same
    /// lessons and settings on the same machine.
    Snapshot(Box<Snapshot>),
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

/// A run between two steps, of which a snapshot can be taken.
#[derive(Clone, Copy)]
pub struct Moment<'a>(&'a Run<'a>);

impl Moment<'_> {
    /// Takes it. Needs three times the memory of the network, and as much time as copying that.
    ///
    /// # Errors
    /// When a GPU that is learned on fails.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        let run = self.0;
        let course = Course { n_steps: Some(run.n_steps), ..run.course.clone() };
        Ok(Snapshot { course, learner: run.learner.optimizer_state()?, precision: run.precision })
    }
}

impl fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Moment").field(&self.0.course.place).finish()
    }
}

pub(super) struct Run<'a> {
    settings: &'a Hyperparameters,
    held_out: Vec<Sequence>,
    n_steps: usize,
    /// Those of the epoch that the run begins in, until it does.
    windows: Option<Windows>,
    size: Size,
    /// What the learner multiplies, never [`Precision::Auto`].
    precision: Precision,
    learner: AnyLearner,
    course: Course,
}

impl<'a> Run<'a> {
    pub(super) fn begin(
        hardware: &Hardware,
        lessons: &impl Lessons,
        settings: &'a Hyperparameters,
        size: Size,
        start: Start<'_>,
    ) -> Result<Self, TrainError> {
        let held_out = lessons.held_out();
        let epoch = if let Start::Snapshot(snapshot) = &start { snapshot.epoch() } else { 1 };
        let windows = windows(lessons, settings, size, epoch);
        let n_steps = windows.len() * settings.epochs;
        if n_steps == 0 || held_out.is_empty() {
            return Err(TrainError::NothingToLearn);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let network = match start {
            Start::Fresh => Network::new(size, &mut rng),
            Start::Weights(network) => network.clone(),
            Start::Snapshot(snapshot) => {
                let run = Self::resume(hardware, *snapshot, settings, held_out, n_steps)?;
                return Ok(Self { windows: Some(windows), ..run });
            }
        };
        let course = Course::new(rng, n_steps, evaluate(&network, &held_out)?);
        let precision = settings.precision.in_training();
        let learner = AnyLearner::new(hardware, &network, precision)?;
        let windows = Some(windows);
        Ok(Self { settings, held_out, n_steps, windows, size, precision, learner, course })
    }

    fn resume(
        hardware: &Hardware,
        snapshot: Snapshot,
        settings: &'a Hyperparameters,
        held_out: Vec<Sequence>,
        expected: usize,
    ) -> Result<Self, TrainError> {
        let Snapshot { mut course, learner: optimizer, precision } = snapshot;
        let precision = match settings.precision {
            Precision::Auto => precision.in_training(),
            set => set,
        };
        let mut learner = AnyLearner::new(hardware, &optimizer.weights, precision)?;
        learner.restore(&optimizer)?;
        if course.n_steps.is_none() {
            measure_best(&mut course, &held_out)?;
        }
        let n_steps = course.n_steps.unwrap_or(expected);
        let size = optimizer.weights.size();
        let windows = None;
        Ok(Self { settings, held_out, n_steps, windows, size, precision, learner, course })
    }

    /// Trains until the last epoch, or until nothing more is learned.
    pub(super) fn train_to_end(
        mut self,
        lessons: &impl Lessons,
        mut on_progress: impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<Trained, TrainError> {
        while self.course.place.epoch <= self.settings.epochs
            && self.epochs_since_best() < self.settings.patience
        {
            let mut end = self.learn_epoch(lessons, &mut on_progress)?;
            let (loss, network) = self.validate(&mut on_progress)?;
            if !loss.valid_nll.is_finite() {
                return Err(TrainError::Diverged { epoch: loss.epoch });
            }
            self.end_epoch(loss, network);
            match on_progress(Progress::Epoch(loss), Moment(&self)) {
                ControlFlow::Continue(share) => self.course.time_share = share,
                ControlFlow::Break(said) => end = Some(said),
            }
            match end {
                None => {}
                Some(End::Finish) => break,
                Some(End::Abandon) => return Err(TrainError::Abandoned),
            }
        }
        let Course { curve, best, start_nll, .. } = self.course;
        let (best, network) = best.ok_or(TrainError::Abandoned)?;
        Ok(Trained { network: Arc::unwrap_or_clone(network), curve, best, start_nll })
    }

    /// Learns from what is left of the epoch.
    fn learn_epoch(
        &mut self,
        lessons: &impl Lessons,
        on_progress: &mut impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<Option<End>, TrainError> {
        let Place { epoch, window: n_read, .. } = self.course.place;
        let made = self.windows.take();
        let of_epoch = || windows(lessons, self.settings, self.size, epoch);
        for window in made.unwrap_or_else(of_epoch).skip(n_read) {
            let nll = self.step(&window)?;
            if !nll.is_finite() {
                return Err(TrainError::Diverged { epoch });
            }
            // The order of sequences is drawn anew each epoch, so its length may differ by a window.
            let step = self.course.place.step;
            let n_steps = self.n_steps.max(step);
            let n_tokens = window.n_tokens();
            let progress = Progress::Step { epoch, step, n_steps, n_tokens, nll };
            match on_progress(progress, Moment(self)) {
                ControlFlow::Continue(share) => self.course.time_share = share,
                ControlFlow::Break(End::Abandon) => return Err(TrainError::Abandoned),
                ControlFlow::Break(End::Finish) => return Ok(Some(End::Finish)),
            }
        }
        Ok(None)
    }

    /// Learns from a window; the mean loss over it, each token counted by its weight.
    fn step(&mut self, window: &Window) -> Result<f64, TrainError> {
        let (settings, size, course) = (self.settings, self.size, &mut self.course);
        let state = course.state.get_or_insert_with(|| State::zero(size, window.batch));
        let share = course.place.step as f64 / self.n_steps as f64;
        let rate = rate_at(share, course.time_share, settings);
        let masks =
            Dropout { rate: settings.dropout, rng: &mut course.rng }.masks(size, window.batch);
        let Hyperparameters { clip, weight_decay, .. } = *settings;
        let options = OptimizerOptions { learning_rate: rate, clip, weight_decay };
        let loss = self.learner.learn(window, state, &masks, options)?;
        let (sum, weight) = (loss * f64::from(window.targets.divisor), window.weight());
        course.sums.0 += sum;
        course.sums.1 += weight;
        course.place.step += 1;
        course.place.window += 1;
        Ok(if weight > 0.0 { sum / weight } else { 0.0 })
    }

    /// The losses of the epoch and the weights after it; [`End::Finish`] waits until they are known.
    fn validate(
        &self,
        on_progress: &mut impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<(EpochLoss, Network), TrainError> {
        let network = self.learner.network()?;
        let should_continue = || {
            let said = on_progress(Progress::Validating, Moment(self));
            !matches!(said, ControlFlow::Break(End::Abandon))
        };
        let valid_nll = evaluate_while(&network, &self.held_out, should_continue)?;
        let valid_nll = valid_nll.ok_or(TrainError::Abandoned)?;
        let (sum, weight) = self.course.sums;
        let train_nll = sum / weight.max(f64::MIN_POSITIVE);
        Ok((EpochLoss { epoch: self.course.place.epoch, train_nll, valid_nll }, network))
    }

    /// Notes the losses of an epoch and moves on to the next.
    fn end_epoch(&mut self, loss: EpochLoss, network: Network) {
        let course = &mut self.course;
        course.curve.push(loss);
        if course.best.as_ref().is_none_or(|(best, _)| loss.valid_nll < best.valid_nll) {
            course.best = Some((loss, Arc::new(network)));
        }
        course.place = Place { epoch: loss.epoch + 1, window: 0, ..course.place };
        (course.state, course.sums) = (None, (0.0, 0.0));
    }

    fn epochs_since_best(&self) -> usize {
        let best = self.course.best.as_ref().map_or(0, |(best, _)| best.epoch);
        self.course.curve.last().map_or(0, |last| last.epoch - best)
    }
}

/// Measures the best weights so far on what is held out now.
fn measure_best(course: &mut Course, held_out: &[Sequence]) -> Result<(), TrainError> {
    let Some((loss, network)) = &mut course.best else { return Ok(()) };
    loss.valid_nll = evaluate(network, held_out)?;
    if let Some(noted) = course.curve.iter_mut().find(|noted| noted.epoch == loss.epoch) {
        *noted = *loss;
    }
    Ok(())
}

/// The windows of an epoch: always the same for the same lessons and settings.
fn windows(
    lessons: &impl Lessons,
    settings: &Hyperparameters,
    size: Size,
    epoch: usize,
) -> Windows {
    let mut order = ChaCha8Rng::seed_from_u64(settings.seed ^ (epoch as u64) << 32);
    let sequences = lessons.epoch(&mut order);
    Windows::new(size.interface(), sequences, settings.batch, settings.sequence_length)
}
