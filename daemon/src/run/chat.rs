//! What does the loop do about the chat?
//!
//! Questions are answered elsewhere (see [`crate::chat::answer`]); reactions go to the ledger.

use bot::chat::{ChannelId, Error, Heard, MessageId, Posted, Request};

use super::{Daemon, OpenChat};
use crate::chat::answer::answer;
use crate::chat::posting::repost;
use crate::context::{Context, now_ms};
use crate::run::event::Event;
use crate::store::{self, TrackId, TrackState};
use crate::votes::ledger::Entry;

/// Posts whose reactions are looked at again after a connection was lost.
const RECENT_POSTS: usize = 50;

impl Daemon {
    /// To be called once, before anything is posted.
    pub(super) fn open_chat(&mut self, chat: Result<OpenChat, String>) {
        match unconfirmed(&self.context) {
            Ok(posts) => self.unconfirmed = posts,
            Err(error) => tracing::error!(%error, "posts of unknown fate cannot be read"),
        }
        let open = match chat {
            Ok(open) => open,
            Err(why) => {
                tracing::warn!("{why}");
                self.chat_state = why;
                return;
            }
        };
        let events = self.events.clone();
        let hear = Box::new(move |heard| drop(events.send(Event::Heard(heard))));
        match open(hear, self.offer.subscribe()) {
            Ok(chat) => {
                self.chat = Some(chat);
                "connecting to Discord".clone_into(&mut self.chat_state);
            }
            Err(error) => {
                self.chat_state = format!("no chat: {error:#}");
                tracing::error!("{}", self.chat_state);
            }
        }
    }

    pub(super) fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Asked(request) => self.answer(request),
            Heard::Reacted(reacted) => self.enter(Entry::Reacted(reacted)),
            Heard::Cleared { message, emoji, .. } => self.enter(Entry::Cleared(message, emoji)),
            Heard::ChannelGone(channel) => tracing::info!(%channel, "a channel is gone"),
            Heard::Connected(connected) => {
                if !connected.resumed {
                    self.chat_state = format!(
                        "in Discord as {} in {} communities",
                        connected.bot_name, connected.n_guilds
                    );
                    tracing::info!(invite = connected.invite, "{}", self.chat_state);
                    self.look_for_missed();
                }
            }
            Heard::Disconnected { why, for_good } => {
                self.chat_state = format!("not in Discord: {why}");
                if for_good {
                    tracing::error!("{}", self.chat_state);
                } else {
                    tracing::warn!("{}", self.chat_state);
                }
            }
        }
    }

    /// Once the doors are closed, votes still count and questions are no longer answered.
    pub(super) fn heard_while_stopping(&mut self, heard: Heard) {
        match heard {
            Heard::Reacted(reacted) => self.enter(Entry::Reacted(reacted)),
            Heard::Cleared { message, emoji, .. } => self.enter(Entry::Cleared(message, emoji)),
            _ => {}
        }
    }

    /// Answers elsewhere: a track takes seconds.
    fn answer(&self, request: Request) {
        let Some(chat) = self.chat.clone() else { return };
        let (context, events, making) =
            (self.context.clone(), self.events.clone(), self.making.clone());
        tokio::spawn(async move {
            let _permit = making.acquire_owned().await;
            if let Some(message) = answer(&context, chat.as_ref(), &request).await {
                let _ = events.send(Event::Posted(message));
            }
        });
    }

    /// Lists, elsewhere, what a crash or a lost connection may have left open. Posts that another
    /// process left unconfirmed are taken up once; those of this process are under way.
    fn look_for_missed(&mut self) {
        let posting = std::mem::take(&mut self.unconfirmed);
        let (context, events) = (self.context.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            let tracks = context.store.tracks().unwrap_or_else(|error| {
                tracing::error!(%error, "the tracks cannot be read; reactions may be missed");
                Vec::new()
            });
            let mut posted = Vec::new();
            for (id, track) in tracks {
                if let TrackState::Posted { channel, message } = track.state {
                    posted.push((id, channel, message));
                }
            }
            let n_old = posted.len().saturating_sub(RECENT_POSTS);
            posted.drain(..n_old);
            let _ = events.send(Event::Recover { posting, posted });
        });
    }

    pub(super) fn recover(
        &self,
        posting: Vec<(TrackId, ChannelId)>,
        mut posted: Vec<(TrackId, ChannelId, MessageId)>,
    ) {
        let (Some(chat), Some(ledger)) = (self.chat.clone(), &self.ledger) else { return };
        let (context, events, entries) =
            (self.context.clone(), self.events.clone(), ledger.entries.clone());
        tokio::spawn(async move {
            for (id, channel) in posting {
                match repost(&context, chat.as_ref(), id, channel).await {
                    Ok(Some(Posted { channel, message })) => {
                        let _ = events.send(Event::Posted(message));
                        posted.push((id, channel, message));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(%id, error = format!("{error:#}"), "a post of unknown fate");
                    }
                }
            }
            for (track, channel, message) in posted {
                let asked_at_ms = now_ms();
                match chat.reactions_of(channel, message).await {
                    Ok(reactions) => {
                        let _ = entries.send(Entry::Standing { track, reactions, asked_at_ms });
                    }
                    Err(Error::Gone) => {}
                    Err(error) => tracing::warn!(%track, %error, "reactions may have been missed"),
                }
            }
        });
    }
}

/// Posts that an earlier process began and did not confirm.
fn unconfirmed(context: &Context) -> Result<Vec<(TrackId, ChannelId)>, store::Error> {
    let tracks = context.store.tracks_being_posted()?.into_iter();
    let posts = tracks.filter_map(|(id, track)| match track.state {
        TrackState::Posting { channel } => Some((id, channel)),
        TrackState::Rendered | TrackState::Posted { .. } => None,
    });
    Ok(posts.collect())
}
