//! Which reactions were missed while nobody listened?
//!
//! Every post that can still be voted on is looked at, channel by channel in pages of messages, the newest
//! first. A message says how many people put each emoji: only where that is not how many votes there are,
//! the people are asked for. A swap of two people hides from that, so the newest posts are always read
//! wholly, and all others once a day.

mod difference;
mod pace;
mod reader;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bot::chat::{Chat, Error};
use tokio::task::JoinHandle;

pub(crate) use self::pace::{PACE, Pace};
use self::reader::Reader;
use crate::context::Context;
use crate::votes::ledger::LedgerDesk;

/// What reads back, at most once at a time.
pub(crate) struct CatchUp {
    context: Context,
    desk: LedgerDesk,
    pace: Pace,
    reading: Option<JoinHandle<()>>,
}

impl CatchUp {
    /// Reads nothing yet.
    pub(crate) fn new(context: Context, desk: LedgerDesk, pace: Pace) -> Self {
        Self { context, desk, pace, reading: None }
    }

    /// Begins from the newest post, as something may have been missed. What was under way is abandoned.
    pub(crate) fn begin(&mut self, chat: Arc<dyn Chat>) {
        self.abandon();
        let reader = Reader::new(self.context.clone(), chat, self.desk.clone(), self.pace);
        self.reading = Some(tokio::spawn(keep_reading(reader, self.pace)));
    }

    fn abandon(&mut self) {
        if let Some(reading) = self.reading.take() {
            reading.abort();
        }
    }
}

impl Drop for CatchUp {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Reads back as long as the session lasts.
async fn keep_reading(mut reader: Reader, pace: Pace) {
    loop {
        let pause = match reader.read_back().await {
            Ok(()) => pace.again,
            Err(error) => {
                if let Some(Error::Stopped | Error::Token(_)) = error.downcast_ref() {
                    return;
                }
                let error = format!("{error:#}");
                tracing::warn!(error, "reactions may have been missed; they are looked for later");
                pace.retry
            }
        };
        tokio::time::sleep(pause).await;
    }
}
