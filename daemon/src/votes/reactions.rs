//! How does a reaction become a vote?
//!
//! Every rule about reactions is here: what one is worth ([`Reactions::vote_of`]), and which of them
//! stand. A reaction may come before it is known that its message is a track; it is kept until then.

use std::collections::{BTreeSet, VecDeque};

use bot::chat::{ListenerId, MessageId, Reacted};
use bot::reaction::Emoji;

use crate::context::{Context, now_ms, to_ms};
use crate::listeners::CHAT;
use crate::store::{Error, TrackId, Vote};

/// Reactions to unknown messages that are kept until their post is confirmed.
const MAX_UNMATCHED: usize = 1024;
/// Reactions taken back that are remembered for lists that were asked for before.
const MAX_TAKEN_BACK: usize = 1024;

/// Something that changes votes.
#[derive(Debug)]
pub(super) enum Entry {
    /// A reaction was put or taken back.
    Reacted(Reacted),
    /// All reactions of a message, or those with one emoji, are gone.
    Cleared(MessageId, Option<Emoji>),
    /// This message is known to be a track from now on.
    Posted(MessageId),
    /// These reactions, and no others, stood below a track's message.
    Standing {
        track: TrackId,
        reactions: Vec<(Emoji, ListenerId)>,
        /// When the chat was asked, in milliseconds since 1970; what changed since is left alone.
        asked_at_ms: u64,
    },
}

/// A reaction, or all of a kind, taken back. The store has no trace of one that never was a vote.
struct TakenBack {
    track: TrackId,
    /// Whose; `None` is everybody's.
    listener: Option<String>,
    /// Which; `None` is every one.
    emoji: Option<Emoji>,
    at_ms: u64,
}

/// Turns reactions into votes.
pub(super) struct Reactions {
    context: Context,
    /// Reactions to messages that are not tracks (yet), in their order.
    unmatched: VecDeque<Reacted>,
    taken_back: VecDeque<TakenBack>,
}

impl Reactions {
    pub(super) fn new(context: Context) -> Self {
        Self { context, unmatched: VecDeque::new(), taken_back: VecDeque::new() }
    }

    /// Writes what an entry amounts to; gives the number of votes that it changed. May be done again
    /// after a failure.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) fn write(&mut self, entry: &Entry) -> Result<u64, Error> {
        match entry {
            Entry::Reacted(reacted) => self.reacted(reacted),
            Entry::Cleared(message, emoji) => self.cleared(*message, emoji.as_ref()),
            Entry::Posted(message) => self.posted(*message),
            Entry::Standing { track, reactions, asked_at_ms } => {
                self.reconcile(*track, reactions, *asked_at_ms)
            }
        }
    }

    /// The vote that a reaction below a track amounts to; `None` if it counts for nothing.
    fn vote_of(&self, listener: String, emoji: &Emoji, at_ms: u64) -> Option<Vote> {
        let value = self.context.config.reactions.value(emoji)? as f32;
        let emoji = emoji.as_str().to_owned();
        Some(Vote { listener, emoji, value, at_ms, removed_at_ms: None })
    }

    fn reacted(&mut self, reacted: &Reacted) -> Result<u64, Error> {
        if let Some(track) = self.context.store.track_of_message(reacted.message)? {
            return self.vote(track, reacted);
        }
        self.unmatched.push_back(reacted.clone());
        if self.unmatched.len() > MAX_UNMATCHED {
            self.unmatched.pop_front();
        }
        Ok(0)
    }

    /// Counts the reactions that came before their message was known to be a track.
    fn posted(&mut self, message: MessageId) -> Result<u64, Error> {
        let Some(track) = self.context.store.track_of_message(message)? else { return Ok(0) };
        let mut n_changed = 0;
        while let Some(idx) = self.unmatched.iter().position(|early| early.message == message) {
            let early = self.unmatched[idx].clone();
            n_changed += self.vote(track, &early)?;
            self.unmatched.remove(idx);
        }
        Ok(n_changed)
    }

    fn vote(&mut self, track: TrackId, reacted: &Reacted) -> Result<u64, Error> {
        let Reacted { listener, emoji, added, at, .. } = reacted;
        let (name, at_ms) = (self.context.listeners.name(*listener), to_ms(*at));
        let is_changed = if *added {
            let Some(vote) = self.vote_of(name, emoji, at_ms) else { return Ok(0) };
            self.context.store.add_vote(track, vote)?
        } else {
            let is_found =
                self.context.store.take_back_vote(track, &name, emoji.as_str(), at_ms)?;
            let (listener, emoji) = (Some(name), Some(emoji.clone()));
            self.remember(TakenBack { track, listener, emoji, at_ms });
            is_found
        };
        if is_changed {
            tracing::info!(%track, %emoji, added, "vote");
        }
        Ok(u64::from(is_changed))
    }

    fn cleared(&mut self, message: MessageId, emoji: Option<&Emoji>) -> Result<u64, Error> {
        let is_meant = |early: &Reacted| {
            early.message == message && emoji.is_none_or(|emoji| *emoji == early.emoji)
        };
        self.unmatched.retain(|early| !is_meant(early));
        let store = &self.context.store;
        let Some(track) = store.track_of_message(message)? else { return Ok(0) };
        let at_ms = now_ms();
        let n_votes = store.take_back_all_votes(track, emoji.map(Emoji::as_str), at_ms)?;
        self.remember(TakenBack { track, listener: None, emoji: emoji.cloned(), at_ms });
        tracing::info!(%track, n_votes, "reactions cleared");
        Ok(n_votes)
    }

    fn remember(&mut self, taken_back: TakenBack) {
        self.taken_back.push_back(taken_back);
        if self.taken_back.len() > MAX_TAKEN_BACK {
            self.taken_back.pop_front();
        }
    }

    /// Makes the votes from the chat agree with the reactions that stood at `asked_at_ms`, except
    /// where something was heard since. Votes from elsewhere stay.
    fn reconcile(
        &self,
        track: TrackId,
        reactions: &[(Emoji, ListenerId)],
        asked_at_ms: u64,
    ) -> Result<u64, Error> {
        let store = &self.context.store;
        let votes = store.votes_of(track)?;
        let is_newer =
            |vote: &&Vote| vote.at_ms.max(vote.removed_at_ms.unwrap_or(0)) >= asked_at_ms;
        let newer: BTreeSet<(&str, &str)> =
            votes.iter().filter(is_newer).map(|vote| (&*vote.listener, &*vote.emoji)).collect();
        let standing: BTreeSet<(String, &str)> = reactions
            .iter()
            .map(|(emoji, listener)| (self.context.listeners.name(*listener), emoji.as_str()))
            .collect();
        let mut n_changed = 0;
        for Vote { listener, emoji, .. } in votes.iter().filter(|vote| vote.stands()) {
            if listener.starts_with(CHAT)
                && !newer.contains(&(&**listener, &**emoji))
                && !standing.contains(&(listener.clone(), &**emoji))
            {
                let is_found = store.take_back_vote(track, listener, emoji, asked_at_ms)?;
                n_changed += u64::from(is_found);
            }
        }
        for (emoji, listener) in reactions {
            let name = self.context.listeners.name(*listener);
            if newer.contains(&(&*name, emoji.as_str()))
                || self.was_taken_back(track, &name, emoji, asked_at_ms)
            {
                continue;
            }
            if let Some(vote) = self.vote_of(name, emoji, asked_at_ms) {
                n_changed += u64::from(store.add_vote(track, vote)?);
            }
        }
        if n_changed > 0 {
            tracing::info!(%track, n_changed, "votes brought up to date");
        }
        Ok(n_changed)
    }

    fn was_taken_back(&self, track: TrackId, name: &str, emoji: &Emoji, since_ms: u64) -> bool {
        self.taken_back.iter().any(|back| {
            back.track == track
                && back.at_ms >= since_ms
                && back.listener.as_ref().is_none_or(|listener| listener == name)
                && back.emoji.as_ref().is_none_or(|taken| taken == emoji)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use bot::chat::{ChannelId, Posted};

    use super::*;
    use crate::chat::posting::tests::{context, track};

    const CHANNEL: ChannelId = ChannelId(1);
    const MESSAGE: MessageId = MessageId(7);
    const ASKED: u64 = 10;

    fn reacted(listener: u64, emoji: &str, added: bool, at_ms: u64) -> Entry {
        Entry::Reacted(Reacted {
            channel: CHANNEL,
            message: MESSAGE,
            listener: ListenerId(listener),
            emoji: Emoji::new(emoji),
            added,
            at: UNIX_EPOCH + Duration::from_millis(at_ms),
        })
    }

    /// Writes entries around the moment at which the store knows that the message is a track, and
    /// gives back who stands below it with what.
    fn votes(
        before: Vec<Entry>,
        after: impl FnOnce(TrackId) -> Vec<Entry>,
    ) -> Vec<(String, String)> {
        let (_folder, context) = context();
        let mut reactions = Reactions::new(context.clone());
        let mut write = |entries: Vec<Entry>| {
            for entry in entries {
                reactions.write(&entry).expect("written");
            }
        };
        let id = context.store.add_new_track(|_| track()).expect("added");
        write(before);
        let posted = Posted { channel: CHANNEL, message: MESSAGE };
        context.store.confirm_post(id, posted).expect("noted");
        write(after(id));
        let votes = context.store.votes_of(id).expect("readable");
        let standing = votes.into_iter().filter(Vote::stands);
        standing.map(|vote| (vote.listener, vote.emoji)).collect()
    }

    fn pair(listener: u64, emoji: &str) -> (String, String) {
        (format!("discord:{listener}"), emoji.to_owned())
    }

    #[test]
    fn a_reaction_that_came_before_its_post_was_confirmed_counts_from_then_on() {
        let early = vec![reacted(1, "🔥", true, 5), reacted(2, "🔥", true, 5)];
        let standing = votes(early, |_| vec![Entry::Posted(MESSAGE), Entry::Posted(MESSAGE)]);
        assert_eq!(standing, [pair(1, "🔥"), pair(2, "🔥")]);
    }

    #[test]
    fn a_reaction_between_the_confirmation_and_the_news_of_it_waits_for_nothing() {
        let late = |_| vec![reacted(1, "🔥", true, 5), Entry::Posted(MESSAGE)];
        assert_eq!(votes(Vec::new(), late), [pair(1, "🔥")]);
        let latest = |_| vec![Entry::Posted(MESSAGE), reacted(1, "🔥", true, 5)];
        assert_eq!(votes(Vec::new(), latest), [pair(1, "🔥")]);
    }

    #[test]
    fn what_was_taken_back_or_cleared_before_its_post_was_confirmed_never_counts() {
        let early = vec![reacted(1, "🔥", true, 5), reacted(1, "🔥", false, 6)];
        assert_eq!(votes(early, |_| vec![Entry::Posted(MESSAGE)]), []);
        let fire = Emoji::new("🔥");
        let early = vec![
            reacted(1, "🔥", true, 5),
            reacted(1, "👎", true, 5),
            Entry::Cleared(MESSAGE, Some(fire)),
        ];
        assert_eq!(votes(early, |_| vec![Entry::Posted(MESSAGE)]), [pair(1, "👎")]);
    }

    #[test]
    fn votes_follow_the_reactions_that_stood_unless_something_was_heard_since() {
        let stands = |emoji, listener| (Emoji::new(emoji), ListenerId(listener));
        let standing = votes(Vec::new(), |track| {
            vec![
                reacted(1, "🔥", true, 5),
                reacted(2, "🔥", true, 5),
                reacted(3, "🔥", true, 5),
                // Heard while the chat was asked: 2 takes back, 3 votes again, 4 is new, and 5
                // takes back what no vote was made of.
                reacted(2, "🔥", false, 12),
                reacted(3, "👎", true, 12),
                reacted(4, "🔥", true, 12),
                reacted(5, "🔥", false, 12),
                Entry::Standing {
                    track,
                    reactions: [("🔥", 2), ("🔥", 3), ("🔥", 5), ("🔥", 6)]
                        .map(|(emoji, listener)| stands(emoji, listener))
                        .to_vec(),
                    asked_at_ms: ASKED,
                },
            ]
        });
        // 1 took it back unheard, 6 voted unheard.
        assert_eq!(standing, [pair(3, "🔥"), pair(3, "👎"), pair(4, "🔥"), pair(6, "🔥")]);
    }

    #[test]
    fn what_was_cleared_while_the_chat_was_asked_stays_cleared() {
        let standing = votes(Vec::new(), |track| {
            vec![
                Entry::Cleared(MESSAGE, None),
                Entry::Standing {
                    track,
                    reactions: vec![(Emoji::new("🔥"), ListenerId(1))],
                    asked_at_ms: ASKED,
                },
            ]
        });
        assert_eq!(standing, []);
    }
}
