//! How does everything meet?
//!
//! One loop owns all state and awaits only the next event; whatever waits for disk, processor or
//! network is done elsewhere ([`super::worker`]) and comes back as an event. When it is told to stop,
//! the state is taken apart: each part is closed by the one that owns it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bot::chat::InvocationId;
use bot::command::Offer;
use tokio::sync::{Semaphore, mpsc};

use super::chat::{ChatLink, OpenChat};
use super::commands;
use super::event::Event;
use super::offers::Offers;
use super::socket::Socket;
use super::trainings::Trainings;
use super::worker::Worker;
use crate::chat::offer::offer;
use crate::chat::unposted::unposted;
use crate::command::DaemonState;
use crate::context::Context;
use crate::control;
use crate::cycle::resume;
use crate::cycle::training_request::TrainingRequest;
use crate::intake::{self, Intake, Taken};
use crate::store::Job;
use crate::votes::ledger::Ledger;

/// After this long, files that could not be taken in are tried again.
const RETRY: Duration = Duration::from_secs(30);
/// Tracks that are made at the same time.
const MAKING: usize = 2;
const NOT_CLOSED: &str = "a part of the daemon was not closed well";

/// Everything the loop owns.
struct Daemon {
    worker: Worker,
    making: Arc<Semaphore>,
    intake: Intake,
    ledger: Ledger,
    offers: Offers,
    chat: ChatLink,
    trainings: Trainings,
    socket: Socket,
    /// Whether files that failed are to be tried again soon.
    is_retry_due: bool,
}

/// What an earlier process left, and what is on offer.
struct StartState {
    interrupted: Vec<TrainingRequest>,
    left: Vec<(InvocationId, Job)>,
    offer: Offer,
}

/// Runs the daemon until `stop`. `chat` opens the chat, or says why there is none.
///
/// # Errors
/// When something that is needed from the start cannot be had.
pub(crate) async fn run(
    context: Context,
    chat: Result<OpenChat, String>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (events, mut inbound) = mpsc::unbounded_channel();
    let worker = Worker::new(context, events);
    let mut daemon = Daemon::start(worker.clone(), chat).await?;
    tokio::spawn(async move {
        stop.await;
        worker.tell(Event::Stop);
    });
    let home = daemon.worker.context.home.root().display().to_string();
    tracing::info!(home, chat = daemon.chat.state(), "ready");
    while let Some(event) = inbound.recv().await {
        if matches!(event, Event::Stop) {
            break;
        }
        daemon.handle(event);
    }
    tracing::info!("stopping");
    daemon.shut_down(inbound).await;
    Ok(())
}

impl Daemon {
    async fn start(worker: Worker, chat: Result<OpenChat, String>) -> anyhow::Result<Self> {
        let context = worker.context.clone();
        let left = context.blocking(take_up).await?;
        let listener = control::listen(&context.home.socket())?;
        let told = worker.clone();
        let intake = Intake::start(&context, move |taken| told.tell(Event::TakenIn(taken)))?;
        let told = worker.clone();
        let ledger = Ledger::start(context, move || told.tell(Event::Voted))?;
        let making = Arc::new(Semaphore::new(MAKING));
        let offers = Offers::new(worker.clone(), left.offer);
        let chat = ChatLink::open(
            worker.clone(),
            ledger.desk(),
            making.clone(),
            left.left,
            chat,
            offers.subscribe(),
        );
        let socket = Socket::serve(listener, worker.clone());
        let mut trainings = Trainings::new(worker.clone(), left.interrupted);
        trainings.look();
        let is_retry_due = false;
        Ok(Self { worker, making, intake, ledger, offers, chat, trainings, socket, is_retry_due })
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::TakenIn(taken) => self.taken_in(taken),
            Event::RetryIntake => {
                self.is_retry_due = false;
                self.intake.rescan();
            }
            Event::Asked(asked) => match commands::training_of(asked) {
                Ok(asked) => self.trainings.ask(asked),
                Err(asked) => {
                    commands::execute(&self.worker, &self.making, asked, self.state());
                }
            },
            Event::Executed { is_rollback } => {
                if is_rollback {
                    self.offers.renew();
                }
                self.trainings.look();
            }
            Event::Checked(asked, can_begin) => self.trainings.asked(asked, can_begin),
            Event::Voted | Event::Alarm => self.trainings.look(),
            Event::Due(outlook) => self.trainings.looked(outlook),
            Event::Training(line) => self.trainings.said(&line),
            Event::Trained(result) => {
                self.trainings.ended(result);
                self.offers.renew();
                // There may be more to tell the genres of waiting files by.
                self.intake.rescan();
            }
            Event::Offer(offer) => self.offers.renewed(offer),
            Event::Chat(event) => self.chat.handle(event),
            Event::Job(id, event) => self.chat.handle_job(id, event),
            // The loop ends with it.
            Event::Stop => {}
        }
    }

    fn taken_in(&mut self, taken: Taken) {
        self.trainings.songs_came(taken.genres);
        self.offers.renew();
        if taken.n_failed > 0 && !self.is_retry_due {
            self.is_retry_due = true;
            self.worker.tell_after(RETRY, Event::RetryIntake);
        }
    }

    /// What only a running daemon knows.
    fn state(&self) -> DaemonState {
        DaemonState {
            is_daemon: true,
            training: self.trainings.underway(),
            waiting: self.trainings.waiting(),
            chat: self.chat.state(),
        }
    }

    /// Closes the ways in, ends the training and writes what is left to write.
    async fn shut_down(self, mut inbound: mpsc::UnboundedReceiver<Event>) {
        let Self { worker, intake, ledger, chat, trainings, socket, .. } = self;
        socket.refuse();
        let mut training = trainings.stop();
        let close_intake = worker.context.blocking(move |_| {
            intake.close();
            Ok(())
        });
        let (closed, ()) = tokio::join!(close_intake, chat.close());
        log_failure(closed, NOT_CLOSED);
        while let Some(running) = &mut training {
            match inbound.recv().await {
                Some(Event::Training(line)) => running.said(&line),
                Some(Event::Trained(result)) => {
                    if let Some(running) = training.take() {
                        running.ended(result);
                    }
                }
                Some(event) => turn_away(event),
                None => break,
            }
        }
        while let Ok(event) = inbound.try_recv() {
            turn_away(event);
        }
        // Nothing more is heard: the chat is closed.
        let close_ledger = worker.context.blocking(move |_| {
            ledger.close();
            Ok(())
        });
        log_failure(close_ledger.await, NOT_CLOSED);
        socket.close().await;
    }
}

fn log_failure(done: anyhow::Result<()>, what: &str) {
    if let Err(error) = done {
        tracing::error!(error = format!("{error:#}"), "{what}");
    }
}

/// What is done about an event that comes while the daemon stops.
fn turn_away(event: Event) {
    match event {
        Event::Asked(asked) => commands::refuse(&asked),
        Event::Checked(asked, _) => asked.refuse(),
        // The chat is closed.
        Event::Chat(event) => tracing::debug!(?event, "heard while stopping"),
        // No training is under way any more.
        Event::Training(_) | Event::Trained(_)
        // News for a loop that has ended; the next start finds it out anew.
        | Event::TakenIn(_)
        | Event::RetryIntake
        | Event::Executed { .. }
        | Event::Voted
        | Event::Alarm
        | Event::Due(_)
        | Event::Offer(_)
        // In the store.
        | Event::Job(..)
        | Event::Stop => {}
    }
}

/// Finishes what an earlier process left, as far as that comes before everything else, and lists the
/// rest.
fn take_up(context: &Context) -> anyhow::Result<StartState> {
    let n_moves = intake::resume(context).context("finishing what a crash left undone")?;
    if n_moves > 0 {
        tracing::info!(n_moves, "moves finished that a crash had left undone");
    }
    let interrupted = resume::interrupted(context)
        .inspect_err(|error| {
            let error = format!("{error:#}");
            tracing::error!(error, "unfinished trainings cannot be looked for");
        })
        .unwrap_or_default();
    let left = unposted(context)
        .inspect_err(|error| {
            tracing::error!(
                error = format!("{error:#}"),
                "what waits for its answer cannot be read"
            );
        })
        .unwrap_or_default();
    let offer = offer(context)
        .inspect_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "what can be asked for is not known");
        })
        .unwrap_or_default();
    Ok(StartState { interrupted, left, offer })
}
