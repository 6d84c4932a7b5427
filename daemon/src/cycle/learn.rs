//! How is a training watched, timed and saved while it runs?

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use composer::lessons::SongLessons;
use network::train::{End, Hyperparameters, Progress, Start, TrainError, Trained, train};
use serde::Serialize;

use super::pace::Pace;
use super::plan::Plan;
use super::resume::{Snapshots, Unfinished};
use super::training_request::TrainingRequest;
use crate::context::Context;
use crate::control::line::{Line, Out, Step, in_words};

/// What came of a training.
pub(super) struct Run {
    pub(super) trained: Trained,
    pub(super) tokens_per_second: f64,
}

/// Learns until its steps or its time are used up; stops within a step when `stop` is set, and can be
/// resumed then.
pub(super) fn learn(
    context: &Context,
    request: &TrainingRequest,
    plan: &Plan,
    unfinished: Option<Unfinished>,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> Result<Run, TrainError> {
    let settings = &plan.settings.hyperparameters;
    let mut run = Watch::new(settings, unfinished.as_ref());
    let start = match (unfinished, &plan.start) {
        (Some(unfinished), _) => Start::Snapshot(Box::new(unfinished.snapshot)),
        (None, Some(start)) => Start::Weights(&start.network),
        (None, None) => Start::Fresh,
    };
    let genre = &request.genre;
    let mut snapshots = Snapshots::new(context, request, &plan.identity, settings);
    let size = settings.size(composer::INTERFACE);
    let lessons = SongLessons { corpus: &plan.material.corpus, transpose: plan.settings.transpose };
    let trained = train(&lessons, settings, size, start, |progress, moment| {
        run.see(progress, out);
        let now = run.seconds();
        let is_told_to_stop = stop.load(Ordering::Relaxed);
        let is_kept = (is_told_to_stop || snapshots.is_due())
            && snapshots.take(moment, run.pace.used(now), run.n_tokens);
        if is_told_to_stop {
            if is_kept {
                let step = run.step.0;
                out(Line::Remark(format!(
                    "{genre} was stopped at step {step}, where it can be resumed"
                )));
            }
            return ControlFlow::Break(End::Abandon);
        }
        let share = run.pace.time_share(now);
        if share < 1.0 { ControlFlow::Continue(share) } else { ControlFlow::Break(End::Finish) }
    })?;
    let seconds = run.pace.used(run.seconds()).max(1e-9);
    Ok(Run { trained, tokens_per_second: run.n_tokens as f64 / seconds })
}

/// What is seen of a training.
struct Watch {
    began: Instant,
    n_epochs: usize,
    pace: Pace,
    n_tokens: u64,
    /// Seconds and tokens when the epoch began.
    epoch: (f64, u64),
    /// Steps made, and steps at most.
    step: (usize, usize),
}

impl Watch {
    /// Watches a training from its first step on, or from the one at which it resumes.
    fn new(settings: &Hyperparameters, unfinished: Option<&Unfinished>) -> Self {
        let (before, n_tokens, step) = unfinished.map_or((0.0, 0, 0), |unfinished| {
            let note = &unfinished.note;
            (note.seconds, note.n_tokens, unfinished.snapshot.step())
        });
        Self {
            began: Instant::now(),
            n_epochs: settings.epochs,
            pace: Pace::new(settings.max_minutes * 60.0, before, step),
            n_tokens,
            epoch: (0.0, n_tokens),
            step: (step, 0),
        }
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    fn see(&mut self, progress: Progress, out: &mut Out<'_>) {
        let now = self.seconds();
        match progress {
            Progress::Step { epoch, step, n_steps, n_tokens, nll } => {
                self.n_tokens += n_tokens as u64;
                self.step = (step, n_steps);
                out(Line::Step(Step {
                    epoch,
                    n_epochs: self.n_epochs,
                    step: step as u64,
                    n_steps: n_steps as u64,
                    nll,
                    share: self.pace.share(step, n_steps, now),
                    seconds_left: self.pace.left(step, n_steps, now),
                }));
            }
            Progress::Validating => {}
            Progress::Epoch(loss) => {
                let (since, n_tokens) = self.epoch;
                let speed = (self.n_tokens - n_tokens) as f64 / (now - since).max(1e-9);
                let left = self.pace.left(self.step.0, self.step.1, now);
                out(Line::row(&Row {
                    event: "epoch",
                    epoch: loss.epoch,
                    epochs: self.n_epochs,
                    train_nll: loss.train_nll,
                    valid_nll: loss.valid_nll,
                    tokens_per_second: speed.round(),
                    seconds_left: left.round(),
                }));
                self.epoch = (now, self.n_tokens);
                self.pace.begin_epoch(self.step.0, now);
            }
        }
    }
}

/// An epoch that is over.
#[derive(Debug, Serialize)]
struct Row {
    event: &'static str,
    epoch: usize,
    epochs: usize,
    /// Nats a token.
    train_nll: f64,
    valid_nll: f64,
    tokens_per_second: f64,
    /// At most.
    seconds_left: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, epochs, train_nll, valid_nll, tokens_per_second, .. } = self;
        write!(
            f,
            "epoch {epoch:>3}/{epochs}  train {train_nll:.3}  valid {valid_nll:.3} nats a token  \
             {tokens_per_second:.0} tokens/s  at most {} left",
            in_words(self.seconds_left)
        )
    }
}
