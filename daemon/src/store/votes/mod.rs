//! Who liked which track, when, and until when?
//!
//! Each vote is kept by itself, and a vote that is taken back stays, with the time it was taken back.
//! Only [`Store::forget`] removes votes, because a listener may ask for it. Weights are not made here.

mod forget;
mod names;
#[cfg(test)]
mod tests;

pub use self::names::CHAT;
use bot::reaction::Emoji;
use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{TrackId, genre_key, last_number, name_key, with_number};
use super::tracks;
use super::txn::Txn;
use super::view::Read;

/// One listener's vote for one track with one emoji.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Who voted; at most 128 bytes.
    pub listener: String,
    /// With what, as [`Emoji`] writes it; at most 128 bytes.
    pub emoji: String,
    /// What it counted when it was given; finite.
    pub value: f32,
    /// How much its listener's say on the track counts, 0 to 1.
    #[serde(default = "full")]
    pub weight: f32,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// When it was taken back.
    pub removed_at_ms: Option<u64>,
}

/// What votes of releases weigh that weighed none.
fn full() -> f32 {
    1.0
}

/// A vote and where its indices are.
#[derive(Serialize, Deserialize)]
struct Stored {
    vote: Vote,
    /// The number of its last change, in the order of all changes.
    change: u64,
}

impl Record for Stored {
    const VERSION: u8 = 2;

    /// Up to version 1 the chat's reactions were kept in their plain form, whatever form they had.
    fn upgrade(_: u8, body: &[u8]) -> Result<Self, String> {
        let mut stored: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if stored.vote.listener.starts_with(CHAT) {
            let emoji = Emoji::new(&stored.vote.emoji).of_any_form();
            emoji.as_str().clone_into(&mut stored.vote.emoji);
        }
        Ok(stored)
    }
}
/// The track and number of a vote.
impl Record for (TrackId, u64) {}

impl Stored {
    fn emoji(&self) -> Emoji {
        Emoji::new(&self.vote.emoji)
    }
}

impl Vote {
    /// Whether it was not taken back.
    pub fn stands(&self) -> bool {
        self.removed_at_ms.is_none()
    }

    /// Whether it was given and not yet taken back at a time, in milliseconds since 1970.
    pub fn stood_at(&self, at_ms: u64) -> bool {
        self.at_ms <= at_ms && self.removed_at_ms.is_none_or(|removed| removed > at_ms)
    }
}

impl Store {
    /// Adds a vote. A standing one of the same listener with the same emoji is left as it is, or
    /// taken back at `vote.at_ms` if its value or weight was another. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the track, [`Error::BadValue`] for a name or value, or a failed write.
    pub fn add_vote(&self, track: TrackId, vote: Vote) -> Result<bool, Error> {
        self.write(move |txn| {
            check(&vote)?;
            let emoji = Emoji::new(&vote.emoji);
            for (number, standing) in standing(txn, track, &vote.listener)? {
                if standing.emoji() != emoji {
                    continue;
                }
                let worth = |vote: &Vote| [vote.value, vote.weight].map(f32::to_bits);
                if worth(&standing.vote) == worth(&vote) {
                    return Ok(false);
                }
                take_back(txn, track, number, standing, vote.at_ms)?;
            }
            let number = txn.next("last_vote")?;
            put(txn, track, number, Stored { vote, change: 0 })?;
            Ok(true)
        })
    }

    /// Takes a standing vote back at `at_ms`, also where it is not known in which form its emoji was put.
    /// Returns whether there was one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the track, [`Error::BadValue`] for a name, or a failed write.
    pub fn take_back_vote(
        &self,
        track: TrackId,
        listener: &str,
        emoji: &str,
        at_ms: u64,
    ) -> Result<bool, Error> {
        let (listener, emoji) = (listener.to_owned(), Emoji::new(emoji));
        self.write(move |txn| {
            let mut votes = standing(txn, track, &listener)?;
            votes.retain(|(_, stored)| stored.emoji().is(&emoji));
            let found = !votes.is_empty();
            for (number, stored) in votes {
                take_back(txn, track, number, stored, at_ms)?;
            }
            Ok(found)
        })
    }

    /// Takes the standing votes of a track back whose listeners' names begin with `whose`, all or those with
    /// one emoji, of whichever kind. Returns how many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the track, or a failed write.
    pub fn take_back_all_votes(
        &self,
        track: TrackId,
        whose: &str,
        emoji: Option<&str>,
        at_ms: u64,
    ) -> Result<u64, Error> {
        let (whose, emoji) = (whose.to_owned(), emoji.map(Emoji::new));
        self.write(move |txn| {
            let mut n_votes = 0;
            for (key, stored) in txn.list::<Stored>(Tree::Votes, &tracks::key(track))? {
                let own = stored.emoji();
                let is_it = |emoji: &Emoji| own.shows_the_same(emoji) || own.may_be(emoji);
                let is_meant = emoji.as_ref().is_none_or(is_it);
                if is_meant && stored.vote.stands() && stored.vote.listener.starts_with(&whose) {
                    take_back(txn, track, last_number(&key), stored, at_ms)?;
                    n_votes += 1;
                }
            }
            Ok(n_votes)
        })
    }

    /// Notes in which form the emoji of a standing vote was put. That is no change of the vote.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a name, or a failed write.
    pub fn name_vote(
        &self,
        track: TrackId,
        listener: &str,
        from: &str,
        to: &str,
    ) -> Result<(), Error> {
        name_key("emoji", to)?;
        let (listener, from, to) = (listener.to_owned(), Emoji::new(from), to.to_owned());
        self.write(move |txn| {
            for (number, mut stored) in standing(txn, track, &listener)? {
                if stored.emoji() == from {
                    to.clone_into(&mut stored.vote.emoji);
                    txn.put(Tree::Votes, votes_key(track, number), &stored)?;
                }
            }
            Ok(())
        })
    }

    /// Every vote a track ever got, taken back or not, in the order they came.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn votes_of(&self, track: TrackId) -> Result<Vec<Vote>, Error> {
        self.read(|view| votes_of(view, track))
    }

    /// Every vote that the tracks of a genre ever got; tracks without any are there with none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn votes_of_genre(&self, genre: &str) -> Result<Vec<(TrackId, Vec<Vote>)>, Error> {
        let prefix = genre_key(genre)?;
        self.read(|view| {
            let ids = tracks::ids_of_genre(view, &prefix)?;
            ids.into_iter().map(|id| Ok((id, votes_of(view, id)?))).collect()
        })
    }

    /// The number of the latest change of any vote; 0 before the first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn vote_change(&self) -> Result<u64, Error> {
        self.read(|view| Ok(view.get::<u64>(Tree::Meta, b"last_vote_change")?.unwrap_or(0)))
    }

    /// How many votes of a genre were given or taken back after the change with this number. A vote
    /// that changed twice counts once.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn votes_changed_since(&self, genre: &str, change: u64) -> Result<u64, Error> {
        let prefix = genre_key(genre)?;
        let from = with_number(prefix.clone(), change.saturating_add(1));
        let changed = self.read(|view| view.raw_range(Tree::VoteChanges, &prefix, &from))?;
        Ok(changed.len() as u64)
    }
}

/// The key of a vote.
fn votes_key(track: TrackId, number: u64) -> Vec<u8> {
    with_number(tracks::key(track), number)
}

fn votes_of(view: &impl Read, track: TrackId) -> Result<Vec<Vote>, Error> {
    let votes = view.list::<Stored>(Tree::Votes, &tracks::key(track))?;
    Ok(votes.into_iter().map(|(_, stored)| stored.vote).collect())
}

fn check(vote: &Vote) -> Result<(), Error> {
    name_key("listener", &vote.listener)?;
    name_key("emoji", &vote.emoji)?;
    if vote.value.is_finite() && (0.0..=1.0).contains(&vote.weight) {
        return Ok(());
    }
    let value = format!("{} of weight {}", vote.value, vote.weight);
    Err(Error::BadValue {
        what: "vote",
        value,
        allowed: "a finite number, and a weight from 0 to 1",
    })
}

/// A listener's standing votes for a track.
fn standing(view: &impl Read, track: TrackId, listener: &str) -> Result<Vec<(u64, Stored)>, Error> {
    let prefix = with_number(name_key("listener", listener)?, track.0);
    let mut votes = Vec::new();
    for (_, (_, number)) in view.list::<(TrackId, u64)>(Tree::ListenerVotes, &prefix)? {
        let stored = view.get::<Stored>(Tree::Votes, &votes_key(track, number))?;
        votes.extend(stored.filter(|stored| stored.vote.stands()).map(|stored| (number, stored)));
    }
    Ok(votes)
}

fn take_back(
    txn: &mut Txn<'_>,
    track: TrackId,
    number: u64,
    mut stored: Stored,
    at_ms: u64,
) -> Result<(), Error> {
    stored.vote.removed_at_ms = Some(at_ms);
    put(txn, track, number, stored)
}

/// Writes a vote as the latest change.
fn put(txn: &mut Txn<'_>, track: TrackId, number: u64, mut stored: Stored) -> Result<(), Error> {
    let genre = genre_key(&tracks::existing(txn, track)?.genre)?;
    if stored.change > 0 {
        txn.delete(Tree::VoteChanges, with_number(genre.clone(), stored.change));
    }
    stored.change = txn.next("last_vote_change")?;
    let id = (track, number);
    let by_listener = with_number(name_key("listener", &stored.vote.listener)?, track.0);
    txn.put(Tree::VoteChanges, with_number(genre, stored.change), &id)?;
    txn.put(Tree::ListenerVotes, with_number(by_listener, number), &id)?;
    txn.put(Tree::Votes, votes_key(track, number), &stored)
}
