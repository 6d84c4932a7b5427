//! What does the loop do about the chat?
//!
//! Questions go to [`super::wishes`]; reactions go from the chat to the ledger without a way through the
//! loop.

use std::sync::Arc;

use bot::chat::{Chat, Connected, Heard, InvocationId};
use bot::command::Offer;
use tokio::sync::{Semaphore, watch};

use super::event::{ChatEvent, Event, JobEvent};
use super::wishes::Wishes;
use super::worker::Worker;
use crate::chat::catch_up::{CatchUp, PACE};
use crate::store::Job;
use crate::votes::ledger::LedgerDesk;

/// Opens the way out: given where to tell what is heard, and what to offer.
pub(crate) type OpenChat = Box<
    dyn FnOnce(
            Box<dyn Fn(Heard) + Send + Sync>,
            watch::Receiver<Offer>,
        ) -> anyhow::Result<Arc<dyn Chat>>
        + Send,
>;

/// The daemon's side of the chat.
pub(super) struct ChatLink {
    chat: Option<(Arc<dyn Chat>, Wishes)>,
    /// The state of the chat, in words.
    state: String,
    /// The same while it is there.
    there: String,
    catch_up: CatchUp,
}

impl ChatLink {
    /// Opens the chat, if there is one, with the questions that an earlier process left.
    pub(super) fn open(
        worker: Worker,
        desk: LedgerDesk,
        making: Arc<Semaphore>,
        left: Vec<(InvocationId, Job)>,
        chat: Result<OpenChat, String>,
        offer: watch::Receiver<Offer>,
    ) -> Self {
        let catch_up = CatchUp::new(worker.context.clone(), desk.clone(), PACE);
        let hear = hearing(worker.clone(), desk.clone());
        let opened =
            chat.and_then(|open| open(hear, offer).map_err(|error| format!("no chat: {error:#}")));
        let (chat, state) = match opened {
            Ok(chat) => {
                let wishes = Wishes::new(worker, desk, Arc::clone(&chat), making, left);
                (Some((chat, wishes)), "connecting to Discord".to_owned())
            }
            Err(why) => {
                tracing::warn!("{why}");
                (None, why)
            }
        };
        Self { chat, state, there: String::new(), catch_up }
    }

    /// The state of the chat, in words.
    pub(super) fn state(&self) -> String {
        let n_open = self.chat.as_ref().map_or(0, |(_, wishes)| wishes.n_open());
        match n_open {
            0 => self.state.clone(),
            1 => format!("{}, where 1 question waits for its answer", self.state),
            n => format!("{}, where {n} questions wait for their answers", self.state),
        }
    }

    /// Does what something that the chat noticed asks for.
    pub(super) fn handle(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Asked(asked) => self.with_wishes(|wishes| wishes.asked(asked)),
            ChatEvent::Acknowledged(id, how) => {
                self.with_wishes(|wishes| wishes.acknowledged(id, how));
            }
            ChatEvent::ChannelGone(channel) => tracing::info!(%channel, "a channel is gone"),
            ChatEvent::CommunityGone { community } => {
                tracing::info!(community, "the bot is no longer in a community");
            }
            ChatEvent::Connected(connected) => self.connected(&connected),
            ChatEvent::Disconnected { why, for_good } => {
                self.state = format!("not in Discord: {why}");
                if for_good {
                    tracing::error!("{}", self.state);
                } else {
                    tracing::warn!("{}", self.state);
                }
            }
        }
    }

    /// Something happened to a question.
    pub(super) fn handle_job(&mut self, id: InvocationId, event: JobEvent) {
        let Some((_, wishes)) = &mut self.chat else { return };
        wishes.handle(id, event);
        if wishes.may_have_missed() {
            self.look_back();
        }
    }

    fn with_wishes(&mut self, act: impl FnOnce(&mut Wishes)) {
        if let Some((_, wishes)) = &mut self.chat {
            act(wishes);
        }
    }

    fn connected(&mut self, connected: &Connected) {
        let Connected { bot_name, n_guilds, invite, resumed } = connected;
        if *resumed {
            self.state.clone_from(&self.there);
        } else {
            self.there = format!("in Discord as {bot_name} in {n_guilds} communities");
            self.state.clone_from(&self.there);
            tracing::info!(invite, "{}", self.state);
            self.look_back();
        }
        self.with_wishes(Wishes::take_up);
    }

    /// Looks for the reactions that were missed.
    fn look_back(&mut self) {
        if let Some((chat, _)) = &self.chat {
            self.catch_up.begin(Arc::clone(chat));
        }
    }

    /// Leaves the chat.
    pub(super) async fn close(self) {
        if let Some((chat, _)) = self.chat {
            chat.stop().await;
        }
    }
}

/// Where what is heard goes: reactions to the ledger, all else to the loop.
fn hearing(worker: Worker, desk: LedgerDesk) -> Box<dyn Fn(Heard) + Send + Sync> {
    Box::new(move |heard| {
        let event = match heard {
            Heard::Reacted(reacted) => return desk.reacted(reacted),
            Heard::Cleared { message, emoji, .. } => return desk.cleared(message, emoji),
            Heard::Asked(asked) => ChatEvent::Asked(asked),
            Heard::Acknowledged(id, how) => ChatEvent::Acknowledged(id, how),
            Heard::ChannelGone(channel) => ChatEvent::ChannelGone(channel),
            Heard::CommunityGone { community } => ChatEvent::CommunityGone { community },
            Heard::Connected(connected) => ChatEvent::Connected(connected),
            Heard::Disconnected { why, for_good } => ChatEvent::Disconnected { why, for_good },
        };
        worker.tell(Event::Chat(event));
    })
}
