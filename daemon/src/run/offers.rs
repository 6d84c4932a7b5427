//! How does the chat know what listeners may choose from?

use bot::command::Offer;
use tokio::sync::watch;

use super::event::Event;
use super::lookup::Lookup;
use super::worker::Worker;
use crate::chat::offer::offer;

/// What is on offer, kept up to date.
pub(super) struct Offers {
    worker: Worker,
    offered: watch::Sender<Offer>,
    lookup: Lookup,
}

impl Offers {
    pub(super) fn new(worker: Worker, offer: Offer) -> Self {
        Self { worker, offered: watch::channel(offer).0, lookup: Lookup::default() }
    }

    /// What is on offer at any time.
    pub(super) fn subscribe(&self) -> watch::Receiver<Offer> {
        self.offered.subscribe()
    }

    /// Looks up what is on offer now.
    pub(super) fn renew(&mut self) {
        if self.lookup.begin() {
            self.worker.start(offer, Event::Offer);
        }
    }

    /// Tells the chat what was looked up.
    pub(super) fn renewed(&mut self, offer: anyhow::Result<Offer>) {
        match offer {
            Ok(offer) => {
                self.offered.send_if_modified(|now| {
                    let is_new = *now != offer;
                    *now = offer;
                    is_new
                });
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "what can be asked for is not known");
            }
        }
        if self.lookup.end() {
            self.renew();
        }
    }
}
