//! Which song of a library is this one a duplicate of?
//!
//! The library's index gives the songs that share phrases with it; those that share most are
//! compared note by note. The work is bounded, however large the library is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::fingerprint::Fingerprint;
use super::likeness::{Likeness, compare};
use super::outline::Outline;

/// The most songs whose phrases are looked up.
const MAX_LISTED: usize = 32;
/// The most songs that are compared note by note.
const MAX_COMPARED: usize = 6;
/// Songs that share a smaller part of their phrases are not compared. Of copies with a tenth of
/// their notes changed, one in a hundred shares less.
const MIN_OVERLAP: f64 = 0.03;

/// The songs that a new one may be a duplicate of.
pub trait Library {
    /// What a song is known by. Of songs that share equally much the smallest is compared first.
    type Id: Copy + Ord;
    /// What can go wrong with looking songs up.
    type Error;

    /// The songs whose fingerprints have this phrase.
    ///
    /// # Errors
    /// When the index cannot be read.
    fn with_phrase(&self, phrase: &str) -> Result<Vec<Self::Id>, Self::Error>;

    /// The phrases of a song's fingerprint; `None` if the song is no longer there.
    ///
    /// # Errors
    /// When they cannot be read.
    fn phrases(&self, id: Self::Id) -> Result<Option<Cow<'_, [String]>>, Self::Error>;

    /// The outline of a song; `None` if its music can no longer be read.
    fn outline(&mut self, id: Self::Id) -> Option<Arc<Outline>>;
}

/// What a duplicate repeats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duplicate<Id> {
    /// The song of the library.
    pub of: Id,
    /// What differs.
    pub likeness: Likeness,
}

/// The song of `library` that a song with this fingerprint and outline repeats; `None` if it is new.
///
/// # Errors
/// Those of the library.
pub fn find<L: Library>(
    library: &mut L,
    fingerprint: &Fingerprint,
    outline: &Outline,
) -> Result<Option<Duplicate<L::Id>>, L::Error> {
    for id in nearest(library, fingerprint)? {
        let known = library.outline(id);
        if let Some(likeness) = known.and_then(|known| compare(outline, &known)) {
            return Ok(Some(Duplicate { of: id, likeness }));
        }
    }
    Ok(None)
}

/// The songs of `library` that share most phrases with this fingerprint, those with most first: the
/// ones worth a comparison, at most six.
///
/// # Errors
/// Those of the library.
pub fn nearest<L: Library>(library: &L, fingerprint: &Fingerprint) -> Result<Vec<L::Id>, L::Error> {
    let found: Result<Vec<_>, _> =
        fingerprint.phrases().iter().map(|phrase| library.with_phrase(phrase)).collect();
    let mut near = Vec::new();
    for id in candidates(&found?) {
        let Some(phrases) = library.phrases(id)? else { continue };
        let overlap = fingerprint.overlap(&phrases);
        if overlap >= MIN_OVERLAP {
            near.push((overlap, id));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(near.into_iter().take(MAX_COMPARED).map(|(_, id)| id).collect())
}

/// The songs that may be the same, the likeliest first. `found` has for each phrase of a fingerprint
/// the songs that have it too; a phrase that many have says little.
fn candidates<Id: Copy + Ord>(found: &[Vec<Id>]) -> Vec<Id> {
    let mut scores: BTreeMap<Id, f64> = BTreeMap::new();
    for songs in found {
        for song in songs {
            *scores.entry(*song).or_default() += 1.0 / (songs.len() as f64).sqrt();
        }
    }
    let mut ranked: Vec<(Id, f64)> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(MAX_LISTED).map(|(song, _)| song).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_phrase_says_more_than_common_ones() {
        let found = [vec![1, 2, 3, 4, 5, 6, 7, 8, 9], vec![1, 2, 3, 4, 5, 6, 7, 8, 9], vec![9, 5]];
        assert_eq!(candidates(&found)[..3], [5, 9, 1]);
        assert_eq!(candidates(&[(0..100).collect::<Vec<u32>>()]).len(), MAX_LISTED);
        assert!(candidates::<u32>(&[]).is_empty());
    }
}
