//! Do the votes on a track agree with the reactions that stood below its post?

use std::collections::{BTreeMap, BTreeSet};

use bot::chat::ListenerId;
use bot::reaction::Emoji;

use super::Reactions;
use crate::store::{CHAT, Error, TrackId, Vote};

/// The reactions that stood below a track's message when the chat was asked.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The track.
    pub(crate) track: TrackId,
    /// Everybody who had put each emoji that was asked for, bots left out. What is not there was not
    /// asked for.
    pub(crate) below: BTreeMap<Emoji, Vec<ListenerId>>,
    /// Whether that is all that stood below the message.
    pub(crate) is_whole: bool,
    /// When the chat was asked, in milliseconds since 1970; what changed since is left alone.
    pub(crate) asked_at_ms: u64,
}

/// A listener's reaction.
type Put = (String, Emoji);

impl Reactions {
    /// Makes the votes from the chat agree with the reactions that stood, except where something was heard
    /// since. Votes from elsewhere stay.
    pub(super) fn reconcile(&self, standing: &Standing) -> Result<u64, Error> {
        let Standing { track, below, is_whole, asked_at_ms } = standing;
        let votes = self.context.store.votes_of(*track)?;
        let is_newer =
            |vote: &&Vote| vote.at_ms.max(vote.removed_at_ms.unwrap_or(0)) >= *asked_at_ms;
        let newer: BTreeSet<Put> = votes.iter().filter(is_newer).map(put).collect();
        let held = votes.iter().filter(|vote| vote.stands() && vote.listener.starts_with(CHAT));
        let mut held: BTreeSet<Put> = held.map(put).collect();
        let mut stood: BTreeSet<Put> = BTreeSet::new();
        for (emoji, people) in below {
            let names = people.iter().map(|listener| self.context.listeners.name(*listener));
            stood.extend(names.map(|name| (name, emoji.clone())));
        }
        self.name_forms(*track, &mut held, &stood)?;
        let mut n_changed = 0;
        for own in held.iter().filter(|own| !newer.contains(own) && !stood.contains(own)) {
            let (listener, emoji) = own;
            if *is_whole || below.contains_key(emoji) {
                let emoji = emoji.as_str();
                let store = &self.context.store;
                let is_found = store.take_back_vote(*track, listener, emoji, *asked_at_ms)?;
                n_changed += u64::from(is_found);
            }
        }
        n_changed += self.add_missed(standing, stood, &newer)?;
        if n_changed > 0 {
            tracing::info!(%track, n_changed, "votes brought up to date");
        }
        Ok(n_changed)
    }

    /// Makes votes of the reactions that stood. When they were put is not known, so those of listeners who
    /// were forgotten since the track was made stay forgotten.
    fn add_missed(
        &self,
        standing: &Standing,
        stood: BTreeSet<Put>,
        newer: &BTreeSet<Put>,
    ) -> Result<u64, Error> {
        let Standing { track, asked_at_ms, .. } = standing;
        let of = self.track(*track)?;
        let mut n_changed = 0;
        for own in stood.into_iter().filter(|own| !newer.contains(own)) {
            let (listener, emoji) = own;
            if self.taken_back.has(*track, &listener, &emoji, *asked_at_ms)
                || self.is_forgotten(&listener, of.created_at_ms)?
            {
                continue;
            }
            if let Some(vote) = self.vote_of(&of, listener, &emoji, *asked_at_ms) {
                n_changed += u64::from(self.context.store.add_vote(*track, vote)?);
            }
        }
        Ok(n_changed)
    }

    /// Finds out in which form reactions were put of which earlier releases kept only the plain one.
    fn name_forms(
        &self,
        track: TrackId,
        held: &mut BTreeSet<Put>,
        stood: &BTreeSet<Put>,
    ) -> Result<(), Error> {
        let unnamed: Vec<Put> =
            held.iter().filter(|(_, emoji)| emoji.is_of_any_form()).cloned().collect();
        for (listener, emoji) in unnamed {
            let is_it =
                |own: &&Put| own.0 == listener && emoji.may_be(&own.1) && !held.contains(*own);
            let Some(found) = stood.iter().find(is_it).cloned() else { continue };
            let (from, to) = (emoji.as_str(), found.1.as_str());
            self.context.store.name_vote(track, &listener, from, to)?;
            held.remove(&(listener, emoji));
            held.insert(found);
        }
        Ok(())
    }
}

fn put(vote: &Vote) -> Put {
    (vote.listener.clone(), Emoji::new(&vote.emoji))
}
