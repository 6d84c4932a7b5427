//! When does the loop start a training, and who hears of it?
//!
//! One at a time, on a thread of its own that is nice to the rest; those asked for come before those
//! due. A panic there comes back as a failed training.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use network::train::TrainError;
use tokio::sync::mpsc::UnboundedSender;

use super::{Daemon, look_elsewhere};
use crate::context::{Context, now_ms};
use crate::control::Reply;
use crate::control::answer::{Line, Step};
use crate::cycle::request::{TrainingRequest, require_songs};
use crate::cycle::resume;
use crate::cycle::schedule::{self, Due, News};
use crate::cycle::training::{NewVersion, cycle};
use crate::run::event::Event;

/// Milliseconds for which a genre is left alone whose training failed.
const AILING_MS: u64 = 10 * 60 * 1000;

/// The training under way.
pub(super) struct Training {
    pub(super) genre: String,
    /// How far it is; nothing until it has made a step.
    pub(super) step: Option<Step>,
    stop: Arc<AtomicBool>,
    watchers: Vec<UnboundedSender<Reply>>,
}

/// A training that waits for its turn.
pub(super) struct Queued {
    pub(super) wanted: TrainingRequest,
    pub(super) watchers: Vec<UnboundedSender<Reply>>,
}

impl Daemon {
    /// Refuses a training that cannot begin, and says why.
    pub(super) fn may_train(
        &self,
        genre: &str,
        replies: &UnboundedSender<Reply>,
    ) -> Result<(), ()> {
        let known = self.context.known_genre(genre);
        match known.and_then(|genre| require_songs(&self.context, genre)) {
            Ok(()) => Ok(()),
            Err(error) => {
                let _ = replies.send(Reply::end(&Err(error)));
                Err(())
            }
        }
    }

    /// Looks, elsewhere, whether a genre is due.
    pub(super) fn check_due(&mut self) {
        if self.is_checking || self.training.is_some() || !self.queue.is_empty() {
            return;
        }
        self.is_checking = true;
        let now = now_ms();
        self.ailing.retain(|_, until| *until > now);
        let context = self.context.clone();
        let (last_song_ms, ailing) = (self.last_song_ms.clone(), self.ailing.clone());
        let started_ms = self.started_ms;
        let look = move || {
            let last_song = |genre: &str| last_song_ms.get(genre).copied().unwrap_or(started_ms);
            let due = due(&context, now, last_song).unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "the schedule cannot be read");
                Vec::new()
            });
            let due = due.into_iter().filter(|(genre, _)| !ailing.contains_key(genre)).collect();
            Event::Due(due)
        };
        look_elsewhere(self.events.clone(), "what is due", look, Event::Due(Vec::new()));
    }

    pub(super) fn due(&mut self, due: Vec<(String, Due)>) {
        self.is_checking = false;
        if self.training.is_some() || !self.queue.is_empty() {
            return;
        }
        // Only the first: until its end, a person may ask for another.
        if let Some((genre, why)) = due.into_iter().next() {
            let why = why.to_string();
            let wanted = TrainingRequest { genre, fresh: false, epochs: None, why, resumes: false };
            self.queue.push_back(Queued { wanted, watchers: Vec::new() });
        }
        self.train_next();
    }

    /// Takes up the trainings that an earlier process left unfinished.
    pub(super) fn resume_trainings(&mut self) {
        match resume::interrupted(&self.context) {
            Ok(interrupted) => self.queue.extend(
                interrupted.into_iter().map(|wanted| Queued { wanted, watchers: Vec::new() }),
            ),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "unfinished trainings cannot be looked for");
            }
        }
        self.train_next();
    }

    /// Starts the next training if none is under way.
    pub(super) fn train_next(&mut self) {
        if self.training.is_some() {
            return;
        }
        let Some(Queued { wanted, watchers }) = self.queue.pop_front() else { return };
        let stop = Arc::new(AtomicBool::new(false));
        self.training = Some(Training {
            genre: wanted.genre.clone(),
            step: None,
            stop: stop.clone(),
            watchers,
        });
        let (context, events) = (self.context.clone(), self.events.clone());
        let train = move || {
            let said = events.clone();
            // Whatever else runs here goes first; the threads that it starts inherit it.
            if let Err(error) = rustix::process::nice(10) {
                tracing::debug!(%error, "the training is not nice");
            }
            let span = tracing::info_span!("training", genre = wanted.genre);
            let _entered = span.enter();
            let mut out = |line| drop(said.send(Event::Training(line)));
            let result =
                catch_unwind(AssertUnwindSafe(|| cycle(&context, &wanted, &stop, &mut out)));
            let result = result.unwrap_or_else(|_| {
                Err(anyhow::anyhow!("the training panicked; please report this"))
            });
            let _ = events.send(Event::Trained(result));
        };
        if let Err(error) = std::thread::Builder::new().name("train".to_owned()).spawn(train) {
            let failed = Err(anyhow::Error::from(error).context("starting the training's thread"));
            let _ = self.events.send(Event::Trained(failed));
        }
    }

    pub(super) fn tell_watchers(&mut self, line: &Line) {
        if let Line::Remark(text) | Line::Row { text, .. } = line {
            tracing::info!("{text}");
        }
        if let Some(training) = &mut self.training {
            if let Line::Step(step) = line {
                training.step = Some(step.clone());
            }
            training.watchers.retain(|watcher| watcher.send(Reply::Line(line.clone())).is_ok());
        }
    }

    pub(super) fn trained(&mut self, result: anyhow::Result<NewVersion>) {
        let Some(training) = self.training.take() else { return };
        match &result {
            Ok(_) => {}
            Err(error) if matches!(error.downcast_ref(), Some(TrainError::Abandoned)) => {
                tracing::info!(
                    genre = training.genre,
                    "the training was stopped before it had a result"
                );
            }
            Err(error) => {
                let (genre, error) = (&training.genre, format!("{error:#}"));
                tracing::error!(genre, error, "no new version");
                self.ailing.insert(training.genre, now_ms() + AILING_MS);
            }
        }
        let end = Reply::end(&result.map(|_| ()));
        for watcher in training.watchers {
            let _ = watcher.send(end.clone());
        }
        self.renew_offer();
        self.train_next();
    }

    pub(super) fn stop_training(&self) {
        if let Some(training) = &self.training {
            training.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn due(
    context: &Context,
    now: u64,
    last_song_ms: impl Fn(&str) -> u64,
) -> anyhow::Result<Vec<(String, Due)>> {
    let mut due = Vec::new();
    for genre in context.store.genres()? {
        let last = context.store.last_cycle(&genre)?.map(|(_, cycle)| cycle);
        let since = last.as_ref().map_or(0, |cycle| cycle.vote_change);
        let has_version = context.store.current_version(&genre)?.is_some();
        let news = News {
            n_songs: context.store.song_counts(&genre)?.accepted,
            // A first training that failed is still a first one.
            learned: last.as_ref().filter(|_| has_version).map(|cycle| cycle.n_songs),
            ratings: context.store.votes_changed_since(&genre, since)?,
            last_ms: last.as_ref().map_or(0, |cycle| cycle.at_ms),
            last_song_ms: last_song_ms(&genre),
        };
        if let Some(why) = schedule::due(&news, &context.config.schedule, now) {
            due.push((news.last_ms, genre, why));
        }
    }
    due.sort_by_key(|(last_ms, ..)| *last_ms);
    Ok(due.into_iter().map(|(_, genre, why)| (genre, why)).collect())
}
