//! When does a training start, and who hears of it?
//!
//! One at a time, on a thread of its own; those asked for come before those due. Whether a genre is
//! due is looked up when there is news of it, and when time alone may make it due.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use network::train::TrainError;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::event::{AskedTraining, Event};
use super::lookup::Lookup;
use super::worker::{Worker, nicely};
use crate::command::TrainingUnderway;
use crate::context::{Context, now_ms};
use crate::control::Reply;
use crate::control::failure::NotNow;
use crate::control::line::{Line, Step};
use crate::cycle::due::{Outlook, outlook};
use crate::cycle::training::{NewVersion, cycle};
use crate::cycle::training_request::{TrainingRequest, require_songs};

/// Milliseconds for which a genre is left alone whose training failed.
const BACKOFF_MS: u64 = 10 * 60 * 1000;
/// The longest time until it is looked again whether a genre is due: the clock may be set, and the
/// machine may sleep.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

type Watcher = UnboundedSender<Reply>;

/// The training under way, those that wait for their turn, and what decides which comes next.
pub(super) struct Trainings {
    worker: Worker,
    current: Option<Running>,
    queue: VecDeque<Queued>,
    started_ms: u64,
    /// When a song last came, by genre; when none came yet, `started_ms` stands for it.
    last_song_ms: HashMap<String, u64>,
    /// Genres whose training failed, and until when they are left alone.
    backoff_until_ms: HashMap<String, u64>,
    lookup: Lookup,
    /// Calls for the next lookup; the last one set is the one that counts.
    alarm: Option<AbortHandle>,
}

/// A training that waits for its turn.
struct Queued {
    request: TrainingRequest,
    watchers: Vec<Watcher>,
}

/// The training under way.
pub(super) struct Running {
    genre: String,
    /// How far it is; nothing until it has made a step.
    step: Option<Step>,
    stop: Arc<AtomicBool>,
    watchers: Vec<Watcher>,
}

impl Trainings {
    /// With the trainings that an earlier process left unfinished, the first of which starts now.
    pub(super) fn new(worker: Worker, interrupted: Vec<TrainingRequest>) -> Self {
        let queued = |request| Queued { request, watchers: Vec::new() };
        let mut trainings = Self {
            worker,
            current: None,
            queue: interrupted.into_iter().map(queued).collect(),
            started_ms: now_ms(),
            last_song_ms: HashMap::new(),
            backoff_until_ms: HashMap::new(),
            lookup: Lookup::default(),
            alarm: None,
        };
        trainings.start_next();
        trainings
    }

    /// The training under way.
    pub(super) fn underway(&self) -> Option<TrainingUnderway> {
        let Running { genre, step, .. } = self.current.as_ref()?;
        Some(TrainingUnderway { genre: genre.clone(), step: step.clone() })
    }

    /// The genres that wait for their turn, the next first.
    pub(super) fn waiting(&self) -> Vec<String> {
        self.queue.iter().map(|queued| queued.request.genre.clone()).collect()
    }

    /// Finds out whether a training that was asked for can begin.
    pub(super) fn ask(&self, asked: AskedTraining) {
        let genre = asked.request.genre.clone();
        self.worker.start(
            move |context| require_songs(context, context.known_genre(&genre)?),
            move |can_begin| Event::Checked(asked, can_begin),
        );
    }

    /// Queues a training that was asked for if it can begin.
    pub(super) fn asked(&mut self, asked: AskedTraining, can_begin: anyhow::Result<()>) {
        let AskedTraining { request, replies, queued } = asked;
        if let Err(error) = can_begin {
            let _ = replies.send(Reply::end(&Err(error)));
            return;
        }
        if let Some(line) = queued {
            let _ = replies.send(Reply::Line(line));
            let _ = replies.send(Reply::end(&Ok(())));
            let genre = &request.genre;
            if !self.queue.iter().any(|queued| queued.request.genre == *genre) {
                self.queue.push_back(Queued { request, watchers: Vec::new() });
            }
        } else {
            if let Some(current) = &self.current {
                let text = format!("{} is being trained; this one is next", current.genre);
                let _ = replies.send(Reply::Line(Line::Remark(text)));
            }
            self.queue.push_back(Queued { request, watchers: vec![replies] });
        }
        self.start_next();
    }

    /// New songs came.
    pub(super) fn songs_came(&mut self, genres: BTreeSet<String>) {
        self.last_song_ms.extend(genres.into_iter().map(|genre| (genre, now_ms())));
        self.look();
    }

    /// Looks up whether a genre is due, unless a training is under way or waits.
    pub(super) fn look(&mut self) {
        if self.current.is_some() || !self.queue.is_empty() || !self.lookup.begin() {
            return;
        }
        let (last_song_ms, started_ms) = (self.last_song_ms.clone(), self.started_ms);
        let last_song = move |genre: &str| last_song_ms.get(genre).copied().unwrap_or(started_ms);
        self.worker.start(move |context| outlook(context, now_ms(), last_song), Event::Due);
    }

    /// Starts the training that is due, or waits until one may be.
    pub(super) fn looked(&mut self, outlook: anyhow::Result<Outlook>) {
        let is_outdated = self.lookup.end();
        if self.current.is_some() || !self.queue.is_empty() {
            return;
        }
        let Outlook { due, next_ms } = outlook.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "what is due is not known");
            Outlook::default()
        });
        let now = now_ms();
        self.backoff_until_ms.retain(|_, until| *until > now);
        // Only the first: until its end, a person may ask for another.
        let first = due.into_iter().find(|(genre, _)| !self.backoff_until_ms.contains_key(genre));
        if let Some((genre, why)) = first {
            let request = TrainingRequest::unasked(genre, why.to_string());
            self.queue.push_back(Queued { request, watchers: Vec::new() });
            self.start_next();
        } else if is_outdated {
            self.look();
        } else {
            let backoff_ends = self.backoff_until_ms.values().copied().min();
            self.set_alarm(next_ms.into_iter().chain(backoff_ends).min(), now);
        }
    }

    fn set_alarm(&mut self, next_ms: Option<u64>, now_ms: u64) {
        let pause = next_ms.map(|next| Duration::from_millis(next.saturating_sub(now_ms) + 1));
        let pause = pause.map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE));
        let alarm = self.worker.tell_after(pause, Event::Alarm);
        if let Some(earlier) = self.alarm.replace(alarm) {
            earlier.abort();
        }
    }

    /// Starts the next training if none is under way.
    fn start_next(&mut self) {
        if self.current.is_some() {
            return;
        }
        let Some(Queued { request, watchers }) = self.queue.pop_front() else { return };
        let stop = Arc::new(AtomicBool::new(false));
        let genre = request.genre.clone();
        self.current = Some(Running { genre, step: None, stop: stop.clone(), watchers });
        let worker = self.worker.clone();
        let train = move |context: &Context| {
            nicely("train", || {
                let _span = tracing::info_span!("training", genre = request.genre).entered();
                let mut out = |line| worker.tell(Event::Training(line));
                cycle(context, &request, &stop, &mut out)
            })
        };
        self.worker.start(train, Event::Trained);
    }

    /// Passes on what the training says.
    pub(super) fn said(&mut self, line: &Line) {
        if let Some(current) = &mut self.current {
            current.said(line);
        }
    }

    /// Ends the training under way and starts the next.
    pub(super) fn ended(&mut self, result: anyhow::Result<NewVersion>) {
        let Some(current) = self.current.take() else { return };
        if result.as_ref().is_err_and(|error| !was_stopped(error)) {
            self.backoff_until_ms.insert(current.genre.clone(), now_ms() + BACKOFF_MS);
        }
        current.ended(result);
        self.start_next();
        self.look();
    }

    /// Begins no training any more, tells those who wait for one, and stops the one under way, which
    /// is given back.
    pub(super) fn stop(self) -> Option<Running> {
        let Self { current, queue, alarm, .. } = self;
        if let Some(alarm) = alarm {
            alarm.abort();
        }
        for watcher in queue.into_iter().flat_map(|queued| queued.watchers) {
            let _ = watcher.send(Reply::end(&Err(not_begun())));
        }
        current.inspect(|current| current.stop.store(true, Ordering::Relaxed))
    }
}

impl AskedTraining {
    /// Tells the asker that the daemon is stopping.
    pub(super) fn refuse(self) {
        let _ = self.replies.send(Reply::end(&Err(not_begun())));
    }
}

fn not_begun() -> anyhow::Error {
    NotNow("the daemon is stopping; the training did not begin".to_owned()).into()
}

impl Running {
    /// Passes on what the training says.
    pub(super) fn said(&mut self, line: &Line) {
        if let Line::Remark(text) | Line::Row { text, .. } = line {
            tracing::info!("{text}");
        }
        if let Line::Step(step) = line {
            self.step = Some(step.clone());
        }
        self.watchers.retain(|watcher| watcher.send(Reply::Line(line.clone())).is_ok());
    }

    /// Tells what came of it.
    pub(super) fn ended(self, result: anyhow::Result<NewVersion>) {
        let Self { genre, watchers, .. } = self;
        match &result {
            Ok(_) => {}
            Err(error) if was_stopped(error) => {
                tracing::info!(genre, "the training was stopped before it had a result");
            }
            Err(error) => {
                tracing::error!(genre, error = format!("{error:#}"), "no new version");
            }
        }
        let end = Reply::end(&result.map(|_| ()));
        for watcher in watchers {
            let _ = watcher.send(end.clone());
        }
    }
}

fn was_stopped(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TrainError::Abandoned))
}
