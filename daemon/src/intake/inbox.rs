//! How do complete files get from the inbox to the intake?
//!
//! A thread of its own takes them in, in batches; it ends after the file at hand, and what is left is
//! found again at the next start.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use watch::inbox::{Found, Inbox};

use super::take_in::{Cache, Taken, resume, take_in};
use crate::context::Context;

/// Files that are taken in at once.
const BATCH: usize = 64;
/// How much longer than a file must be still one waits for the next.
const AFTER_STILL: Duration = Duration::from_secs(1);

/// The watched inbox and the thread that takes its files in.
pub(crate) struct Intake {
    inbox: Inbox,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Intake {
    /// Watches the inbox from now on; `on_taken` hears what became of each batch.
    ///
    /// # Errors
    /// When the inbox cannot be watched or the system gives no thread.
    pub(crate) fn start(
        context: &Context,
        on_taken: impl Fn(Taken) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (found, waiting) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("intake".to_owned()).spawn({
            let (context, stop) = (context.clone(), stop.clone());
            move || take_in_batches(&context, &waiting, &stop, on_taken)
        })?;
        let inbox = Inbox::start(&context.home.inbox(), &context.config.inbox, move |file| {
            let _ = found.send(file);
        })?;
        Ok(Self { inbox, stop, thread })
    }

    /// Has every file that is still in the inbox handed over again.
    pub(crate) fn rescan(&self) {
        self.inbox.rescan();
    }

    /// Stops after the file at hand and waits for that.
    pub(crate) fn close(self) {
        let Self { inbox, stop, thread } = self;
        stop.store(true, Ordering::Relaxed);
        drop(inbox);
        if thread.join().is_err() {
            tracing::error!("the intake panicked; the next start takes up what it left unfinished");
        }
    }
}

fn take_in_batches(
    context: &Context,
    found: &Receiver<Found>,
    stop: &AtomicBool,
    on_taken: impl Fn(Taken),
) {
    let mut cache = Cache::default();
    while let Ok(first) = found.recv() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let batch: Vec<Found> =
            std::iter::once(first).chain(found.try_iter().take(BATCH - 1)).collect();
        on_taken(take_in(context, &mut cache, &batch, stop));
    }
}

/// Takes in everything that lies in the inbox now, without a daemon: waits until what is there was
/// still for the configured time, once.
///
/// # Errors
/// When the inbox cannot be watched.
pub(crate) fn take_in_now(context: &Context) -> anyhow::Result<Taken> {
    resume(context)?;
    let (sender, found) = channel();
    let inbox = Inbox::start(&context.home.inbox(), &context.config.inbox, move |file| {
        let _ = sender.send(file);
    })?;
    let wait = Duration::from_millis(context.config.inbox.settle_ms) + AFTER_STILL;
    let batch: Vec<Found> = std::iter::from_fn(|| found.recv_timeout(wait).ok()).collect();
    drop(inbox);
    Ok(take_in(context, &mut Cache::default(), &batch, &AtomicBool::new(false)))
}
