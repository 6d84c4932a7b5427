//! Which files still have to be moved?
//!
//! A move is noted before it is made, in the same step as what is known of the song, and struck off
//! after; what a crash leaves in [`Store::pending_moves`] is moved at the next start.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{SongId, last_number, with_number};
use super::path_text;
use super::txn::Txn;
use super::view::Read;

/// Why something was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonText {
    /// A short word for programs.
    pub code: String,
    /// A sentence for people.
    pub text: String,
}

/// The number of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MoveId(u64);

/// A file that is to be moved. Paths are relative to the home and may be any bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Its content, where that was read.
    pub song: Option<SongId>,
    /// Where it was dropped.
    #[serde(with = "path_text")]
    pub from: PathBuf,
    /// Where it belongs.
    #[serde(with = "path_text")]
    pub to: PathBuf,
    /// What the file beside it shall say, if it was rejected.
    pub reason: Option<ReasonText>,
}

impl Record for Move {}

impl Store {
    /// Forgets a move that has been made. Doing it twice is harmless.
    ///
    /// # Errors
    /// A failed write.
    pub fn finish_move(&self, id: MoveId) -> Result<(), Error> {
        self.write(move |txn| {
            txn.delete(Tree::Moves, with_number(Vec::new(), id.0));
            Ok(())
        })
    }

    /// The moves that are still to be made, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn pending_moves(&self) -> Result<Vec<(MoveId, Move)>, Error> {
        let moves = self.read(|view| view.list(Tree::Moves, &[]))?;
        Ok(moves.into_iter().map(|(key, m)| (MoveId(last_number(&key)), m)).collect())
    }
}

/// Notes a move as part of a step.
pub(super) fn add_move(txn: &mut Txn<'_>, file_move: &Move) -> Result<MoveId, Error> {
    let id = txn.next("last_move")?;
    txn.put(Tree::Moves, with_number(Vec::new(), id), file_move)?;
    Ok(MoveId(id))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::super::fixtures::{open, scratch, song};
    use super::*;

    #[test]
    fn a_move_is_pending_until_it_is_finished_whatever_its_file_is_called() {
        let (folder, store) = scratch();
        let name = |bytes: &[u8]| PathBuf::from(OsString::from_vec(bytes.to_vec()));
        let first = Move {
            song: None,
            from: name(b"inbox/a/100% caf\xe9 \xff.mid"),
            to: name("rejected/a/100% %zz é.mid".as_bytes()),
            reason: Some(ReasonText { code: "unreadable".to_owned(), text: "no MIDI".to_owned() }),
        };
        let id = SongId::of(b"a");
        let second = Move { song: Some(id), reason: None, ..first.clone() };
        let a = store.take_in(None, Some(first.clone())).expect("noted").expect("a move");
        let b = store
            .take_in(Some((id, song("a", "a"))), Some(second.clone()))
            .expect("noted")
            .expect("a move");
        drop(store);
        let store = open(&folder.path().join("store"));
        assert_eq!(store.pending_moves(), Ok(vec![(a, first), (b, second.clone())]));
        store.finish_move(a).expect("written");
        store.finish_move(a).expect("harmless");
        assert_eq!(store.pending_moves(), Ok(vec![(b, second)]));
    }
}
