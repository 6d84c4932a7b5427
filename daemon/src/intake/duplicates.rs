//! Has the library this song already, under whatever name, key or tempo?
//!
//! [`watch::duplicates`] decides; here is what it asks of the library. The store's index gives the
//! songs that share phrases; a song that is to be compared is read again from `songs/`, unless its
//! outline is still in memory.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use watch::duplicates::{Fingerprint, Library, Outline, find};
use watch::examine::{Examined, examine};

use super::open::guarded;
use crate::context::Context;
use crate::store::{self, Music, Song, SongId, SongStatus};

/// Songs that get new fingerprints in one step.
const RENEWED_AT_ONCE: usize = 64;
/// Notes of the songs whose outlines are kept in memory, some twenty bytes each.
const MAX_NOTES: usize = 1_000_000;

/// Outlines of the songs compared or taken in last.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    by_song: HashMap<SongId, Arc<Outline>>,
    /// The songs in the order in which they came.
    order: VecDeque<SongId>,
    n_notes: usize,
}

impl Outlines {
    /// The outline of a song if it is here, else what `read` gives, which is kept.
    fn get(&mut self, id: SongId, read: impl FnOnce() -> Option<Outline>) -> Option<Arc<Outline>> {
        if let Some(known) = self.by_song.get(&id) {
            return Some(Arc::clone(known));
        }
        let outline = Arc::new(read()?);
        self.keep(id, Arc::clone(&outline));
        Some(outline)
    }

    /// Keeps the outline of a song, and lets go of the oldest until there is room for it.
    pub(super) fn keep(&mut self, id: SongId, outline: Arc<Outline>) {
        self.n_notes += outline.n_notes();
        if let Some(known) = self.by_song.insert(id, outline) {
            self.n_notes -= known.n_notes();
        } else {
            self.order.push_back(id);
        }
        while self.n_notes > MAX_NOTES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.n_notes -= self.by_song.remove(&oldest).map_or(0, |known| known.n_notes());
        }
    }
}

/// The library, as the detector of duplicates needs it.
struct Accepted<'a> {
    context: &'a Context,
    outlines: &'a mut Outlines,
}

impl Library for Accepted<'_> {
    type Id = SongId;
    type Error = store::Error;

    fn with_phrase(&self, phrase: &str) -> Result<Vec<SongId>, store::Error> {
        self.context.store.songs_with_fingerprint(phrase)
    }

    fn phrases(&self, id: SongId) -> Result<Option<Cow<'_, [String]>>, store::Error> {
        let song = self.context.store.song(id)?;
        let accepted = song.filter(|song| song.status == SongStatus::Accepted);
        Ok(accepted.map(|song| song.music.map_or_else(Vec::new, |music| music.fingerprints).into()))
    }

    fn outline(&mut self, id: SongId) -> Option<Arc<Outline>> {
        self.outlines.get(id, || {
            let song = read_again(self.context, id)?.song?;
            Some(Outline::of(&song))
        })
    }
}

/// The accepted song that a new one repeats, as people would name it, with what was changed. `outline`
/// is the new one's, if it has voices.
pub(super) fn find_in(
    context: &Context,
    outlines: &mut Outlines,
    examined: &Examined,
    outline: Option<&Outline>,
) -> anyhow::Result<Option<String>> {
    let Some((fingerprint, outline)) = examined.fingerprint.as_ref().zip(outline) else {
        return Ok(None);
    };
    let Some(found) = find(&mut Accepted { context, outlines }, fingerprint, outline)? else {
        return Ok(None);
    };
    let known = context.store.song(found.of)?;
    let name = known.map_or_else(|| found.of.to_string(), |known| called(&known));
    Ok(Some(format!("{name} ({})", found.likeness)))
}

/// Whether an accepted song is this one.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn has_song(context: &Context, song: &music::song::Song) -> anyhow::Result<bool> {
    let Some(fingerprint) = Fingerprint::of(song) else { return Ok(false) };
    let outlines = &mut Outlines::default();
    let found = find(&mut Accepted { context, outlines }, &fingerprint, &Outline::of(song))?;
    Ok(found.is_some())
}

/// A song as people would name it.
pub(super) fn called(song: &Song) -> String {
    format!("{}/{}", song.genre, song.file_name)
}

/// What a song of the library amounts to, by the file that is kept of it.
fn read_again(context: &Context, id: SongId) -> Option<Examined> {
    let path = context.home.songs().join(format!("{id}.mid"));
    match std::fs::read(&path) {
        Ok(bytes) => guarded(&path, || examine(&bytes, &context.config.intake)).ok(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a song can't be compared: run `kickback doctor`");
            None
        }
    }
}

/// Gives songs that an earlier version took in the fingerprints of this one, so that they are found.
pub(super) fn renew(context: &Context) -> anyhow::Result<()> {
    let songs = context.store.songs()?;
    let old: Vec<SongId> =
        songs.iter().filter(|(_, s)| is_outdated(s)).map(|(id, _)| *id).collect();
    if old.is_empty() {
        return Ok(());
    }
    tracing::info!(n_songs = old.len(), "making new fingerprints");
    for ids in old.chunks(RENEWED_AT_ONCE) {
        let renewed = ids.iter().filter_map(|id| {
            let fingerprint = read_again(context, *id)?.fingerprint?;
            Some((*id, fingerprint.phrases().to_vec()))
        });
        context.store.set_fingerprints(renewed.collect())?;
    }
    Ok(())
}

fn is_outdated(song: &Song) -> bool {
    let is_current = |music: &Music| music.fingerprints.iter().any(|f| Fingerprint::is_current(f));
    song.status == SongStatus::Accepted && song.music.as_ref().is_some_and(|m| !is_current(m))
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    fn outline(n_notes: u32) -> Outline {
        let note = |idx: u32| {
            GridNote::new(
                idx / 128,
                Voice::Lead,
                Pitch::new((idx % 128) as u8).expect("a pitch"),
                1,
            )
        };
        Outline::of(&music::song::Song::new(150.0, 4, 256, (0..n_notes).map(note)))
    }

    #[test]
    fn outlines_are_read_once_and_the_oldest_go_first() {
        let mut outlines = Outlines::default();
        let id = |number: u8| SongId::of(&[number]);
        let mut n_read = 0;
        for _ in 0..3 {
            outlines.get(id(0), || {
                n_read += 1;
                Some(outline(10))
            });
        }
        assert_eq!((n_read, outlines.n_notes), (1, 10));
        assert_eq!(outlines.get(id(1), || None), None);
        let large = Arc::new(outline(300_000));
        for number in [1, 2, 2, 3, 4] {
            outlines.keep(id(number), Arc::clone(&large));
        }
        let is_kept = [0, 1, 2, 3, 4].map(|number| outlines.by_song.contains_key(&id(number)));
        assert_eq!(is_kept, [false, false, true, true, true]);
        assert_eq!((outlines.n_notes, outlines.order.len()), (900_000, 3));
    }
}
