//! Of which genre is a song that lies in no genre's folder?
//!
//! The songs of the library teach a classifier, anew when the library has grown by a fifth or has a
//! genre more. A song that it is sure of goes into that genre; any other waits in `inbox/unsorted/`
//! with a text beside it that says why. Nothing here moves a song that lies in a genre's folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use composer::corpus::group_of;
use music::genre::{Classification, Classifier, Sample, Traits};
use watch::filter::{Reason, Verdict};
use watch::inbox::{Found, UNSORTED};
use watch::intake::examine;
use watch::shelf;

use super::open::{Candidate, guarded};
use super::{Outcome, accept, file, note, refusal, reject};
use crate::context::Context;
use crate::store::{self, SongId, SongStatus};

/// How the text beside a waiting file begins.
const WAITS: &str = "It waits here for its genre.";
/// Genres that such a text names at most, if they are this probable.
const NAMED: usize = 3;
const WORTH_NAMING: f64 = 0.005;

/// What was learned of the library, for as long as files are taken in.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    learned: Option<Learned>,
}

#[derive(Debug)]
struct Learned {
    /// Songs of each genre that had enough.
    sizes: BTreeMap<String, u64>,
    /// `None` if there was nothing to tell apart.
    classifier: Option<Classifier>,
}

/// Takes in a song that lies in no genre's folder, if it is accepted and its genre is sure.
pub(super) fn sort(
    context: &Context,
    sorter: &mut Sorter,
    found: &Found,
    candidate: &Candidate,
    verdict: Verdict,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let song = match (verdict, &candidate.examined.song) {
        (Verdict::Reject(reason), _) => {
            let why = refusal(&candidate.examined, &reason);
            return reject(context, found, None, why);
        }
        (Verdict::Accept, Some(song)) => song,
        // Only songs are accepted.
        (Verdict::Accept, None) => {
            return reject(context, found, None, note(&Reason::Empty { has_bytes: true }));
        }
    };
    sorter.renew(context, stop)?;
    if stop.load(Ordering::Relaxed) {
        return Ok(Outcome::Stuck);
    }
    let settings = &context.config.sorting;
    let classifier = sorter.learned.as_ref().and_then(|learned| learned.classifier.as_ref());
    let judgement = classifier.map(|classifier| classifier.classify(&Traits::of(song)));
    let sure = judgement.as_ref().and_then(|judgement| judgement.sure(settings));
    let Some((genre, probability)) = sure else {
        return wait(context, found, &why(judgement.as_ref(), context));
    };
    let below = found.relative.strip_prefix(UNSORTED).unwrap_or(&found.relative);
    let to = Path::new("library").join(genre).join(below);
    let path = found.relative.display();
    tracing::info!(%path, genre, probability = shown(probability), "sorted");
    accept(context, found, candidate, genre, &to)
}

/// The genre of a place in the library.
pub(super) fn genre_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("library").ok()?.components().next()?;
    Some(first.as_os_str().to_string_lossy().into_owned())
}

/// Deletes the texts beside waiting files that are no longer there.
pub(super) fn tidy(context: &Context) {
    let mut folders = vec![context.home.inbox().join(UNSORTED)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let (mut files, mut texts) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && shelf::is_reason(&path) => texts.push(path),
                _ => files.push(shelf::reason_path(&path)),
            }
        }
        for text in texts.iter().filter(|text| !files.contains(text) && is_ours(text)) {
            if let Err(error) = fs::remove_file(text) {
                tracing::warn!(path = %text.display(), %error, "a text without its file stays");
            }
        }
    }
}

fn is_ours(text: &Path) -> bool {
    fs::read(text).is_ok_and(|text| text.starts_with(WAITS.as_bytes()))
}

/// Puts a file where it waits and says why, once.
fn wait(context: &Context, found: &Found, text: &str) -> anyhow::Result<Outcome> {
    if !found.is_unsorted() {
        let to = Path::new("inbox").join(UNSORTED).join(&found.relative);
        let reason = store::Reason { code: UNSORTED.to_owned(), text: text.to_owned() };
        file(context, found, None, &to, Some(reason))?;
        let why = text.lines().next().unwrap_or_default();
        tracing::info!(path = %found.relative.display(), "waits in inbox/unsorted: {why}");
        return Ok(Outcome::Waiting);
    }
    let text = format!("{text}\n");
    if fs::read(shelf::reason_path(&found.path)).map_or(true, |known| known != text.as_bytes()) {
        shelf::write_reason(&found.path, &text)?;
    }
    Ok(Outcome::Waiting)
}

/// What a person is told of a song that waits.
fn why(judgement: Option<&Classification>, context: &Context) -> String {
    let settings = &context.config.sorting;
    let move_it = "To take it in, move it into the folder of its genre in the inbox, for example";
    let again = "It is tried again when Kickback starts and after each training.";
    let Some(judgement) = judgement else {
        return format!(
            "{WAITS} Songs are sorted by themselves once the library has two genres with at least {} \
             songs each.\n{move_it} inbox/hardstyle/. {again}",
            settings.min_songs
        );
    };
    let nearest: Vec<String> = judgement
        .genres
        .iter()
        .take(NAMED)
        .filter(|(_, probability)| *probability >= WORTH_NAMING)
        .map(|(genre, probability)| format!("{genre} ({})", shown(*probability)))
        .collect();
    let first = judgement.genres.first().map_or("hardstyle", |(genre, _)| genre);
    let odd = format!(
        " It is unlike the songs of {first} that the library has, and may be of a genre that is not \
         there."
    );
    format!(
        "{WAITS} Of the genres in the library, it comes nearest to {}; songs are sorted by themselves \
         from {} on.{}\n{move_it} inbox/{first}/. {again}",
        nearest.join(", "),
        shown(settings.certainty),
        if judgement.is_odd { odd.as_str() } else { "" },
    )
}

fn shown(probability: f64) -> String {
    // Not rounded up, and never 100: nothing is certain here.
    format!("{} %", (probability * 100.0).floor().min(99.0))
}

impl Sorter {
    /// Learns the library, if what was learned is not good enough any more. Without an end if `stop`
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
        if self.learned.as_ref().is_some_and(|learned| is_fresh(&learned.sizes, &sizes)) {
            return Ok(());
        }
        let classifier = if sizes.len() < 2 { None } else { learn(context, &sizes, stop)? };
        if !stop.load(Ordering::Relaxed) {
            self.learned = Some(Learned { sizes, classifier });
        }
        Ok(())
    }
}

/// Whether what was learned from so many songs a genre serves for these, too.
fn is_fresh(then: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> bool {
    let total = |sizes: &BTreeMap<String, u64>| sizes.values().sum::<u64>();
    then.keys().eq(now.keys()) && total(then).abs_diff(total(now)) * 5 <= total(then)
}

fn learn(
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

/// The numbers of songs, on all cores; of one that cannot be read, and after a stop, `None`.
fn measure(
    context: &Context,
    songs: &[(&str, SongId, String)],
    stop: &AtomicBool,
) -> Vec<Option<Traits>> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let of = |(_, id, _): &(&str, SongId, String)| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let path = context.home.songs().join(format!("{id}.mid"));
        traits(context, &path)
            .inspect_err(|error| {
                tracing::warn!(%id, error = format!("{error:#}"), "a song is left out");
            })
            .ok()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = songs
            .chunks(songs.len().div_ceil(n_threads).max(1))
            .map(|part| (part.len(), scope.spawn(|| part.iter().map(of).collect::<Vec<_>>())))
            .collect();
        let ends = threads.into_iter().map(|(n, thread)| {
            // A panic is caught for each song; should one pass, its part is left out.
            thread.join().unwrap_or_else(|_| vec![None; n])
        });
        ends.flatten().collect()
    })
}

fn traits(context: &Context, path: &PathBuf) -> anyhow::Result<Traits> {
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

    #[test]
    fn probabilities_are_not_rounded_up() {
        assert_eq!(shown(0.899), "89 %");
        assert_eq!((shown(0.9999), shown(1.0)), ("99 %".to_owned(), "99 %".to_owned()));
        assert_eq!(genre_of(Path::new("library/a b/c.mid")).as_deref(), Some("a b"));
        assert_eq!(genre_of(Path::new("rejected/a/c.mid")), None);
    }
}
