//! What becomes of each file of a batch?
//!
//! Files are examined on all cores and decided on one by one in their order, so that of two
//! duplicates the first is taken.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use watch::duplicates::Outline;
use watch::examine::Examined;
use watch::filter::{Reason, Verdict};
use watch::inbox::{Found, UNSORTED};

use super::duplicates::{Outlines, called, find_in, renew};
use super::open::{Candidate, Opened, open_all};
use super::place::{Decision, Outcome, PlannedSong, place};
use super::sort::{Sorter, Sorting};
use super::{moves, waiting};
use crate::context::Context;
use crate::store::{self, SongId, SongStatus};

/// What became of some files.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Genres that got a new song.
    pub(crate) genres: BTreeSet<String>,
    /// Files that were accepted.
    pub(crate) n_accepted: usize,
    /// Files that were rejected.
    pub(crate) n_rejected: usize,
    /// Files that are still in the inbox because something failed; to be tried again.
    pub(crate) n_failed: usize,
}

impl Taken {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted(genre) => {
                self.n_accepted += 1;
                self.genres.insert(genre);
            }
            Outcome::Rejected => self.n_rejected += 1,
            Outcome::Stuck => self.n_failed += 1,
            Outcome::Waiting | Outcome::Gone => {}
        }
    }
}

/// Finishes what a crash or an earlier version left undone: noted moves, and fingerprints that are
/// made in another way now. Gives the number of moves. To be called before the inbox is watched.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) fn resume(context: &Context) -> anyhow::Result<usize> {
    renew(context)?;
    moves::resume(context)
}

/// What was worked out about the library, for as long as files are taken in. It saves work and
/// changes no outcome.
#[derive(Debug, Default)]
pub(super) struct Cache {
    sorter: Sorter,
    outlines: Outlines,
}

/// Takes files in until `stop` is set; what is left then stays in the inbox.
pub(super) fn take_in(
    context: &Context,
    cache: &mut Cache,
    batch: &[Found],
    stop: &AtomicBool,
) -> Taken {
    let mut taken = Taken::default();
    for (found, opened) in batch.iter().zip(open_all(context, batch, stop)) {
        let Some(opened) = opened.filter(|_| !stop.load(Ordering::Relaxed)) else { break };
        match take_one(context, cache, found, opened, stop) {
            Ok(outcome) => taken.count(outcome),
            Err(error) => {
                taken.n_failed += 1;
                let (path, error) = (found.path.display(), format!("{error:#}"));
                tracing::error!(%path, error, "not taken in; it stays and is tried again");
            }
        }
    }
    waiting::tidy(context);
    taken
}

fn take_one(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    opened: Opened,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let decision = match opened {
        Opened::Gone => return Ok(Outcome::Gone),
        Opened::Unreadable(reason) => {
            Decision::Leave { why: reason.to_string(), is_retried: false }
        }
        Opened::Stuck(why) => Decision::Leave { why, is_retried: true },
        Opened::Refused(reason) => {
            finish_earlier(context, found, None)?;
            Decision::Reject { reason: note(&reason), song: None }
        }
        Opened::Song(candidate) => {
            if let Some(outcome) = finish_earlier(context, found, Some(candidate.id))? {
                return Ok(outcome);
            }
            return take_song(context, cache, found, candidate, stop);
        }
    };
    place(context, found, decision)
}

/// Finishes the moves of this file that were noted and failed. If one of them moved it, being the
/// song `id`, that is its outcome: without this, a file would be the duplicate of itself.
fn finish_earlier(
    context: &Context,
    found: &Found,
    id: Option<SongId>,
) -> anyhow::Result<Option<Outcome>> {
    let from = Path::new("inbox").join(&found.relative);
    let mut outcome = None;
    for (number, file_move) in context.store.pending_moves()? {
        if file_move.from != from {
            continue;
        }
        moves::finish(context, number, &file_move)?;
        if id.is_some() && file_move.song == id {
            let genre = genre_of(&file_move.to).filter(|_| file_move.reason.is_none());
            outcome = Some(genre.map_or(Outcome::Rejected, Outcome::Accepted));
        }
    }
    Ok(outcome)
}

fn take_song(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    candidate: Box<Candidate>,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let id = candidate.id;
    let outline = candidate.examined.song.as_ref().map(Outline::of);
    let decision = decide(context, cache, found, candidate, outline.as_ref(), stop)?;
    let outcome = place(context, found, decision)?;
    if let (Outcome::Accepted(_), Some(outline)) = (&outcome, outline) {
        cache.outlines.keep(id, Arc::new(outline));
    }
    Ok(outcome)
}

/// What becomes of a file that was read: whether it is known, taken for its music, and of a genre.
fn decide(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    candidate: Box<Candidate>,
    outline: Option<&Outline>,
    stop: &AtomicBool,
) -> anyhow::Result<Decision> {
    let known = context.store.song(candidate.id)?;
    if let Some(same) = known.filter(|song| song.status == SongStatus::Accepted) {
        let of = format!("{} (the same file)", called(&same));
        return Ok(Decision::Reject { reason: note(&Reason::Duplicate { of }), song: None });
    }
    let refused = match &candidate.examined.verdict {
        Verdict::Accept => {
            let of = find_in(context, &mut cache.outlines, &candidate.examined, outline)?;
            of.map(|of| Reason::Duplicate { of })
        }
        Verdict::Reject(reason) => Some(reason.clone()),
    };
    match (refused, found.genre.clone()) {
        (Some(reason), genre) => {
            let reason = refusal(&candidate.examined, &reason);
            Ok(Decision::Reject {
                reason,
                song: genre.map(|genre| PlannedSong { candidate, genre }),
            })
        }
        (None, Some(genre)) => {
            let to = Path::new("library").join(&found.relative);
            Ok(Decision::Accept { song: PlannedSong { candidate, genre }, to })
        }
        (None, None) => sort(context, &mut cache.sorter, found, candidate, stop),
    }
}

/// What becomes of a good song in no genre's folder.
fn sort(
    context: &Context,
    sorter: &mut Sorter,
    found: &Found,
    candidate: Box<Candidate>,
    stop: &AtomicBool,
) -> anyhow::Result<Decision> {
    let Some(song) = &candidate.examined.song else {
        // Only songs are accepted.
        let reason = note(&Reason::Empty { has_bytes: true });
        return Ok(Decision::Reject { reason, song: None });
    };
    Ok(match sorter.sort(context, song, stop)? {
        Sorting::Sure { genre, probability } => {
            let probability = waiting::percent(probability);
            tracing::info!(path = %found.relative.display(), genre, probability, "sorted");
            let below = found.relative.strip_prefix(UNSORTED).unwrap_or(&found.relative);
            let to = Path::new("library").join(&genre).join(below);
            Decision::Accept { song: PlannedSong { candidate, genre }, to }
        }
        Sorting::Unsure(classification) => {
            Decision::Wait { why: waiting::why(classification.as_ref(), &context.config.sorting) }
        }
        Sorting::Stopped => Decision::Stop,
    })
}

/// The genre of a place in the library.
fn genre_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("library").ok()?.components().next()?;
    Some(first.as_os_str().to_string_lossy().into_owned())
}

fn note(reason: &Reason) -> store::ReasonText {
    store::ReasonText { code: reason.code().to_owned(), text: reason.to_string() }
}

/// The reason with what was odd about the file, which may be the cause.
fn refusal(examined: &Examined, reason: &Reason) -> store::ReasonText {
    let note = note(reason);
    store::ReasonText { text: examined.refusal().unwrap_or(note.text), code: note.code }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{context, drop_in, take};
    use super::*;

    #[test]
    fn the_genre_of_a_song_is_the_folder_it_lies_in() {
        assert_eq!(genre_of(Path::new("library/a b/c.mid")).as_deref(), Some("a b"));
        assert_eq!(genre_of(Path::new("rejected/a/c.mid")), None);
    }

    #[test]
    fn a_file_that_vanished_is_neither_accepted_nor_rejected_nor_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let context = context(&folder);
        let found = drop_in(&context, "a.mid", b"no song");
        std::fs::remove_file(&found.path).expect("ours");
        let taken = take(&context, &found);
        assert_eq!((taken.n_accepted, taken.n_rejected, taken.n_failed), (0, 0, 0));
        let rejected = std::fs::read_dir(context.home.rejected()).expect("there");
        assert_eq!(rejected.count(), 0, "nobody is told of it");
    }
}
