//! How is work done off the loop, so that the loop always hears what became of it?
//!
//! Whatever waits for disk, processor or network is started here and comes back as an event, also if it
//! panics: the event carries a `Result`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::event::Event;
use crate::context::{Context, panicked, unfinished};

/// Starts work; clones tell the same loop.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) context: Context,
    events: UnboundedSender<Event>,
}

impl Worker {
    /// For the loop that receives `events`.
    pub(super) fn new(context: Context, events: UnboundedSender<Event>) -> Self {
        Self { context, events }
    }

    /// Tells the loop.
    pub(super) fn tell(&self, event: Event) {
        if self.events.send(event).is_err() {
            tracing::debug!("something happened after the loop had ended");
        }
    }

    /// Tells the loop after a while, unless that is aborted.
    pub(super) fn tell_after(&self, pause: Duration, event: Event) -> AbortHandle {
        let worker = self.clone();
        let waiting = tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            worker.tell(event);
        });
        waiting.abort_handle()
    }

    /// Does `work` on a blocking thread and tells the loop of its result by `event`.
    pub(super) fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Context) -> anyhow::Result<T> + Send + 'static,
        event: impl FnOnce(anyhow::Result<T>) -> Event + Send + 'static,
    ) {
        let context = self.context.clone();
        self.start_async(async move { context.blocking(work).await }, event);
    }

    /// As [`Self::start`], for work that waits for the network.
    pub(super) fn start_async<T: Send + 'static>(
        &self,
        work: impl Future<Output = anyhow::Result<T>> + Send + 'static,
        event: impl FnOnce(anyhow::Result<T>) -> Event + Send + 'static,
    ) {
        let (worker, done) = (self.clone(), tokio::spawn(work));
        tokio::spawn(async move {
            let result = done.await.unwrap_or_else(|error| Err(unfinished(error)));
            worker.tell(event(result));
        });
    }

    /// As [`Self::start`], when there is a permit of `turns`.
    pub(super) fn start_in_turn<T: Send + 'static>(
        &self,
        turns: Arc<Semaphore>,
        work: impl FnOnce(&Context) -> anyhow::Result<T> + Send + 'static,
        event: impl FnOnce(anyhow::Result<T>) -> Event + Send + 'static,
    ) {
        let context = self.context.clone();
        let in_turn = async move {
            let _permit = turns.acquire_owned().await;
            context.blocking(work).await
        };
        self.start_async(in_turn, event);
    }
}

/// Does `work` on a thread of its own that lets the rest of the machine go first, as do the threads
/// that it starts. A panic is an error.
pub(super) fn nicely<T: Send>(
    name: &str,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, || {
            if let Err(error) = rustix::process::nice(10) {
                tracing::debug!(%error, "a thread is not nice");
            }
            work()
        });
        let thread = thread.with_context(|| format!("starting the thread {name}"))?;
        thread.join().unwrap_or_else(|panic| Err(panicked(&*panic)))
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::chat::posting::tests::context;

    #[tokio::test]
    async fn the_loop_hears_of_work_that_panicked_too() {
        let (_folder, context) = context();
        let (events, mut inbound) = mpsc::unbounded_channel();
        let worker = Worker::new(context, events);
        worker.start(|_| panic!("a test"), Event::Due);
        let Some(Event::Due(Err(error))) = inbound.recv().await else { panic!("another event") };
        assert_eq!(error.to_string(), "it panicked: a test; please report this");
        worker.start_in_turn(Arc::new(Semaphore::new(1)), |_| panic!("a test"), Event::Offer);
        assert!(matches!(inbound.recv().await, Some(Event::Offer(Err(_)))));
        worker.start_async(async { panic!("a test") }, Event::Trained);
        assert!(matches!(inbound.recv().await, Some(Event::Trained(Err(_)))));
        worker.start(Context::genres, |_| Event::Alarm);
        assert!(matches!(inbound.recv().await, Some(Event::Alarm)));
    }

    #[test]
    fn a_panic_on_a_thread_of_its_own_is_an_error() {
        assert_eq!(nicely("test", || Ok(7)).expect("it works"), 7);
        let panicked: anyhow::Result<()> = nicely("test", || panic!("a test"));
        assert!(panicked.is_err_and(|error| error.to_string().contains("a test; please report")));
    }
}
