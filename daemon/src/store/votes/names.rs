//! How are the names of the chat's listeners replaced by others that do not tell who they are?

use std::collections::BTreeSet;

use super::{Stored, votes_key};
use crate::store::codec::Tree;
use crate::store::error::Error;
use crate::store::handle::{Meta, SCHEMA, Store};
use crate::store::ids::{TrackId, last_number, name_key, with_number};
use crate::store::track::Track;
use crate::store::txn::Txn;
use crate::store::view::Read;

/// What the names of the chat's listeners begin with.
pub const CHAT: &str = "discord:";
/// The first schema in which these names do not tell ids.
const NAMED: u32 = 2;
const MARK: &[u8] = b"listener_key";

impl Store {
    /// Whether anything is kept under a name that was made with the key of an installation.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn has_names(&self) -> Result<bool, Error> {
        self.read(|view| {
            let listeners = listeners(view)?;
            if listeners.iter().any(|name| id_in(name).is_none()) {
                return Ok(true);
            }
            let tracks = view.list::<Track>(Tree::Tracks, &[])?;
            Ok(tracks.iter().any(|(_, track)| track.asker.is_some()))
        })
    }

    /// The mark of the key with which names were made.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn key_mark(&self) -> Result<Option<u64>, Error> {
        self.read(|view| view.get::<u64>(Tree::Meta, MARK))
    }

    /// Notes the mark of the key with which names are made from now on.
    ///
    /// # Errors
    /// A failed write.
    pub fn set_key_mark(&self, mark: u64) -> Result<(), Error> {
        self.write(move |txn| txn.put(Tree::Meta, MARK.to_vec(), &mark))
    }

    /// Replaces the names of the chat's listeners that tell their ids, as earlier releases gave them, and
    /// returns how many there were. Each listener is one step, and what an interrupted call left is done by
    /// the next. No vote changes by it.
    ///
    /// # Errors
    /// A failed write, or a value that cannot be read.
    pub fn name_listeners(&self, name: impl Fn(u64) -> String) -> Result<u64, Error> {
        let meta = self.read(|view| view.get::<Meta>(Tree::Meta, b"schema"))?;
        let Some(meta) = meta.filter(|meta| meta.schema < NAMED) else { return Ok(0) };
        let mut n_named = 0;
        for old in self.read(listeners)? {
            let Some(id) = id_in(&old) else { continue };
            let new = name(id);
            self.write(move |txn| rename(txn, &old, &new))?;
            n_named += 1;
        }
        let meta = Meta { schema: SCHEMA, ..meta };
        self.write(move |txn| txn.put(Tree::Meta, b"schema".to_vec(), &meta))?;
        Ok(n_named)
    }
}

/// The chat's listeners who have votes.
fn listeners(view: &impl Read) -> Result<BTreeSet<String>, Error> {
    let keys = view.raw_range(Tree::ListenerVotes, CHAT.as_bytes(), CHAT.as_bytes())?;
    let name = |key: &[u8]| {
        let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    };
    Ok(keys.iter().map(|(key, _)| name(key)).collect())
}

/// The id that a name tells.
fn id_in(name: &str) -> Option<u64> {
    name.strip_prefix(CHAT)?.parse().ok()
}

fn rename(txn: &mut Txn<'_>, old: &str, new: &str) -> Result<(), Error> {
    let by_listener = name_key("listener", new)?;
    let entries = txn.list::<(TrackId, u64)>(Tree::ListenerVotes, &name_key("listener", old)?)?;
    for (key, id) in entries {
        let (track, number) = id;
        let vote_key = votes_key(track, last_number(&key));
        if let Some(mut stored) = txn.get::<Stored>(Tree::Votes, &vote_key)? {
            new.clone_into(&mut stored.vote.listener);
            txn.put(Tree::Votes, vote_key, &stored)?;
        }
        let by_track = with_number(by_listener.clone(), track.0);
        txn.put(Tree::ListenerVotes, with_number(by_track, number), &id)?;
        txn.delete(Tree::ListenerVotes, key);
    }
    Ok(())
}
