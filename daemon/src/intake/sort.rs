//! Of which genre is a song that lies in no genre's folder?
//!
//! The songs of the library teach a classifier, anew when the library has grown by a fifth or has a
//! genre more. It says which genre it is sure of, if of any; nothing is moved here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use composer::corpus::group_of;
use music::genre::{Classification, Classifier, Sample, Traits};
use music::song::Song;
use rayon::prelude::*;
use watch::examine::examine;

use super::open::guarded;
use crate::context::Context;
use crate::store::{SongId, SongStatus};

/// What was learned of the library, for as long as files are taken in.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    fitted: Option<Fitted>,
}

#[derive(Debug)]
struct Fitted {
    /// Songs of each genre that had enough.
    sizes: BTreeMap<String, u64>,
    /// `None` if there was nothing to tell apart.
    classifier: Option<Classifier>,
}

/// What the library says of a song's genre.
pub(super) enum Sorting {
    /// It is sure of this one.
    Sure { genre: String, probability: f64 },
    /// It is not; `None` if it knows no two genres to tell apart.
    Unsure(Option<Classification>),
    /// The program was stopped before that could be said.
    Stopped,
}

impl Sorter {
    /// The genre of a song, if it is sure.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn sort(
        &mut self,
        context: &Context,
        song: &Song,
        stop: &AtomicBool,
    ) -> anyhow::Result<Sorting> {
        self.renew(context, stop)?;
        if stop.load(Ordering::Relaxed) {
            return Ok(Sorting::Stopped);
        }
        let classifier = self.fitted.as_ref().and_then(|fitted| fitted.classifier.as_ref());
        let found = classifier.map(|classifier| classifier.classify(&Traits::of(song)));
        let sure = found.as_ref().and_then(|found| found.sure(&context.config.sorting));
        Ok(match sure {
            Some((genre, probability)) => Sorting::Sure { genre: genre.to_owned(), probability },
            None => Sorting::Unsure(found),
        })
    }

    /// Learns the library anew, if what was learned is not good enough any more. Gives up when `stop`
    /// is set.
    fn renew(&mut self, context: &Context, stop: &AtomicBool) -> anyhow::Result<()> {
        let min_songs = context.config.sorting.min_songs as u64;
        let mut sizes = BTreeMap::new();
        for genre in context.store.genres()? {
            let n_songs = context.store.song_counts(&genre)?.accepted;
            if n_songs >= min_songs {
                sizes.insert(genre, n_songs);
            }
        }
        if self.fitted.as_ref().is_some_and(|fitted| is_fresh(&fitted.sizes, &sizes)) {
            return Ok(());
        }
        let classifier = if sizes.len() < 2 { None } else { fit(context, &sizes, stop)? };
        if !stop.load(Ordering::Relaxed) {
            self.fitted = Some(Fitted { sizes, classifier });
        }
        Ok(())
    }
}

/// Whether what was learned from so many songs a genre serves for these, too.
fn is_fresh(then: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> bool {
    let total = |sizes: &BTreeMap<String, u64>| sizes.values().sum::<u64>();
    then.keys().eq(now.keys()) && total(then).abs_diff(total(now)) * 5 <= total(then)
}

fn fit(
    context: &Context,
    sizes: &BTreeMap<String, u64>,
    stop: &AtomicBool,
) -> anyhow::Result<Option<Classifier>> {
    let began = std::time::Instant::now();
    let mut songs: Vec<(&str, SongId, String)> = Vec::new();
    for genre in sizes.keys() {
        let accepted = context.store.songs_of(genre)?.into_iter();
        let accepted = accepted.filter(|(_, song)| song.status == SongStatus::Accepted);
        songs.extend(accepted.map(|(id, song)| (genre.as_str(), id, group_of(&song.file_name))));
    }
    let traits = measure(context, &songs, stop);
    let samples: Vec<Sample<'_>> = songs
        .iter()
        .zip(&traits)
        .filter_map(|((genre, _, tune), traits)| {
            Some(Sample { genre, tune, traits: traits.as_ref()? })
        })
        .collect();
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let classifier = Classifier::train(&samples, &context.config.sorting);
    let (n_songs, seconds) = (samples.len(), began.elapsed().as_secs_f64());
    tracing::info!(n_songs, n_genres = sizes.len(), seconds, "learned to tell the genres apart");
    Ok(classifier)
}

/// What the classifier hears in songs, on all cores; of one that cannot be read, and after a stop,
/// `None`.
fn measure(
    context: &Context,
    songs: &[(&str, SongId, String)],
    stop: &AtomicBool,
) -> Vec<Option<Traits>> {
    let of = |(_, id, _): &(&str, SongId, String)| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let path = context.home.songs().join(format!("{id}.mid"));
        let traits = traits(context, &path).inspect_err(|error| {
            tracing::warn!(%id, error = format!("{error:#}"), "a song is left out");
        });
        traits.ok()
    };
    songs.par_iter().map(of).collect()
}

fn traits(context: &Context, path: &Path) -> anyhow::Result<Traits> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let song = guarded(path, || {
        examine(&bytes, &context.config.intake).song.map(|song| Traits::of(&song))
    });
    song.ok().flatten().context("it has no voice any more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(sizes: &[(&str, u64)]) -> BTreeMap<String, u64> {
        sizes.iter().map(|(genre, n)| ((*genre).to_owned(), *n)).collect()
    }

    #[test]
    fn a_genre_more_or_a_fifth_more_songs_call_for_learning_anew() {
        let then = sizes(&[("a", 50), ("b", 50)]);
        assert!(is_fresh(&then, &then));
        assert!(is_fresh(&then, &sizes(&[("a", 70), ("b", 50)])));
        assert!(!is_fresh(&then, &sizes(&[("a", 71), ("b", 50)])));
        assert!(!is_fresh(&then, &sizes(&[("a", 50), ("b", 50), ("c", 8)])));
        assert!(!is_fresh(&then, &sizes(&[("a", 50), ("c", 50)])));
    }
}
