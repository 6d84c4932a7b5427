//! Which version of a genre's model is in force, and how did it come to be?
//!
//! A version is a folder that never changes; which one is used is a single value here, so switching
//! is atomic, and going back is switching again. Nothing here looks at the folders.

use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{genre_key, last_number, with_number};
use super::txn::Txn;
use super::view::Read;

/// A switch to a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The version: 1 for `v1`.
    pub version: u32,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Why, for people.
    pub why: String,
}

impl Record for Promotion {}

impl Store {
    /// Puts a version in force from now on.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad genre, [`Error::TooLarge`] for a long `why`, or a failed write.
    pub fn promote(&self, genre: &str, promotion: Promotion) -> Result<(), Error> {
        let genre = genre.to_owned();
        self.write(move |txn| promote(txn, &genre, &promotion))
    }

    /// The version in force, if any was promoted.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn current_version(&self, genre: &str) -> Result<Option<Promotion>, Error> {
        let key = genre_key(genre)?;
        self.read(|view| view.get(Tree::Current, &key))
    }

    /// Every promotion of a genre, the oldest first; the last one is in force.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn promotions(&self, genre: &str) -> Result<Vec<Promotion>, Error> {
        let prefix = genre_key(genre)?;
        let promotions = self.read(|view| view.list(Tree::Promotions, &prefix))?;
        Ok(promotions.into_iter().map(|(_, promotion)| promotion).collect())
    }
}

/// Puts a version in force as part of a step.
pub(super) fn promote(txn: &mut Txn<'_>, genre: &str, promotion: &Promotion) -> Result<(), Error> {
    let prefix = genre_key(genre)?;
    let last = txn.last::<Promotion>(Tree::Promotions, &prefix)?;
    let number = last.map_or(0, |(key, _)| last_number(&key)) + 1;
    txn.put(Tree::Current, prefix.clone(), promotion)?;
    txn.put(Tree::Promotions, with_number(prefix, number), promotion)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{open, scratch};
    use super::*;

    #[test]
    fn the_last_promotion_is_in_force_and_all_are_kept() {
        let (folder, store) = scratch();
        let promotion =
            |version, at_ms| Promotion { version, at_ms, why: format!("version {version}") };
        assert_eq!(store.current_version("hardstyle"), Ok(None));
        for (version, at_ms) in [(1, 10), (2, 20), (1, 30)] {
            store.promote("hardstyle", promotion(version, at_ms)).expect("promoted");
        }
        store.promote("hard", promotion(7, 40)).expect("promoted");
        drop(store);
        let store = open(&folder.path().join("store"));
        assert_eq!(store.current_version("hardstyle"), Ok(Some(promotion(1, 30))));
        assert_eq!(store.current_version("hard"), Ok(Some(promotion(7, 40))));
        let all = vec![promotion(1, 10), promotion(2, 20), promotion(1, 30)];
        assert_eq!(store.promotions("hardstyle"), Ok(all));
    }
}
