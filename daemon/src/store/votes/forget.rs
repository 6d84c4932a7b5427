//! How is a listener forgotten?

use super::{Stored, votes_key};
use crate::store::codec::Tree;
use crate::store::error::Error;
use crate::store::handle::Store;
use crate::store::ids::{TrackId, genre_key, name_key, with_number};
use crate::store::posts::Fields;
use crate::store::tracks;
use crate::store::txn::Txn;
use crate::store::view::Read;

impl Store {
    /// Removes all votes of a listener, also those taken back, and returns how many there were; nothing says
    /// any more which tracks were asked for by that listener. Each vote that stood counts as changed, so that
    /// the next training does without it; what the models learned stays learned until then. Only the time is
    /// kept with the name, in milliseconds since 1970: reactions that still stand in a chat are not to count
    /// again.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad name, or a failed write.
    pub fn forget(&self, listener: &str, at_ms: u64) -> Result<u64, Error> {
        let prefix = name_key("listener", listener)?;
        let listener = listener.to_owned();
        self.write(move |txn| {
            let entries = txn.list::<(TrackId, u64)>(Tree::ListenerVotes, &prefix)?;
            let n_votes = entries.len() as u64;
            for (key, id) in entries {
                remove(txn, id)?;
                txn.delete(Tree::ListenerVotes, key);
            }
            for (key, mut track) in txn.list::<Fields>(Tree::Tracks, &[])? {
                if track.0.get("asker").is_some_and(|asker| *asker == *listener) {
                    track.0.remove("asker");
                    txn.put(Tree::Tracks, key, &track)?;
                }
            }
            txn.put(Tree::Forgotten, prefix, &at_ms)?;
            Ok(n_votes)
        })
    }

    /// When a listener was forgotten, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad name, or when it cannot be read.
    pub fn forgotten_at_ms(&self, listener: &str) -> Result<Option<u64>, Error> {
        let key = name_key("listener", listener)?;
        self.read(|view| view.get::<u64>(Tree::Forgotten, &key))
    }
}

/// Removes a vote, which is the latest change if it stood.
fn remove(txn: &mut Txn<'_>, id: (TrackId, u64)) -> Result<(), Error> {
    let key = votes_key(id.0, id.1);
    if let Some(stored) = txn.get::<Stored>(Tree::Votes, &key)? {
        let genre = genre_key(&tracks::existing(txn, id.0)?.genre)?;
        txn.delete(Tree::VoteChanges, with_number(genre.clone(), stored.change));
        if stored.vote.stands() {
            let change = txn.next("last_vote_change")?;
            txn.put(Tree::VoteChanges, with_number(genre, change), &id)?;
        }
    }
    txn.delete(Tree::Votes, key);
    Ok(())
}
