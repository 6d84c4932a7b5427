//! What became of the posts of tracks?

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::TrackId;
use super::tracks::{key, stored};

/// A track of which only what is said of its post changes: all else is written back as it was stored, also
/// what this release cannot read.
#[derive(Serialize, Deserialize)]
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Record for Fields {}

impl Store {
    /// Notes that all reactions below a track's post were read, at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn note_read(&self, id: TrackId, at_ms: u64) -> Result<(), Error> {
        self.note(id, "read_at_ms", at_ms)
    }

    /// Notes that a track's post is deleted, at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn note_gone(&self, id: TrackId, at_ms: u64) -> Result<(), Error> {
        self.note(id, "gone_at_ms", at_ms)
    }

    fn note(&self, id: TrackId, field: &'static str, at_ms: u64) -> Result<(), Error> {
        self.write(move |txn| {
            let mut track: Fields = stored(txn, id)?;
            track.0.insert(field.to_owned(), at_ms.into());
            txn.put(Tree::Tracks, key(id), &track)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Track;
    use super::super::fixtures::{scratch, track};
    use super::*;

    #[test]
    fn what_became_of_a_post_is_noted_beside_all_else() {
        let (_folder, store) = scratch();
        let id = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
        store.note_read(id, 3).expect("noted");
        store.note_read(id, 5).expect("noted");
        let read = Track { read_at_ms: Some(5), ..track("hardstyle", 1) };
        assert_eq!(store.track(id), Ok(Some(read.clone())));
        store.note_gone(id, 7).expect("noted");
        assert_eq!(store.track(id), Ok(Some(Track { gone_at_ms: Some(7), ..read })));
        assert!(matches!(store.note_gone(TrackId(9), 7), Err(Error::NotFound { .. })));
    }
}
