//! How does a found file become a song of the library or a rejected file, so that nothing is lost?
//!
//! In this order: its bytes are copied to `songs/`, the store notes song and pending move in one
//! step, the file moves, the move is struck off (`moves`). After a crash at any point, [`resume`] and
//! the next scan finish it. A file is never deleted; one that cannot be read or moved (`open`) stays
//! where it is.

mod duplicates;
mod moves;
mod open;
mod sort;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use watch::duplicates::Outline;
use watch::filter::{Reason, Verdict};
use watch::inbox::Found;
use watch::intake::Examined;
use watch::shelf;

use crate::context::{Context, now_ms};
use crate::store::{self, Move, Song, SongId, SongStatus};
use moves::{carry_out, explain_left, finish};
use open::{Candidate, Opened, open_all};

pub(crate) use open::{guarded, not_opened};

/// What was worked out about the library, for as long as files are taken in. It saves work and
/// changes no outcome.
#[derive(Debug, Default)]
pub struct Cache {
    sorter: sort::Sorter,
    outlines: duplicates::Outlines,
}

/// Finishes what a crash or an earlier version left undone: noted moves, and fingerprints that are
/// made in another way now. Gives the number of moves. To be called before the inbox is watched.
///
/// # Errors
/// When the store cannot be read or written.
pub fn resume(context: &Context) -> anyhow::Result<usize> {
    duplicates::renew(context)?;
    moves::resume(context)
}

/// What became of some files.
#[derive(Debug, Default)]
pub struct Taken {
    /// Genres that got a new song.
    pub genres: BTreeSet<String>,
    /// Files that were accepted.
    pub n_accepted: usize,
    /// Files that were rejected.
    pub n_rejected: usize,
    /// Files that are still in the inbox because something failed; to be tried again.
    pub n_failed: usize,
}

/// Takes files in until `stop` is set; what is left then stays in the inbox. They are read and
/// examined on all cores, and noted one by one in their order, so that of two duplicates the first
/// is taken.
pub fn take_in(context: &Context, cache: &mut Cache, batch: &[Found], stop: &AtomicBool) -> Taken {
    let mut taken = Taken::default();
    for (found, opened) in batch.iter().zip(open_all(context, batch, stop)) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match settle(context, cache, found, opened, stop) {
            Ok(Outcome::Accepted(genre)) => {
                taken.n_accepted += 1;
                taken.genres.insert(genre);
            }
            Ok(Outcome::Rejected) => taken.n_rejected += 1,
            Ok(Outcome::Waiting) => {}
            Ok(Outcome::Stuck) => taken.n_failed += 1,
            Err(error) => {
                taken.n_failed += 1;
                let error = format!("{error:#}");
                tracing::error!(path = %found.path.display(), error, "not taken in; it stays and is tried again");
            }
        }
    }
    sort::tidy(context);
    taken
}

/// What became of one file.
enum Outcome {
    /// Its genre.
    Accepted(String),
    Rejected,
    /// For its genre.
    Waiting,
    /// To be tried again.
    Stuck,
}

/// Notes and moves one file.
fn settle(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    opened: Opened,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    match opened {
        Opened::Gone => Ok(Outcome::Rejected),
        Opened::Left(reason) => {
            explain_left(context, &found.relative, &reason.to_string())?;
            Ok(Outcome::Rejected)
        }
        Opened::Stuck(why) => {
            explain_left(context, &found.relative, &why)?;
            Ok(Outcome::Stuck)
        }
        Opened::Refused(reason) => {
            finish_earlier(context, found, None)?;
            reject(context, found, None, note(&reason))
        }
        Opened::Song(candidate) => song(context, cache, found, &candidate, stop),
    }
}

/// Finishes the moves of this file that were noted and failed; whether one of them moved it, being
/// the song `id`. Without this, a file would be a duplicate of itself.
fn finish_earlier(
    context: &Context,
    found: &Found,
    id: Option<SongId>,
) -> anyhow::Result<Option<Move>> {
    let from = Path::new("inbox").join(&found.relative);
    let mut done = None;
    for (number, file_move) in context.store.pending_moves()? {
        if file_move.from == from {
            finish(context, number, &file_move)?;
            done =
                Some(file_move).filter(|file_move| id.is_some() && file_move.song == id).or(done);
        }
    }
    Ok(done)
}

fn song(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    candidate: &Candidate,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let examined = &candidate.examined;
    let id = candidate.id;
    if let Some(done) = finish_earlier(context, found, Some(id))? {
        let genre = sort::genre_of(&done.to).filter(|_| done.reason.is_none());
        return Ok(genre.map_or(Outcome::Rejected, Outcome::Accepted));
    }
    let known = context.store.song(id)?;
    if let Some(same) = known.filter(|song| song.status == SongStatus::Accepted) {
        let of = format!("{} (the same file)", called(&same));
        return reject(context, found, None, note(&Reason::Duplicate { of }));
    }
    let outline = examined.song.as_ref().map(Outline::of);
    let verdict = match &examined.verdict {
        Verdict::Accept => match repeated(context, cache, examined, outline.as_ref())? {
            Some(of) => Verdict::Reject(Reason::Duplicate { of }),
            None => Verdict::Accept,
        },
        reject @ Verdict::Reject(_) => reject.clone(),
    };
    let outcome = place(context, cache, found, candidate, verdict, stop)?;
    if let (Outcome::Accepted(_), Some(outline)) = (&outcome, outline) {
        cache.outlines.keep(id, Arc::new(outline));
    }
    Ok(outcome)
}

/// The song of the library that a file repeats.
fn repeated(
    context: &Context,
    cache: &mut Cache,
    examined: &Examined,
    outline: Option<&Outline>,
) -> anyhow::Result<Option<String>> {
    let Some((fingerprint, outline)) = examined.fingerprint.as_ref().zip(outline) else {
        return Ok(None);
    };
    duplicates::find_in(context, &mut cache.outlines, fingerprint, outline)
}

/// Puts a file where its verdict and its folder say.
fn place(
    context: &Context,
    cache: &mut Cache,
    found: &Found,
    candidate: &Candidate,
    verdict: Verdict,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let Some(genre) = &found.genre else {
        return sort::sort(context, &mut cache.sorter, found, candidate, verdict, stop);
    };
    match verdict {
        Verdict::Reject(reason) => {
            let why = refusal(&candidate.examined, &reason);
            let status = SongStatus::Rejected(why.clone());
            let song = keep(context, found, candidate, genre, status)?;
            reject(context, found, Some(song), why)
        }
        Verdict::Accept => {
            let to = Path::new("library").join(&found.relative);
            accept(context, found, candidate, genre, &to)
        }
    }
}

/// Keeps the bytes of a song, and gives what is to be noted of it.
fn keep(
    context: &Context,
    found: &Found,
    candidate: &Candidate,
    genre: &str,
    status: SongStatus,
) -> anyhow::Result<(SongId, Song)> {
    let id = candidate.id;
    shelf::keep(&candidate.bytes, &context.home.songs(), &id.to_string())?;
    let song = Song {
        genre: genre.to_owned(),
        file_name: file_name(&found.relative),
        path: PathBuf::new(),
        status,
        added_at_ms: now_ms(),
        music: candidate.music.clone(),
    };
    Ok((id, song))
}

/// Takes a song into a genre of the library. `to` is relative to the home.
fn accept(
    context: &Context,
    found: &Found,
    candidate: &Candidate,
    genre: &str,
    to: &Path,
) -> anyhow::Result<Outcome> {
    let song = keep(context, found, candidate, genre, SongStatus::Accepted)?;
    file(context, found, Some(song), to, None)?;
    tracing::info!(path = %found.relative.display(), "accepted");
    Ok(Outcome::Accepted(genre.to_owned()))
}

fn called(song: &Song) -> String {
    format!("{}/{}", song.genre, song.file_name)
}

fn note(reason: &Reason) -> store::Reason {
    store::Reason { code: reason.code().to_owned(), text: reason.to_string() }
}

/// The reason with what was odd about the file, which may be why it came to that.
fn refusal(examined: &Examined, reason: &Reason) -> store::Reason {
    let note = note(reason);
    store::Reason { text: examined.refusal().unwrap_or(note.text), code: note.code }
}

fn reject(
    context: &Context,
    found: &Found,
    song: Option<(SongId, Song)>,
    reason: store::Reason,
) -> anyhow::Result<Outcome> {
    let to = Path::new("rejected").join(&found.relative);
    tracing::info!(path = %found.relative.display(), reason = %reason.code, "rejected");
    file(context, found, song, &to, Some(reason))?;
    Ok(Outcome::Rejected)
}

/// Notes song and move, then moves. `to` is relative to the home.
fn file(
    context: &Context,
    found: &Found,
    song: Option<(SongId, Song)>,
    to: &Path,
    reason: Option<store::Reason>,
) -> anyhow::Result<()> {
    let id = song.as_ref().map(|(id, _)| *id);
    let file_move = Move {
        song: id,
        from: Path::new("inbox").join(&found.relative),
        to: to.to_owned(),
        reason,
    };
    let song = song.map(|(id, song)| (id, Song { path: to.to_owned(), ..song }));
    let number = context.store.take_in(song, Some(file_move.clone()))?;
    carry_out(context, number, &file_move)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

/// Takes an accepted song out of the library; its file goes to the rejected ones.
///
/// # Errors
/// When the song is not there, or a failed write.
pub fn remove(context: &Context, id: SongId) -> anyhow::Result<PathBuf> {
    let song = context.store.song(id)?.ok_or_else(|| anyhow::anyhow!("there is no song {id}"))?;
    let below = song.path.strip_prefix("library").unwrap_or(&song.path);
    let text = "A person took it out of the library. Drop it into the inbox to take it in again.";
    let reason = store::Reason { code: "removed".to_owned(), text: text.to_owned() };
    let to = Path::new("rejected").join(below);
    let file_move = Move { song: Some(id), from: song.path.clone(), to, reason: Some(reason) };
    let number = context.store.remove_song(id, Some(file_move.clone()))?;
    carry_out(context, number, &file_move)?;
    let song = context.store.song(id)?;
    Ok(context.home.root().join(song.map_or(file_move.to, |song| song.path)))
}

/// Takes in everything that lies in the inbox now, without a daemon: waits until what is there was
/// still for the configured time, once.
///
/// # Errors
/// When the inbox cannot be watched.
pub fn take_in_now(context: &Context) -> anyhow::Result<Taken> {
    resume(context)?;
    let (sender, found) = std::sync::mpsc::channel();
    let inbox =
        watch::inbox::Inbox::start(&context.home.inbox(), &context.config.inbox, move |file| {
            let _ = sender.send(file);
        })?;
    let wait = std::time::Duration::from_millis(context.config.inbox.settle_ms + 1000);
    let mut batch = Vec::new();
    while let Ok(file) = found.recv_timeout(wait) {
        batch.push(file);
    }
    drop(inbox);
    Ok(take_in(context, &mut Cache::default(), &batch, &AtomicBool::new(false)))
}
