//! How does a reaction become a vote?
//!
//! Every rule about reactions is here: what one is worth ([`Reactions::vote_of`]), and which of them
//! stand. A reaction may come before it is known that its message is a track; it is kept until then.

mod early;
mod standing;
mod taken_back;
#[cfg(test)]
mod tests;

use bot::chat::{MessageId, Reacted};
use bot::reaction::Emoji;

use self::early::{Early, Heard};
pub(crate) use self::standing::Standing;
use self::taken_back::{Remembered, TakenBack};
use crate::context::{Context, to_ms};
use crate::store::{CHAT, Error, Track, TrackId, Vote};

/// Something that changes votes.
#[derive(Debug)]
pub(super) enum Entry {
    /// A reaction was put or taken back.
    Reacted(Reacted),
    /// All reactions of a message, or those with one emoji, are gone.
    Cleared {
        message: MessageId,
        emoji: Option<Emoji>,
        /// When that was heard, in milliseconds since 1970.
        at_ms: u64,
    },
    /// This message is known to be a track from now on.
    Posted(MessageId),
    /// Messages of which something was heard may have become tracks unsaid.
    Look,
    /// These reactions, and no others, stood below a track's message.
    Standing(Standing),
}

/// Turns reactions into votes.
pub(super) struct Reactions {
    context: Context,
    early: Early,
    taken_back: Remembered,
}

impl Reactions {
    pub(super) fn new(context: Context) -> Self {
        Self { context, early: Early::default(), taken_back: Remembered::default() }
    }

    /// Whether something waits for its message to become a track.
    pub(super) fn is_waiting(&self) -> bool {
        !self.early.is_empty()
    }

    /// Writes what an entry amounts to; gives the number of votes that it changed. May be done again
    /// after a failure.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) fn write(&mut self, entry: &Entry) -> Result<u64, Error> {
        match entry {
            Entry::Reacted(reacted) => {
                self.heard(reacted.message, &Heard::Reacted(reacted.clone()))
            }
            Entry::Cleared { message, emoji, at_ms } => {
                let (emoji, at_ms) = (emoji.clone(), *at_ms);
                self.heard(*message, &Heard::Cleared { emoji, at_ms })
            }
            Entry::Posted(message) => self.look(*message),
            Entry::Look => self.early.messages().into_iter().map(|own| self.look(own)).sum(),
            Entry::Standing(standing) => self.reconcile(standing),
        }
    }

    /// The vote that a reaction below a track amounts to; `None` if it counts for nothing. Who asked for a
    /// track is pleased with it more easily.
    fn vote_of(&self, of: &Track, listener: String, emoji: &Emoji, at_ms: u64) -> Option<Vote> {
        let settings = &self.context.config.reactions;
        let value = settings.value(emoji)? as f32;
        let is_own = of.asker.as_ref() == Some(&listener);
        let weight = if is_own { settings.own_vote as f32 } else { 1.0 };
        let emoji = emoji.as_str().to_owned();
        Some(Vote { listener, emoji, value, weight, at_ms, removed_at_ms: None })
    }

    fn heard(&mut self, message: MessageId, heard: &Heard) -> Result<u64, Error> {
        let Some(track) = self.context.store.track_of_message(message)? else {
            self.early.push(message, heard.clone());
            return Ok(0);
        };
        Ok(self.replay(track, message)? + self.count(track, heard)?)
    }

    /// Counts what was heard of a message if it is known to be a track by now.
    fn look(&mut self, message: MessageId) -> Result<u64, Error> {
        match self.context.store.track_of_message(message)? {
            Some(track) => self.replay(track, message),
            None => Ok(0),
        }
    }

    fn replay(&mut self, track: TrackId, message: MessageId) -> Result<u64, Error> {
        let mut n_changed = 0;
        while let Some((idx, heard)) = self.early.first_of(message) {
            n_changed += self.count(track, &heard)?;
            self.early.remove(idx);
        }
        Ok(n_changed)
    }

    fn count(&mut self, track: TrackId, heard: &Heard) -> Result<u64, Error> {
        match heard {
            Heard::Reacted(reacted) => self.vote(track, reacted).map(u64::from),
            Heard::Cleared { emoji, at_ms } => self.cleared(track, emoji.as_ref(), *at_ms),
        }
    }

    fn vote(&mut self, track: TrackId, reacted: &Reacted) -> Result<bool, Error> {
        let Reacted { listener, emoji, added, at, .. } = reacted;
        let (name, at_ms) = (self.context.listeners.name(*listener), to_ms(*at));
        let is_changed = if *added {
            if self.is_forgotten(&name, at_ms)? {
                return Ok(false);
            }
            let of = self.track(track)?;
            let Some(vote) = self.vote_of(&of, name, emoji, at_ms) else { return Ok(false) };
            self.context.store.add_vote(track, vote)?
        } else {
            let is_found =
                self.context.store.take_back_vote(track, &name, emoji.as_str(), at_ms)?;
            let (listener, emoji) = (Some(name), Some(emoji.clone()));
            self.taken_back.push(TakenBack { track, listener, emoji, at_ms });
            is_found
        };
        if is_changed {
            tracing::info!(%track, %emoji, added, "vote");
        }
        Ok(is_changed)
    }

    fn track(&self, id: TrackId) -> Result<Track, Error> {
        let track = self.context.store.track(id)?;
        track.ok_or_else(|| Error::NotFound { what: "track", id: id.to_string() })
    }

    /// Whether a listener was forgotten at this time, in milliseconds since 1970, or later.
    fn is_forgotten(&self, listener: &str, at_ms: u64) -> Result<bool, Error> {
        Ok(self.context.store.forgotten_at_ms(listener)?.is_some_and(|since| since >= at_ms))
    }

    fn cleared(&mut self, track: TrackId, emoji: Option<&Emoji>, at_ms: u64) -> Result<u64, Error> {
        let store = &self.context.store;
        let n_votes = store.take_back_all_votes(track, CHAT, emoji.map(Emoji::as_str), at_ms)?;
        let (listener, emoji) = (None, emoji.cloned());
        self.taken_back.push(TakenBack { track, listener, emoji, at_ms });
        tracing::info!(%track, n_votes, "reactions cleared");
        Ok(n_votes)
    }
}
