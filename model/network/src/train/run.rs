//! How does a run go from window to window and from epoch to epoch?
//!
//! Everything that decides how it goes on is in [`Run`], so that it can be left at any step and gone
//! on with in another process.

use std::ops::ControlFlow;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::hardware::{AnyLearner, Hardware};
use super::rate::rate_at;
use super::snapshot::{Moment, Place, Snapshot};
use super::{
    End, EpochLoss, Hyperparameters, Lessons, Progress, Start, TrainError, Trained, loss_on,
};
use crate::batch::{Sequence, Window, windows_of};
use crate::engine::OptimizerOptions;
use crate::{Dropout, Network, Size, State};

pub(super) struct Run<'a> {
    settings: &'a Hyperparameters,
    held_out: Vec<Sequence>,
    n_steps: usize,
    /// Its weights are those of the last look at the held-out songs.
    pub(super) network: Network,
    pub(super) learner: AnyLearner,
    pub(super) rng: ChaCha8Rng,
    pub(super) place: Place,
    /// What the lanes carry; `None` before the first window of an epoch.
    pub(super) state: Option<State>,
    /// Weighted loss and weight of the epoch so far.
    pub(super) sums: (f64, f64),
    /// Share of the time that is over.
    pub(super) over: f64,
    pub(super) start_nll: f64,
    pub(super) curve: Vec<EpochLoss>,
    pub(super) best: Option<(EpochLoss, Network)>,
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
        let n_windows = windows(lessons, settings, size, 1).count();
        if n_windows == 0 || held_out.is_empty() {
            return Err(TrainError::NothingToLearn);
        }
        let n_steps = n_windows * settings.epochs;
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let network = match start {
            Start::Fresh => Network::new(size, &mut rng)?,
            Start::Weights(network) => network.duplicate()?,
            Start::Snapshot(snapshot) => {
                return Self::resume(hardware, *snapshot, settings, held_out, n_steps);
            }
        };
        let start_nll = loss_on(&network, held_out.clone(), || true)?.unwrap_or(0.0);
        let learner = AnyLearner::new(hardware, &network, settings.precision)?;
        Ok(Self {
            settings,
            held_out,
            n_steps,
            network,
            learner,
            rng,
            place: Place { epoch: 1, window: 0, step: 0 },
            state: None,
            sums: (0.0, 0.0),
            over: 0.0,
            start_nll,
            curve: Vec::new(),
            best: None,
        })
    }

    fn resume(
        hardware: &Hardware,
        snapshot: Snapshot,
        settings: &'a Hyperparameters,
        held_out: Vec<Sequence>,
        n_steps: usize,
    ) -> Result<Self, TrainError> {
        let Snapshot { place, rng, optimizer, state, sums, over, start_nll, curve, best } =
            snapshot;
        let mut learner = AnyLearner::new(hardware, &optimizer.weights, settings.precision)?;
        learner.restore(&optimizer)?;
        let network = optimizer.weights;
        Ok(Self {
            settings,
            held_out,
            n_steps,
            network,
            learner,
            rng,
            place,
            state,
            sums,
            over,
            start_nll,
            curve,
            best,
        })
    }

    /// Goes on to the end.
    pub(super) fn through(
        mut self,
        lessons: &impl Lessons,
        mut on_progress: impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<Trained, TrainError> {
        while self.place.epoch <= self.settings.epochs
            && self.epochs_since_best() < self.settings.patience
        {
            let mut end = self.learn(lessons, &mut on_progress)?;
            let loss = self.check(&mut on_progress)?;
            self.note(loss)?;
            match on_progress(Progress::Epoch(loss), Moment(&self)) {
                ControlFlow::Continue(share) => self.over = share,
                ControlFlow::Break(said) => end = Some(said),
            }
            match end {
                None => {}
                Some(End::Finish) => break,
                Some(End::Abandon) => return Err(TrainError::Abandoned),
            }
        }
        let Self { curve, best, start_nll, .. } = self;
        let (best, network) = best.ok_or(TrainError::Abandoned)?;
        Ok(Trained { network, curve, best, start_nll })
    }

    /// Learns from what is left of the epoch.
    fn learn(
        &mut self,
        lessons: &impl Lessons,
        on_progress: &mut impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<Option<End>, TrainError> {
        let Place { epoch, window: n_read, .. } = self.place;
        for window in windows(lessons, self.settings, self.network.size(), epoch).skip(n_read) {
            let nll = self.step(&window)?;
            if !nll.is_finite() {
                return Err(TrainError::Diverged { epoch });
            }
            // The order of songs is drawn anew each epoch, so its length may differ by a window.
            let (step, n_steps) = (self.place.step, self.n_steps.max(self.place.step));
            let progress =
                Progress::Step { epoch, step, n_steps, n_tokens: window.n_tokens(), nll };
            match on_progress(progress, Moment(self)) {
                ControlFlow::Continue(share) => self.over = share,
                ControlFlow::Break(End::Abandon) => return Err(TrainError::Abandoned),
                ControlFlow::Break(End::Finish) => return Ok(Some(End::Finish)),
            }
        }
        Ok(None)
    }

    fn step(&mut self, window: &Window) -> Result<f64, TrainError> {
        let (settings, size) = (self.settings, self.network.size());
        let state = self.state.get_or_insert_with(|| State::zero(size, window.batch));
        let rate = rate_at(self.place.step as f64 / self.n_steps as f64, self.over, settings);
        let masks =
            Dropout { rate: settings.dropout, rng: &mut self.rng }.masks(size, window.batch);
        let Hyperparameters { clip, weight_decay, .. } = *settings;
        let nll = self.learner.learn(
            window,
            state,
            &masks,
            OptimizerOptions { learning_rate: rate, clip, weight_decay },
        )?;
        let weight = f64::from(window.targets.weights.iter().sum::<f32>());
        self.sums.0 += nll * f64::from(window.targets.divisor);
        self.sums.1 += weight;
        self.place.step += 1;
        self.place.window += 1;
        Ok(nll)
    }

    /// The losses of the epoch; [`End::Finish`] waits until they are known.
    fn check(
        &self,
        on_progress: &mut impl FnMut(Progress, Moment<'_>) -> ControlFlow<End, f64>,
    ) -> Result<EpochLoss, TrainError> {
        self.learner.write_to(&self.network)?;
        let goes_on = || {
            let said = on_progress(Progress::Checking, Moment(self));
            !matches!(said, ControlFlow::Break(End::Abandon))
        };
        let valid_nll = loss_on(&self.network, self.held_out.clone(), goes_on)?;
        let valid_nll = valid_nll.ok_or(TrainError::Abandoned)?;
        let train_nll = self.sums.0 / f64::max(self.sums.1, 1e-9);
        Ok(EpochLoss { epoch: self.place.epoch, train_nll, valid_nll })
    }

    /// Notes the losses of an epoch, and goes to the start of the next.
    fn note(&mut self, loss: EpochLoss) -> Result<(), TrainError> {
        self.curve.push(loss);
        if self.best.as_ref().is_none_or(|(best, _)| loss.valid_nll < best.valid_nll) {
            self.best = Some((loss, self.network.duplicate()?));
        }
        self.place = Place { epoch: loss.epoch + 1, window: 0, ..self.place };
        (self.state, self.sums) = (None, (0.0, 0.0));
        Ok(())
    }

    fn epochs_since_best(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |(best, _)| best.epoch);
        self.curve.last().map_or(0, |last| last.epoch - best)
    }
}

/// The windows of an epoch: always the same for the same lessons and settings.
fn windows(
    lessons: &impl Lessons,
    settings: &Hyperparameters,
    size: Size,
    epoch: usize,
) -> impl Iterator<Item = Window> {
    let mut order = ChaCha8Rng::seed_from_u64(settings.seed ^ (epoch as u64) << 32);
    let sequences = lessons.epoch(settings, &mut order);
    windows_of(
        (size.vocabulary, size.lookbacks),
        sequences,
        settings.batch,
        settings.sequence_length,
    )
}
