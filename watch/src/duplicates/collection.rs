//! Which songs are held in memory, and which of them share phrases?

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::detect::{Duplicate, Library, find};
use super::fingerprint::Fingerprint;
use super::outline::Outline;

/// Songs in memory, known by their place in the order in which they were added.
#[derive(Debug, Default)]
pub struct Collection {
    songs: Vec<(Fingerprint, Arc<Outline>)>,
    by_phrase: HashMap<String, Vec<usize>>,
}

impl Collection {
    /// Adds a song and gives its place.
    pub fn add(&mut self, fingerprint: Fingerprint, outline: Outline) -> usize {
        let place = self.songs.len();
        for phrase in fingerprint.phrases() {
            self.by_phrase.entry(phrase.clone()).or_default().push(place);
        }
        self.songs.push((fingerprint, Arc::new(outline)));
        place
    }

    /// The earlier song that a song with this fingerprint and outline repeats; `None` if it is new.
    pub fn find(
        &mut self,
        fingerprint: &Fingerprint,
        outline: &Outline,
    ) -> Option<Duplicate<usize>> {
        let Ok(found) = find(self, fingerprint, outline);
        found
    }
}

impl Library for Collection {
    type Id = usize;
    type Error = Infallible;

    fn with_phrase(&self, phrase: &str) -> Result<Vec<usize>, Infallible> {
        Ok(self.by_phrase.get(phrase).cloned().unwrap_or_default())
    }

    fn phrases(&self, place: usize) -> Result<Option<Cow<'_, [String]>>, Infallible> {
        Ok(self.songs.get(place).map(|(fingerprint, _)| Cow::Borrowed(fingerprint.phrases())))
    }

    fn outline(&mut self, place: usize) -> Option<Arc<Outline>> {
        self.songs.get(place).map(|(_, outline)| Arc::clone(outline))
    }
}
