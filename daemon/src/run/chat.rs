//! What does the loop do about the chat?
//!
//! Questions are answered in their turn; reactions go from the chat to the ledger without
//! a way through the loop. How a question is answered is in [`crate::chat::answer`].

use std::sync::Arc;

use bot::chat::{ChannelId, Chat, Connected, Heard, Invocation};
use bot::command::Offer;
use tokio::sync::{Semaphore, watch};

use super::event::{ChatEvent, Event};
use super::lookup::Lookup;
use super::worker::Worker;
use crate::chat::answer::answer;
use crate::chat::catch_up::{CatchUp, PACE};
use crate::chat::posting::repost;
use crate::context::Context;
use crate::store::{self, TrackId, TrackState};
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
    worker: Worker,
    desk: LedgerDesk,
    making: Arc<Semaphore>,
    chat: Option<Arc<dyn Chat>>,
    /// The state of the chat, in words.
    state: String,
    /// Posts that an earlier process began. They are taken up at each connection: what became known of
    /// one is in the store, and it is then left alone.
    unconfirmed: Vec<(TrackId, ChannelId)>,
    /// One at a time, or a post might be made twice.
    recovery: Lookup,
    catch_up: CatchUp,
}

impl ChatLink {
    /// Opens the chat, if there is one. To be called before anything is posted: what is unconfirmed
    /// then was posted by an earlier process.
    pub(super) fn open(
        worker: Worker,
        desk: LedgerDesk,
        making: Arc<Semaphore>,
        unconfirmed: Vec<(TrackId, ChannelId)>,
        chat: Result<OpenChat, String>,
        offer: watch::Receiver<Offer>,
    ) -> Self {
        let hear = hearing(worker.clone(), desk.clone());
        let opened =
            chat.and_then(|open| open(hear, offer).map_err(|error| format!("no chat: {error:#}")));
        let (chat, state) = match opened {
            Ok(chat) => (Some(chat), "connecting to Discord".to_owned()),
            Err(why) => {
                tracing::warn!("{why}");
                (None, why)
            }
        };
        let catch_up = CatchUp::new(worker.context.clone(), desk.clone(), PACE);
        let recovery = Lookup::default();
        Self { worker, desk, making, chat, state, unconfirmed, recovery, catch_up }
    }

    /// The state of the chat, in words.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// Does what something that the chat noticed asks for.
    pub(super) fn handle(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Asked(invocation) => self.answer(*invocation),
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

    fn connected(&mut self, connected: &Connected) {
        let Connected { bot_name, n_guilds, invite, resumed } = connected;
        self.state = format!("in Discord as {bot_name} in {n_guilds} communities");
        if *resumed {
            return;
        }
        tracing::info!(invite, "{}", self.state);
        self.take_up();
    }

    /// Takes up what a crash or a lost connection may have left open.
    fn take_up(&mut self) {
        if self.recovery.begin() {
            self.recover();
        }
    }

    /// Answers in its turn: a track takes seconds.
    fn answer(&self, invocation: Invocation) {
        let Some(chat) = self.chat.clone() else { return };
        let (context, desk) = (self.worker.context.clone(), self.desk.clone());
        let making = self.making.clone();
        let answering = async move {
            let _permit = making.acquire_owned().await;
            if let Some(message) = answer(&context, chat.as_ref(), &invocation).await {
                desk.posted(message);
            }
            Ok(())
        };
        self.worker.start_async(answering, Event::Answered);
    }

    /// Confirms the posts that an earlier process left unconfirmed, not those of this one, which are
    /// under way.
    fn recover(&self) {
        let Some(chat) = self.chat.clone() else { return };
        let unconfirmed = self.unconfirmed.clone();
        let (context, desk) = (self.worker.context.clone(), self.desk.clone());
        let recovering = async move {
            confirm(&context, chat.as_ref(), &desk, unconfirmed).await;
            Ok(())
        };
        self.worker.start_async(recovering, Event::Recovered);
    }

    /// Does it once more if there was another connection meanwhile; then looks for the reactions that
    /// were missed.
    pub(super) fn recovered(&mut self) {
        if self.recovery.end() {
            self.take_up();
        } else if let Some(chat) = self.chat.clone() {
            self.catch_up.begin(chat);
        }
    }

    /// Leaves the chat.
    pub(super) async fn close(self) {
        if let Some(chat) = self.chat {
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
            Heard::Asked(invocation) => ChatEvent::Asked(invocation),
            Heard::ChannelGone(channel) => ChatEvent::ChannelGone(channel),
            Heard::CommunityGone { community } => ChatEvent::CommunityGone { community },
            Heard::Connected(connected) => ChatEvent::Connected(connected),
            Heard::Disconnected { why, for_good } => ChatEvent::Disconnected { why, for_good },
        };
        worker.tell(Event::Chat(event));
    })
}

/// Posts that an earlier process began and did not confirm.
pub(super) fn unconfirmed(context: &Context) -> Result<Vec<(TrackId, ChannelId)>, store::Error> {
    let tracks = context.store.tracks_being_posted()?.into_iter();
    let posts = tracks.filter_map(|(id, track)| match track.state {
        TrackState::Posting { channel } => Some((id, channel)),
        TrackState::Rendered | TrackState::Posted { .. } => None,
    });
    Ok(posts.collect())
}

/// Finds posts of unknown fate, or posts their tracks.
async fn confirm(
    context: &Context,
    chat: &dyn Chat,
    desk: &LedgerDesk,
    unconfirmed: Vec<(TrackId, ChannelId)>,
) {
    for (id, channel) in unconfirmed {
        match repost(context, chat, id, channel).await {
            Ok(Some(post)) => desk.posted(post.message),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%id, error = format!("{error:#}"), "a post of unknown fate");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;

    use super::*;
    use crate::chat::posting::tests::{CHANNEL, POSTED, ScriptedChat, context, track, unreachable};
    use crate::votes::ledger::Ledger;

    /// Posts of unknown fate are looked for at three connections: the first look ends in a panic, the
    /// second does not reach the chat.
    #[tokio::test]
    async fn a_post_that_could_not_be_confirmed_is_tried_again_at_the_next_connection() {
        let (_folder, context) = context();
        let id = context.store.add_new_track(|_| track()).expect("added");
        context.store.begin_post(id, CHANNEL).expect("noted");
        let n_looks = AtomicUsize::new(0);
        let chat =
            ScriptedChat::new(Ok(POSTED), move || match n_looks.fetch_add(1, Ordering::Relaxed) {
                0 => panic!("a test"),
                1 => Err(unreachable()),
                2 => Ok(Some(POSTED.message)),
                _ => panic!("it is confirmed"),
            });
        let ledger = Ledger::start(context.clone(), || ()).expect("a ledger");
        let (events, mut inbound) = mpsc::unbounded_channel();
        let unconfirmed = unconfirmed(&context).expect("readable");
        let mut link = ChatLink::open(
            Worker::new(context.clone(), events),
            ledger.desk(),
            Arc::new(Semaphore::new(1)),
            unconfirmed,
            Ok(Box::new(|_, _| Ok(Arc::new(chat)))),
            watch::channel(Offer::default()).1,
        );
        let posting = TrackState::Posting { channel: CHANNEL };
        let posted = TrackState::Posted { channel: CHANNEL, message: POSTED.message };
        for (expected, is_panic) in
            [(posting, true), (posting, false), (posted, false), (posted, false)]
        {
            link.take_up();
            let Some(Event::Recovered(result)) = inbound.recv().await else { panic!("no end") };
            assert_eq!(result.is_err(), is_panic);
            link.recovered();
            let state = context.store.track(id).expect("readable").expect("there").state;
            assert_eq!(state, expected);
        }
        ledger.close();
    }
}
