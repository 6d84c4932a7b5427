//! What does the loop do about the chat?
//!
//! Questions are answered in their turn; reactions go from the chat to the ledger without
//! a way through the loop. How a question is answered is in [`crate::chat::answer`].

use std::sync::Arc;

use bot::chat::{ChannelId, Chat, Connected, Error, Heard, Invocation, Posted};
use bot::command::Offer;
use tokio::sync::{Semaphore, watch};

use super::event::{ChatEvent, Event};
use super::worker::Worker;
use crate::chat::answer::answer;
use crate::chat::posting::repost;
use crate::context::{Context, now_ms};
use crate::store::{self, TrackId, TrackState};
use crate::votes::ledger::LedgerDesk;

/// Posts whose reactions are looked at again after a connection was lost.
const RECENT_POSTS: usize = 50;

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
    /// Posts that an earlier process began; taken up at the first connection.
    unconfirmed: Vec<(TrackId, ChannelId)>,
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
        Self { worker, desk, making, chat, state, unconfirmed }
    }

    /// The state of the chat, in words.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// Does what something that the chat noticed asks for.
    pub(super) fn handle(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Asked(invocation) => self.answer(invocation),
            ChatEvent::ChannelGone(channel) => tracing::info!(%channel, "a channel is gone"),
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
        if *resumed {
            return;
        }
        self.state = format!("in Discord as {bot_name} in {n_guilds} communities");
        tracing::info!(invite, "{}", self.state);
        // Reactions may have been missed.
        self.worker.start(recent_posts, Event::RecentPosts);
    }

    /// Answers in its turn: a track takes seconds.
    fn answer(&self, invocation: Invocation) {
        let Some(chat) = self.chat.clone() else { return };
        let (context, desk) = (self.worker.context.clone(), self.desk.clone());
        let making = self.making.clone();
        tokio::spawn(async move {
            let _permit = making.acquire_owned().await;
            if let Some(message) = answer(&context, chat.as_ref(), &invocation).await {
                desk.posted(message);
            }
        });
    }

    /// Takes up what a crash or a lost connection may have left open: posts that an earlier process
    /// left unconfirmed, once, since those of this process are under way; and reactions.
    pub(super) fn recover(&mut self, recent: anyhow::Result<Vec<(TrackId, Posted)>>) {
        let posted = recent.unwrap_or_else(|error| {
            let error = format!("{error:#}");
            tracing::error!(error, "the tracks cannot be read; reactions may be missed");
            Vec::new()
        });
        let Some(chat) = self.chat.clone() else { return };
        let unconfirmed = std::mem::take(&mut self.unconfirmed);
        let (context, desk) = (self.worker.context.clone(), self.desk.clone());
        tokio::spawn(async move {
            let confirmed = confirm(&context, chat.as_ref(), &desk, unconfirmed).await;
            for (track, post) in posted.into_iter().chain(confirmed) {
                catch_up(chat.as_ref(), &desk, track, post).await;
            }
        });
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

/// The posts whose reactions are worth a look, the oldest first.
fn recent_posts(context: &Context) -> anyhow::Result<Vec<(TrackId, Posted)>> {
    let tracks = context.store.tracks()?.into_iter();
    let mut posts: Vec<(TrackId, Posted)> = tracks
        .filter_map(|(id, track)| match track.state {
            TrackState::Posted { channel, message } => Some((id, Posted { channel, message })),
            TrackState::Rendered | TrackState::Posting { .. } => None,
        })
        .collect();
    posts.drain(..posts.len().saturating_sub(RECENT_POSTS));
    Ok(posts)
}

/// Finds posts of unknown fate, or posts their tracks; gives those that are posted.
async fn confirm(
    context: &Context,
    chat: &dyn Chat,
    desk: &LedgerDesk,
    unconfirmed: Vec<(TrackId, ChannelId)>,
) -> Vec<(TrackId, Posted)> {
    let mut confirmed = Vec::new();
    for (id, channel) in unconfirmed {
        match repost(context, chat, id, channel).await {
            Ok(Some(post)) => {
                desk.posted(post.message);
                confirmed.push((id, post));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%id, error = format!("{error:#}"), "a post of unknown fate");
            }
        }
    }
    confirmed
}

/// Brings the votes below a post up to date.
async fn catch_up(chat: &dyn Chat, desk: &LedgerDesk, track: TrackId, post: Posted) {
    let asked_at_ms = now_ms();
    match chat.reactions_of(post.channel, post.message).await {
        Ok(reactions) => desk.standing(track, reactions, asked_at_ms),
        Err(Error::Gone) => {}
        Err(error) => tracing::warn!(%track, %error, "reactions may have been missed"),
    }
}
