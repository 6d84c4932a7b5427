//! Who liked which track, when, and until when?
//!
//! Each vote is kept by itself, and a vote that is taken back stays, with the time it was taken back.
//! Only [`Store::forget`] removes votes, because a listener may ask for it. Weights are not made here.

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
    /// With what; at most 128 bytes.
    pub emoji: String,
    /// What it counted when it was given; finite.
    pub value: f32,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// When it was taken back.
    pub removed_at_ms: Option<u64>,
}

/// A vote and where its indices are.
#[derive(Serialize, Deserialize)]
struct Stored {
    vote: Vote,
    /// The number of its last change, in the order of all changes.
    change: u64,
}

impl Record for Stored {}
/// The track and number of a vote.
impl Record for (TrackId, u64) {}

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
    /// taken back at `vote.at_ms` if its value was another. Returns whether anything changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the track, [`Error::BadValue`] for a name or value, or a failed write.
    pub fn add_vote(&self, track: TrackId, vote: Vote) -> Result<bool, Error> {
        self.write(move |txn| {
            check(&vote)?;
            for (number, standing) in standing(txn, track, &vote.listener)? {
                if standing.vote.emoji != vote.emoji {
                    continue;
                }
                if standing.vote.value.to_bits() == vote.value.to_bits() {
                    return Ok(false);
                }
                take_back(txn, track, number, standing, vote.at_ms)?;
            }
            let number = txn.next("last_vote")?;
            put(txn, track, number, Stored { vote, change: 0 })?;
            Ok(true)
        })
    }

    /// Takes a standing vote back at `at_ms`. Returns whether there was one.
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
        let (listener, emoji) = (listener.to_owned(), emoji.to_owned());
        self.write(move |txn| {
            let mut votes = standing(txn, track, &listener)?;
            votes.retain(|(_, stored)| stored.vote.emoji == emoji);
            let found = !votes.is_empty();
            for (number, stored) in votes {
                take_back(txn, track, number, stored, at_ms)?;
            }
            Ok(found)
        })
    }

    /// Takes all standing votes of a track back, or those with one emoji. Returns how many.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the track, or a failed write.
    pub fn take_back_all_votes(
        &self,
        track: TrackId,
        emoji: Option<&str>,
        at_ms: u64,
    ) -> Result<u64, Error> {
        let emoji = emoji.map(str::to_owned);
        self.write(move |txn| {
            let mut n_votes = 0;
            for (key, stored) in txn.list::<Stored>(Tree::Votes, &tracks::key(track))? {
                let meant = emoji.as_ref().is_none_or(|emoji| *emoji == stored.vote.emoji);
                if meant && stored.vote.stands() {
                    take_back(txn, track, last_number(&key), stored, at_ms)?;
                    n_votes += 1;
                }
            }
            Ok(n_votes)
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

    /// Removes all votes of a listener, also those taken back, and returns how many there were. What
    /// the models learned from them stays learned until their next training.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad name, or a failed write.
    pub fn forget(&self, listener: &str) -> Result<u64, Error> {
        let prefix = name_key("listener", listener)?;
        self.write(move |txn| {
            let entries = txn.list::<(TrackId, u64)>(Tree::ListenerVotes, &prefix)?;
            let n_votes = entries.len() as u64;
            for (key, (track, number)) in entries {
                let vote_key = with_number(tracks::key(track), number);
                if let Some(stored) = txn.get::<Stored>(Tree::Votes, &vote_key)? {
                    let genre = genre_key(&tracks::existing(txn, track)?.genre)?;
                    txn.delete(Tree::VoteChanges, with_number(genre, stored.change));
                }
                txn.delete(Tree::Votes, vote_key);
                txn.delete(Tree::ListenerVotes, key);
            }
            Ok(n_votes)
        })
    }
}

fn votes_of(view: &impl Read, track: TrackId) -> Result<Vec<Vote>, Error> {
    let votes = view.list::<Stored>(Tree::Votes, &tracks::key(track))?;
    Ok(votes.into_iter().map(|(_, stored)| stored.vote).collect())
}

fn check(vote: &Vote) -> Result<(), Error> {
    name_key("listener", &vote.listener)?;
    name_key("emoji", &vote.emoji)?;
    if vote.value.is_finite() {
        return Ok(());
    }
    let value = vote.value.to_string();
    Err(Error::BadValue { what: "vote", value, allowed: "a finite number" })
}

/// A listener's standing votes for a track.
fn standing(view: &impl Read, track: TrackId, listener: &str) -> Result<Vec<(u64, Stored)>, Error> {
    let prefix = with_number(name_key("listener", listener)?, track.0);
    let mut votes = Vec::new();
    for (_, (_, number)) in view.list::<(TrackId, u64)>(Tree::ListenerVotes, &prefix)? {
        let stored = view.get::<Stored>(Tree::Votes, &with_number(tracks::key(track), number))?;
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
    txn.put(Tree::Votes, with_number(tracks::key(track), number), &stored)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{open, scratch, track, vote};
    use super::*;

    fn two_tracks(store: &Store) -> (TrackId, TrackId) {
        let a = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
        let b = store.add_new_track(|id| track("trance", id.0)).expect("added");
        (a, b)
    }

    #[test]
    fn a_vote_taken_back_stays_in_the_history() {
        let (folder, store) = scratch();
        let (a, _) = two_tracks(&store);
        assert_eq!(store.add_vote(a, vote("ann", "🔥", 1)), Ok(true));
        assert_eq!(store.add_vote(a, vote("ann", "🔥", 2)), Ok(false));
        assert_eq!(store.add_vote(a, vote("ann", "👎", 3)), Ok(true));
        assert_eq!(store.take_back_vote(a, "ann", "🔥", 4), Ok(true));
        assert_eq!(store.take_back_vote(a, "ann", "🔥", 5), Ok(false));
        assert_eq!(store.add_vote(a, vote("ann", "🔥", 6)), Ok(true));
        drop(store);
        let store = open(&folder.path().join("store"));
        let removed = Vote { removed_at_ms: Some(4), ..vote("ann", "🔥", 1) };
        let expected = vec![removed, vote("ann", "👎", 3), vote("ann", "🔥", 6)];
        assert_eq!(store.votes_of(a), Ok(expected.clone()));
        assert_eq!(store.votes_of_genre("hardstyle"), Ok(vec![(a, expected)]));
    }

    #[test]
    fn a_vote_of_another_value_replaces_the_standing_one() {
        let (_folder, store) = scratch();
        let (a, _) = two_tracks(&store);
        store.add_vote(a, vote("ann", "🔥", 1)).expect("voted");
        let stronger = Vote { value: 2.0, ..vote("ann", "🔥", 9) };
        assert_eq!(store.add_vote(a, stronger.clone()), Ok(true));
        let replaced = Vote { removed_at_ms: Some(9), ..vote("ann", "🔥", 1) };
        assert_eq!(store.votes_of(a), Ok(vec![replaced, stronger]));
    }

    #[test]
    fn changes_are_counted_by_genre_and_each_vote_once() {
        let (_folder, store) = scratch();
        let (a, b) = two_tracks(&store);
        assert_eq!(store.vote_change(), Ok(0));
        store.add_vote(a, vote("ann", "🔥", 1)).expect("voted");
        store.add_vote(a, vote("bob", "🔥", 1)).expect("voted");
        store.add_vote(b, vote("ann", "🔥", 1)).expect("voted");
        assert_eq!(store.votes_changed_since("hardstyle", 0), Ok(2));
        let seen = store.vote_change().expect("readable");
        assert_eq!(seen, 3);
        assert_eq!(store.votes_changed_since("hardstyle", seen), Ok(0));
        store.take_back_vote(a, "ann", "🔥", 2).expect("taken back");
        store.add_vote(a, vote("bob", "🔥", 3)).expect("no change");
        assert_eq!(store.votes_changed_since("hardstyle", seen), Ok(1));
        assert_eq!(store.votes_changed_since("hardstyle", 0), Ok(2));
        assert_eq!(store.votes_changed_since("trance", seen), Ok(0));
        assert_eq!(store.votes_changed_since("trance", u64::MAX), Ok(0));
    }

    #[test]
    fn all_votes_of_a_message_can_be_taken_back_at_once() {
        let (_folder, store) = scratch();
        let (a, b) = two_tracks(&store);
        for (listener, emoji) in [("ann", "🔥"), ("bob", "🔥"), ("bob", "👎")] {
            store.add_vote(a, vote(listener, emoji, 1)).expect("voted");
        }
        store.add_vote(b, vote("ann", "🔥", 1)).expect("voted");
        assert_eq!(store.take_back_all_votes(a, Some("🔥"), 2), Ok(2));
        assert_eq!(store.take_back_all_votes(a, None, 3), Ok(1));
        assert_eq!(store.take_back_all_votes(a, None, 4), Ok(0));
        assert!(store.votes_of(b).is_ok_and(|votes| votes.iter().all(Vote::stands)));
    }

    #[test]
    fn a_forgotten_listener_leaves_no_vote() {
        let (_folder, store) = scratch();
        let (a, b) = two_tracks(&store);
        for track in [a, b] {
            store.add_vote(track, vote("ann", "🔥", 1)).expect("voted");
            store.add_vote(track, vote("anna", "🔥", 1)).expect("voted");
        }
        store.take_back_vote(a, "ann", "🔥", 2).expect("taken back");
        assert_eq!(store.forget("ann"), Ok(2));
        assert_eq!(store.forget("ann"), Ok(0));
        assert_eq!(store.votes_of(a), Ok(vec![vote("anna", "🔥", 1)]));
        assert_eq!(store.votes_changed_since("hardstyle", 0), Ok(1));
        let (_, damaged) = store.verify().expect("readable");
        assert_eq!(damaged, []);
    }

    #[test]
    fn thousands_of_votes_are_forgotten_in_one_step() {
        let (folder, store) = scratch();
        let (a, _) = two_tracks(&store);
        store
            .write(move |txn| {
                (1..=5000_u64).try_for_each(|number| {
                    let vote = vote("ann", &format!("emoji{number}"), number);
                    put(txn, a, number, Stored { vote, change: 0 })
                })
            })
            .expect("written");
        assert_eq!(store.votes_of(a).map(|votes| votes.len()), Ok(5000));
        assert_eq!(store.forget("ann"), Ok(5000));
        drop(store);
        assert_eq!(open(&folder.path().join("store")).votes_of(a), Ok(vec![]));
    }

    #[test]
    fn bad_votes_are_refused() {
        let (_folder, store) = scratch();
        let (a, _) = two_tracks(&store);
        let nan = Vote { value: f32::NAN, ..vote("ann", "🔥", 1) };
        assert!(matches!(store.add_vote(a, nan), Err(Error::BadValue { .. })));
        let unnamed = store.add_vote(a, vote("", "🔥", 1));
        assert!(matches!(unnamed, Err(Error::BadValue { what: "listener", .. })));
        let nowhere = store.add_vote(TrackId(9), vote("ann", "🔥", 1));
        assert!(matches!(nowhere, Err(Error::NotFound { what: "track", .. })));
    }
}
