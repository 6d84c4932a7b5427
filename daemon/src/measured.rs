//! What was measured of songs and tracks, so that it is measured once?
//!
//! The music of a song or a track never changes under its number, so that its features hold for as long as
//! the program runs. Nothing here is kept beyond that.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use music::features::Vector;

use crate::store::{SongId, TrackId};
use crate::track::pattern::Pattern;

/// Features by song and by track; cheap to clone, and all clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    patterns: Memo<SongId, Pattern>,
    tracks: Memo<TrackId, Vector>,
}

#[derive(Clone, Debug)]
struct Memo<K, V>(Arc<Mutex<HashMap<K, Arc<V>>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Copy, V> Memo<K, V> {
    fn get<E>(&self, key: K, measure: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let known =
            |memo: &Self| memo.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known(self) {
            return Ok(known);
        }
        // Not under the lock: two who measure the same thing find the same.
        let measured = Arc::new(measure()?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&measured));
        Ok(measured)
    }
}

impl Measured {
    /// What a track may take after in a song.
    ///
    /// # Errors
    /// Those of `measure`, which is asked the first time.
    pub(crate) fn pattern<E>(
        &self,
        song: SongId,
        measure: impl FnOnce() -> Result<Pattern, E>,
    ) -> Result<Arc<Pattern>, E> {
        self.patterns.get(song, measure)
    }

    /// The features of a track.
    ///
    /// # Errors
    /// Those of `measure`, which is asked the first time.
    pub(crate) fn track<E>(
        &self,
        track: TrackId,
        measure: impl FnOnce() -> Result<Vector, E>,
    ) -> Result<Arc<Vector>, E> {
        self.tracks.get(track, measure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_measured_again_and_failures_are_not_kept() {
        let memo = Memo::<u32, u32>::default();
        assert_eq!(memo.get(1, || Err("unreadable")), Err("unreadable"));
        assert_eq!(memo.get(1, || Ok::<_, &str>(7)).as_deref(), Ok(&7));
        assert_eq!(memo.clone().get(1, || Err("asked again")).as_deref(), Ok(&7));
    }
}
