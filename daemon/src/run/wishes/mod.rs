//! What does the loop do about questions, from being heard to being answered?
//!
//! A question is noted, acknowledged, waits for its place, and is answered; whatever was left by a crash or
//! by a chat that could not be reached is taken up at each new connection. How it is answered is in
//! [`crate::chat::answer`].

mod late;
mod limits;
mod places;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bot::chat::{Acknowledged, Asked, Chat, InvocationId, Reception};
use bot::command::Question;
use bot::post;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::event::{Event, JobEvent};
use super::worker::Worker;
use crate::chat::answer::{Begun, Places, answer, receive};
use crate::chat::ending::{Ended, end};
use crate::chat::queue::Queue;
use crate::store::{Asker, Job};
use crate::votes::ledger::LedgerDesk;

/// Tracks of the chat that are made at the same time.
const MAKING: usize = 2;
/// Tracks that are posted at the same time.
const POSTING: usize = 8;
/// Questions that are written down at the same time: those of a crowd share syncs of the disk, and threads,
/// each of which keeps some memory.
const NOTING: usize = 16;
/// Other answers that are given at the same time.
const ANSWERING: usize = 4;
/// Pauses before another try at a chat that could not be reached: they double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(300));
/// Questions that were answered and are remembered, in case the chat tells of one again.
const N_REMEMBERED: usize = 4096;
/// What a track takes, in seconds, before one was made.
const FIRST_GUESS: f64 = 2.0;

/// All questions that are open.
pub(super) struct Wishes {
    worker: Worker,
    desk: LedgerDesk,
    chat: Arc<dyn Chat>,
    places: Places,
    noting: Arc<Semaphore>,
    open: BTreeMap<InvocationId, Open>,
    queue: Queue,
    n_making: usize,
    answered: VecDeque<InvocationId>,
    is_reporting: bool,
    n_reports: u64,
    /// Mean seconds from one finished track to the next while several wait.
    seconds_a_track: f64,
    /// Whether the chat was there since the program began.
    is_taken_up: bool,
    may_have_missed: bool,
}

/// A question that is open.
struct Open {
    job: Arc<Job>,
    stage: Stage,
    /// In which report a place was told last, and how many came before it.
    told: Option<(u64, usize)>,
    begun: Begun,
    /// Whether its track is made.
    is_made: bool,
    /// Whether it is answered, and only to be struck off.
    is_told: bool,
    began_at: Option<Instant>,
    n_failed: u32,
}

/// How far a question is.
enum Stage {
    /// It is being written down; whether it was acknowledged meanwhile.
    Noting(Option<Acknowledged>),
    /// It is written down and not acknowledged yet.
    Noted,
    /// It is answered by this text, and not acknowledged yet.
    Late(String),
    /// It waits for its place among the tracks that are made.
    Waiting,
    /// It is worked on; whether it holds one of the places of making.
    Underway { is_making: bool },
    /// The chat could not be reached.
    Later(AbortHandle),
    /// An earlier process left it, and the chat was not there yet.
    Left,
}

impl Wishes {
    /// With what an earlier process left.
    pub(super) fn new(
        worker: Worker,
        desk: LedgerDesk,
        chat: Arc<dyn Chat>,
        making: Arc<Semaphore>,
        left: Vec<(InvocationId, Job)>,
    ) -> Self {
        let places = Places {
            making,
            posting: Arc::new(Semaphore::new(POSTING)),
            answering: Arc::new(Semaphore::new(ANSWERING)),
        };
        let left = left.into_iter().map(|(id, job)| (id, Open::new(job, Stage::Left)));
        Self {
            worker,
            desk,
            chat,
            places,
            noting: Arc::new(Semaphore::new(NOTING)),
            open: left.collect(),
            queue: Queue::default(),
            n_making: 0,
            answered: VecDeque::new(),
            is_reporting: false,
            n_reports: 0,
            seconds_a_track: FIRST_GUESS,
            is_taken_up: false,
            may_have_missed: false,
        }
    }

    /// How many questions are open.
    pub(super) fn n_open(&self) -> usize {
        self.open.len()
    }

    /// Whether a post was found that was there already, so that votes on it may not have been heard.
    pub(super) fn may_have_missed(&mut self) -> bool {
        std::mem::take(&mut self.may_have_missed)
    }

    /// A question was heard: it is written down, or refused.
    pub(super) fn asked(&mut self, asked: Asked) {
        let Asked { invocation, reception } = asked;
        let Some(id) = invocation.reply_to.question_id() else { return };
        if self.open.contains_key(&id) || self.answered.contains(&id) {
            let _ = reception.send(Reception::Known);
            return;
        }
        let listeners = &self.worker.context.listeners;
        let (name, sealed) =
            (listeners.name(invocation.listener), listeners.seal(invocation.listener, id));
        let asker = Asker { name, sealed };
        let job = Job {
            question: invocation.question,
            asker: Some(asker),
            community: invocation.community,
            reply_to: invocation.reply_to,
            track: None,
            n_begun: 0,
        };
        if let Some(text) = self.enough(&job) {
            let _ = reception.send(Reception::Told(text));
            return;
        }
        self.open.insert(id, Open::new(job.clone(), Stage::Noting(None)));
        let context = self.worker.context.clone();
        let turns = Arc::clone(&self.noting);
        let noting = async move {
            let _turn = turns.acquire_owned().await?;
            let received = context.blocking(move |context| receive(context, id, job)).await;
            let received = received.unwrap_or_else(|error| {
                tracing::error!(error = format!("{error:#}"), "a question cannot be noted");
                Reception::Told(post::not_noted())
            });
            // Nobody listens any more where this took too long: then it was acknowledged.
            let is_late = reception.send(received.clone()).is_err();
            Ok((received, is_late))
        };
        self.worker.start_async(noting, move |received| Event::Job(id, JobEvent::Noted(received)));
    }

    /// What became of the acknowledgement of a question.
    pub(super) fn acknowledged(&mut self, id: InvocationId, how: Acknowledged) {
        let Some(open) = self.open.get_mut(&id) else { return };
        match &mut open.stage {
            Stage::Noting(acknowledged) => *acknowledged = Some(how),
            Stage::Noted => self.begin(id, how),
            Stage::Late(text) => {
                let text = std::mem::take(text);
                self.tell_late(id, text, Some(how));
            }
            _ => {}
        }
    }

    /// Something happened to a question that is worked on.
    pub(super) fn handle(&mut self, id: InvocationId, event: JobEvent) {
        match event {
            JobEvent::Noted(received) => self.noted(id, received),
            JobEvent::Made => {
                if let Some(open) = self.open.get_mut(&id) {
                    open.is_made = true;
                }
                self.gives_place(id);
            }
            JobEvent::Ended(ended) => self.ended(id, ended),
            JobEvent::Due => self.due(id),
            JobEvent::Report => self.report(),
        }
    }

    fn noted(&mut self, id: InvocationId, received: anyhow::Result<(Reception, bool)>) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let Stage::Noting(acknowledged) = &open.stage else { return };
        let acknowledged = *acknowledged;
        match received {
            Ok((Reception::Noted, _)) => {
                open.stage = Stage::Noted;
                if let Some(how) = acknowledged {
                    self.begin(id, how);
                }
            }
            Ok((Reception::Told(text), true)) => self.tell_late(id, text, acknowledged),
            Ok((Reception::Told(_) | Reception::Known, _)) => self.forget(id),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a question cannot be noted");
                match acknowledged {
                    Some(_) => self.tell_late(id, post::not_noted(), acknowledged),
                    // The chat tells the asker, as nobody answered it.
                    None => self.forget(id),
                }
            }
        }
    }

    /// Begins with a question that was acknowledged, or may have been.
    fn begin(&mut self, id: InvocationId, how: Acknowledged) {
        if how == Acknowledged::No {
            self.strike_off(id);
        } else {
            self.enqueue(id);
        }
    }

    fn enqueue(&mut self, id: InvocationId) {
        let Some(open) = self.open.get_mut(&id) else { return };
        if matches!(open.job.question, Question::Generate(_)) && !open.is_made && !open.is_told {
            open.stage = Stage::Waiting;
            let asker = open.job.asker.as_ref().map(|asker| asker.name.as_str());
            self.queue.push(id, asker, open.job.community.as_deref());
            self.next();
        } else {
            self.start(id, false);
        }
    }

    /// Makes the next tracks for which there is a place.
    fn next(&mut self) {
        while self.n_making < MAKING
            && let Some(id) = self.queue.pop()
        {
            self.n_making += 1;
            self.start(id, true);
        }
        if self.queue.len() > 0 && !self.is_reporting {
            self.is_reporting = true;
            self.report_soon();
        }
    }

    fn start(&mut self, id: InvocationId, is_making: bool) {
        let Some(open) = self.open.get_mut(&id) else { return };
        open.stage = Stage::Underway { is_making };
        open.began_at = Some(Instant::now());
        let (begun, chat) = (open.begun.clone(), Arc::clone(&self.chat));
        let (worker, places) = (self.worker.clone(), self.places.clone());
        let is_told = open.is_told;
        let working = async move {
            if is_told {
                return Ok(end(&worker.context, id).await);
            }
            let made = || worker.tell(Event::Job(id, JobEvent::Made));
            answer(&worker.context, chat.as_ref(), &places, id, &begun, made).await
        };
        self.worker.start_async(working, move |ended| Event::Job(id, JobEvent::Ended(ended)));
    }

    /// Its place among the tracks that are made is free.
    fn gives_place(&mut self, id: InvocationId) {
        let Some(open) = self.open.get_mut(&id) else { return };
        if let Stage::Underway { is_making: is_making @ true } = &mut open.stage {
            *is_making = false;
            self.n_making -= 1;
            let seconds = open.began_at.map_or(0.0, |at| at.elapsed().as_secs_f64());
            self.seconds_a_track += 0.2 * (seconds / MAKING as f64 - self.seconds_a_track);
        }
        self.next();
    }

    fn ended(&mut self, id: InvocationId, ended: anyhow::Result<Ended>) {
        // Also where it ended before a track was made.
        self.gives_place(id);
        match ended {
            Ok(Ended::Posted(placed)) => {
                self.forget(id);
                self.desk.posted(placed.posted.message);
                self.may_have_missed |= placed.was_there;
            }
            Ok(Ended::Told) => self.forget(id),
            Ok(Ended::NotNoted(why)) => {
                if let Some(open) = self.open.get_mut(&id) {
                    open.is_told = true;
                }
                self.later(id, &why);
            }
            Ok(Ended::Later(why)) => self.later(id, &why),
            Err(error) => self.later(id, &format!("{error:#}")),
        }
    }

    /// Tries again after a while, or when the chat is there anew.
    fn later(&mut self, id: InvocationId, why: &str) {
        let Some(open) = self.open.get_mut(&id) else { return };
        let pause = (PAUSES.0 * 2_u32.saturating_pow(open.n_failed.min(16))).min(PAUSES.1);
        open.n_failed += 1;
        tracing::warn!(%id, why, seconds = pause.as_secs(), "a question is answered later");
        let due = self.worker.tell_after(pause, Event::Job(id, JobEvent::Due));
        open.stage = Stage::Later(due);
    }

    /// Another try.
    fn due(&mut self, id: InvocationId) {
        let Some(open) = self.open.get(&id) else { return };
        if let Stage::Later(due) = &open.stage {
            due.abort();
            self.enqueue(id);
        }
    }

    /// The chat is there: what an earlier process left and what could not be answered is taken up.
    pub(super) fn take_up(&mut self) {
        let is_first = !std::mem::replace(&mut self.is_taken_up, true);
        let left: Vec<InvocationId> = self.open.keys().copied().collect();
        for id in left {
            match &self.open[&id].stage {
                Stage::Left if is_first => self.enqueue(id),
                Stage::Later(_) => self.due(id),
                _ => {}
            }
        }
    }

    /// Nothing was promised: the question is struck off without an answer.
    fn strike_off(&mut self, id: InvocationId) {
        self.forget(id);
        let context = self.worker.context.clone();
        tokio::spawn(async move {
            let ending = context.blocking(move |context| Ok(context.store.end_job(id)?)).await;
            if let Err(error) = ending {
                let error = format!("{error:#}");
                tracing::error!(%id, error, "a question that was not acknowledged stays noted");
            }
        });
    }

    fn forget(&mut self, id: InvocationId) {
        self.open.remove(&id);
        self.answered.push_back(id);
        if self.answered.len() > N_REMEMBERED {
            self.answered.pop_front();
        }
    }
}

impl Open {
    fn new(job: Job, stage: Stage) -> Self {
        let (begun, is_made) = (Begun::default(), job.track.is_some());
        Self {
            job: Arc::new(job),
            stage,
            told: None,
            begun,
            is_made,
            is_told: false,
            began_at: None,
            n_failed: 0,
        }
    }
}

#[cfg(test)]
mod tests;
