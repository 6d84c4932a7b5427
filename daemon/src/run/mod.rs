//! How does everything meet?
//!
//! One loop owns all state and awaits only the next event; whatever takes time is done elsewhere and
//! comes back as an event. Here is the loop; what it does about the chat is in `chat`, about
//! training in `train`.

mod chat;
pub mod event;
mod train;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ::bot::chat::{ChannelId, Chat, Heard, Offer, Reacted};
use ::watch::inbox::{Found, Inbox};
use anyhow::Context as _;
use tokio::sync::{Semaphore, mpsc, watch};

use crate::command::{HomeCommand, Situation, Underway};
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, NotNow};
use crate::control::{self, Asked, Reply};
use crate::cycle::request::TrainingRequest;
use crate::intake;
use crate::run::event::Event;
use crate::store::TrackId;
use crate::votes::ledger::{Entry, Ledger};
use train::{Queued, Training};

/// Files that are taken in at once.
const BATCH: usize = 64;
/// How often to look whether a genre is due.
const TICK: Duration = Duration::from_secs(2);
/// After this long, files that could not be taken in are tried again.
const RETRY: Duration = Duration::from_secs(30);
/// How long clients are given to read their last answer when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// Tracks that are made at the same time.
const MAKING: usize = 2;
/// Reactions to unknown messages that are remembered until their post is confirmed.
const UNMATCHED: usize = 1024;

/// Opens the way out: given where to tell what is heard, and what to offer.
pub type OpenChat = Box<
    dyn FnOnce(
            Box<dyn Fn(Heard) + Send + Sync>,
            watch::Receiver<Offer>,
        ) -> anyhow::Result<Arc<dyn Chat>>
        + Send,
>;

/// What a daemon is given besides its context (home, settings, store).
pub struct Doors {
    /// The chat, or why there is none, in words.
    pub chat: Result<OpenChat, String>,
}

/// How far it is found out what to offer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offering {
    Done,
    Underway,
    /// Under way, while it has changed already.
    Stale,
}

struct Daemon {
    context: Context,
    events: mpsc::UnboundedSender<Event>,
    inbox: Option<Inbox>,
    chat: Option<Arc<dyn Chat>>,
    chat_state: String,
    offer: watch::Sender<Offer>,
    offering: Offering,
    ledger: Option<Ledger>,
    making: Arc<Semaphore>,
    training: Option<Training>,
    queue: VecDeque<Queued>,
    started_ms: u64,
    /// When a song last came, by genre; when none came yet, `started_ms` stands for it.
    last_song_ms: HashMap<String, u64>,
    /// Genres whose training could not even begin, and until when they are left alone.
    ailing: HashMap<String, u64>,
    unmatched: VecDeque<Reacted>,
    /// Posts that an earlier process began; taken up at the first connection.
    unconfirmed: Vec<(TrackId, ChannelId)>,
    is_checking: bool,
    /// Whether files that failed are to be tried again soon.
    is_rescan_due: bool,
}

/// Runs until `stop`, then closes the doors, ends the training and writes what is left to write.
///
/// # Errors
/// When something that is needed from the start cannot be had.
pub async fn run(
    context: Context,
    doors: Doors,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let n_resumed = intake::resume(&context).context("finishing what a crash left undone")?;
    if n_resumed > 0 {
        tracing::info!(n_resumed, "moves finished that a crash had left undone");
    }
    let listener = control::listen(&context.home.socket())?;
    let (events, mut inbound) = mpsc::unbounded_channel();
    let (found, taking) = channel();
    let stop_taking = Arc::new(AtomicBool::new(false));
    let taker = take_in_thread(context.clone(), taking, events.clone(), stop_taking.clone())?;
    let inbox = Inbox::start(&context.home.inbox(), &context.config.inbox, move |file| {
        let _ = found.send(file);
    })?;
    let unmatched = events.clone();
    let ledger = Ledger::start(context.clone(), move |reacted| {
        let _ = unmatched.send(Event::Unmatched(reacted));
    })?;
    let offer = crate::chat::offer::offer(&context).unwrap_or_default();
    let mut daemon = Daemon {
        context,
        events: events.clone(),
        inbox: Some(inbox),
        chat: None,
        chat_state: String::new(),
        offer: watch::channel(offer).0,
        offering: Offering::Done,
        ledger: Some(ledger),
        making: Arc::new(Semaphore::new(MAKING)),
        training: None,
        queue: VecDeque::new(),
        started_ms: now_ms(),
        last_song_ms: HashMap::new(),
        ailing: HashMap::new(),
        unmatched: VecDeque::new(),
        unconfirmed: Vec::new(),
        is_checking: false,
        is_rescan_due: false,
    };
    daemon.open_chat(doors.chat);
    let asked = events.clone();
    let (open, mut answering) = mpsc::channel(1);
    let server = tokio::spawn(control::serve(listener, open, move |asking| {
        let _ = asked.send(Event::Asked(asking));
    }));
    let stopping = events.clone();
    tokio::spawn(async move {
        stop.await;
        let _ = stopping.send(Event::Stop);
    });
    let ticking = events.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(TICK);
        while ticking.send(Event::Tick).is_ok() {
            tick.tick().await;
        }
    });
    tracing::info!(home = %daemon.context.home.root().display(), chat = daemon.chat_state, "ready");
    daemon.resume_trainings();
    while let Some(event) = inbound.recv().await {
        match event {
            Event::Stop => break,
            event => daemon.handle(event),
        }
    }
    tracing::info!("stopping");
    stop_taking.store(true, Ordering::Relaxed);
    server.abort();
    daemon.close(&mut inbound).await;
    // The last answers are still on their way; when all are written, nobody holds the other half.
    let _ = tokio::time::timeout(LAST_ANSWERS, answering.recv()).await;
    if taker.join().is_err() {
        tracing::error!(
            "the intake panicked; what it had not finished is taken up at the next start"
        );
    }
    Ok(())
}

impl Daemon {
    fn handle(&mut self, event: Event) {
        match event {
            Event::TakenIn { genres, n_failed } => self.taken_in(genres, n_failed),
            Event::Rescan => {
                self.is_rescan_due = false;
                self.rescan();
            }
            Event::RolledBack => self.renew_offer(),
            Event::Offer(offer) => self.offered(offer),
            Event::Heard(heard) => self.heard(heard),
            Event::Unmatched(reacted) => {
                self.unmatched.push_back(reacted);
                if self.unmatched.len() > UNMATCHED {
                    self.unmatched.pop_front();
                }
            }
            Event::Posted(message) => {
                let is_its = |reacted: &Reacted| reacted.message == message;
                let (its, others) = self.unmatched.drain(..).partition::<Vec<_>, _>(is_its);
                self.unmatched = others.into();
                for reacted in its {
                    self.enter(Entry::Reacted(reacted));
                }
            }
            Event::Asked(asked) => self.asked(asked),
            Event::Tick => self.check_due(),
            Event::Due(due) => self.due(due),
            Event::Training(line) => self.tell_watchers(&line),
            Event::Trained(result) => {
                self.trained(result);
                // There may be more to tell the genres of waiting files by.
                self.rescan();
            }
            Event::Recover { posting, posted } => self.recover(posting, posted),
            Event::Stop => {}
        }
    }

    fn rescan(&self) {
        if let Some(inbox) = &self.inbox {
            inbox.rescan();
        }
    }

    fn taken_in(&mut self, genres: std::collections::BTreeSet<String>, n_failed: usize) {
        for genre in genres {
            self.last_song_ms.insert(genre, now_ms());
        }
        self.renew_offer();
        if n_failed > 0 && !self.is_rescan_due {
            self.is_rescan_due = true;
            let events = self.events.clone();
            tokio::spawn(async move {
                tokio::time::sleep(RETRY).await;
                let _ = events.send(Event::Rescan);
            });
        }
    }

    fn asked(&mut self, Asked { command, replies }: Asked) {
        match command {
            HomeCommand::Train(train) => {
                let Ok(()) = self.may_train(&train.genre, &replies) else { return };
                let wanted = TrainingRequest::from(train);
                if let Some(training) = &self.training {
                    let text = format!("{} is being trained; this one is next", training.genre);
                    let _ = replies.send(Reply::Line(Line::Remark(text)));
                }
                self.queue.push_back(Queued { wanted, watchers: vec![replies] });
                self.train_next();
            }
            HomeCommand::Retrain(retrain) => {
                let Ok(()) = self.may_train(&retrain.genre, &replies) else { return };
                let _ = replies.send(Reply::Line(Line::row(&retrain.queued())));
                let _ = replies.send(Reply::end(&Ok(())));
                if !self.queue.iter().any(|queued| queued.wanted.genre == retrain.genre) {
                    let wanted = TrainingRequest::from(retrain);
                    self.queue.push_back(Queued { wanted, watchers: Vec::new() });
                }
                self.train_next();
            }
            command => self.spawn_command(command, replies),
        }
    }

    fn spawn_command(&self, command: HomeCommand, replies: mpsc::UnboundedSender<Reply>) {
        let context = self.context.clone();
        let now = Situation {
            is_daemon: true,
            training: self.training.as_ref().map(|training| Underway {
                genre: training.genre.clone(),
                step: training.step.clone(),
            }),
            waiting: self.queue.iter().map(|queued| queued.wanted.genre.clone()).collect(),
            chat: self.chat_state.clone(),
        };
        let making = matches!(command, HomeCommand::Generate(_)).then(|| self.making.clone());
        let rolls_back = matches!(command, HomeCommand::Rollback(_));
        let events = self.events.clone();
        tokio::spawn(async move {
            let permit = match making {
                Some(making) => making.acquire_owned().await.ok(),
                None => None,
            };
            let lines = replies.clone();
            let work = move || {
                let mut out = |line| drop(lines.send(Reply::Line(line)));
                command.execute(&context, &now, &mut out)
            };
            let result = tokio::task::spawn_blocking(work).await;
            let result = result.unwrap_or_else(|panic| {
                Err(anyhow::anyhow!("it panicked: {panic}; please report this"))
            });
            drop(permit);
            if rolls_back {
                let _ = events.send(Event::RolledBack);
            }
            let _ = replies.send(Reply::end(&result));
            let _ = events.send(Event::Tick);
        });
    }

    /// Tells the ledger; it is there until the end.
    fn enter(&self, entry: Entry) {
        if let Some(ledger) = &self.ledger {
            let _ = ledger.entries.send(entry);
        }
    }

    /// Finds out, elsewhere, what can be asked for.
    fn renew_offer(&mut self) {
        if self.offering != Offering::Done {
            self.offering = Offering::Stale;
            return;
        }
        self.offering = Offering::Underway;
        let context = self.context.clone();
        let look = move || Event::Offer(crate::chat::offer::offer(&context));
        look_elsewhere(self.events.clone(), "what can be asked for", look, Event::Offer(None));
    }

    /// Tells the chat what can be asked for.
    fn offered(&mut self, offer: Option<Offer>) {
        let is_stale = std::mem::replace(&mut self.offering, Offering::Done) == Offering::Stale;
        if let Some(offer) = offer {
            self.offer.send_if_modified(|now| {
                let is_new = *now != offer;
                *now = offer;
                is_new
            });
        }
        if is_stale {
            self.renew_offer();
        }
    }

    async fn close(&mut self, inbound: &mut mpsc::UnboundedReceiver<Event>) {
        self.inbox = None;
        self.stop_training();
        if let Some(chat) = self.chat.take() {
            chat.stop().await;
        }
        for watcher in self.queue.drain(..).flat_map(|queued| queued.watchers) {
            let why = "the daemon is stopping; the training did not begin".to_owned();
            let _ = watcher.send(Reply::end(&Err(NotNow(why).into())));
        }
        while self.training.is_some() {
            match inbound.recv().await {
                Some(Event::Heard(heard)) => self.heard_while_stopping(heard),
                Some(event @ (Event::Trained(_) | Event::Training(_) | Event::Posted(_))) => {
                    self.handle(event);
                }
                Some(_) => {}
                None => break,
            }
        }
        while let Ok(event) = inbound.try_recv() {
            if let Event::Heard(heard) = event {
                self.heard_while_stopping(heard);
            }
        }
        if let Some(ledger) = self.ledger.take() {
            ledger.close();
        }
        if let Err(error) = std::fs::remove_file(self.context.home.socket()) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

/// Looks for something where nothing waits for it, and tells the loop. Should that panic, the log says
/// so and the loop hears `otherwise`: it waits for one or the other.
fn look_elsewhere(
    events: mpsc::UnboundedSender<Event>,
    what: &'static str,
    look: impl FnOnce() -> Event + Send + 'static,
    otherwise: Event,
) {
    tokio::spawn(async move {
        let event = tokio::task::spawn_blocking(look).await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "looking for {what} panicked; please report this");
            otherwise
        });
        let _ = events.send(event);
    });
}

/// The thread that takes files in. It ends when the inbox is closed, or after the file it is at once
/// `stop` is set; the others are found again at the next start.
fn take_in_thread(
    context: Context,
    found: Receiver<Found>,
    events: mpsc::UnboundedSender<Event>,
    stop: Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("intake".to_owned()).spawn(move || {
        let mut cache = intake::Cache::default();
        while let Ok(first) = found.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match found.recv_timeout(Duration::ZERO) {
                    Ok(next) => batch.push(next),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let taken = intake::take_in(&context, &mut cache, &batch, &stop);
            let _ = events.send(Event::TakenIn { genres: taken.genres, n_failed: taken.n_failed });
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_loop_hears_of_a_look_that_panicked_too() {
        let (events, mut inbound) = mpsc::unbounded_channel();
        let panics = || panic!("as it should not");
        look_elsewhere(events.clone(), "nothing", panics, Event::Offer(None));
        assert!(matches!(inbound.recv().await, Some(Event::Offer(None))));
        look_elsewhere(events, "nothing", || Event::Due(Vec::new()), Event::Offer(None));
        assert!(matches!(inbound.recv().await, Some(Event::Due(_))));
    }
}
