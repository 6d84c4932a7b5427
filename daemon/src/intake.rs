//! How does a found file become a song of the library or a rejected file, so that nothing is lost?
//!
//! In this order: its bytes are copied to `songs/`, the store notes song and pending move in one
//! step, the file moves, the move is struck off. After a crash at any point, [`resume`] and the next
//! scan finish it. A file is never deleted; one that cannot be read stays where it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use model::tokens::encode;
use watch::filter::{Reason, Verdict};
use watch::inbox::Found;
use watch::intake::{Examined, examine};
use watch::open::{OpenError, read_beneath};
use watch::shelf;

use crate::home;
use crate::store::{self, Move, MoveId, Music, Song, SongId, SongStatus};
use crate::studio::{Studio, now_ms};

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

/// A file that was opened and examined.
enum Opened {
    Song(Vec<u8>, Box<Examined>),
    /// Not taken, without a look into it.
    Refused(Reason),
    /// Not taken and left where it is.
    Left(Reason),
    Gone,
}

/// Takes files in. They are read and examined on all cores, and noted one by one in their order, so
/// that of two doubles the first is taken.
pub fn take_in(studio: &Studio, batch: &[Found]) -> Taken {
    let mut taken = Taken::default();
    for (found, opened) in batch.iter().zip(open_all(studio, batch)) {
        match settle(studio, found, opened) {
            Ok(Some(genre)) => {
                taken.n_accepted += 1;
                taken.genres.insert(genre);
            }
            Ok(None) => taken.n_rejected += 1,
            Err(error) => {
                taken.n_failed += 1;
                let error = format!("{error:#}");
                tracing::error!(path = %found.path.display(), error, "not taken in; it stays and is tried again");
            }
        }
    }
    taken
}

fn open_all(studio: &Studio, batch: &[Found]) -> Vec<Opened> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(batch.len());
    let next = Mutex::new(batch.iter().enumerate());
    let opened = Mutex::new(Vec::with_capacity(batch.len()));
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let taken =
                        next.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                    let Some((idx, found)) = taken else { return };
                    let result = open(studio, found);
                    opened
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push((idx, result));
                }
            });
        }
    });
    let mut opened = opened.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    opened.sort_by_key(|(idx, _)| *idx);
    opened.into_iter().map(|(_, opened)| opened).collect()
}

fn open(studio: &Studio, found: &Found) -> Opened {
    if found.genre.as_deref().is_none_or(|genre| home::genre(genre).is_err()) {
        return match found.kind {
            watch::Kind::File => Opened::Refused(Reason::NoGenre),
            kind => Opened::Left(Reason::NotRegular { kind: kind.name() }),
        };
    }
    if found.kind != watch::Kind::File {
        return Opened::Left(Reason::NotRegular { kind: found.kind.name() });
    }
    if !found.has_midi_name() {
        return Opened::Refused(Reason::NotMidiName);
    }
    let max_bytes = studio.config.intake.midi.max_file_bytes;
    match read_beneath(&studio.home.inbox(), &found.relative, max_bytes) {
        Ok(bytes) => {
            let examined = Box::new(examine(&bytes, &studio.config.intake));
            Opened::Song(bytes, examined)
        }
        Err(OpenError::Vanished) => Opened::Gone,
        Err(error @ OpenError::TooLarge { .. }) => {
            Opened::Refused(Reason::TooLarge { why: error.to_string() })
        }
        Err(error) => Opened::Left(Reason::Unreadable { why: error.to_string() }),
    }
}

/// Notes and moves one file; the genre if it was accepted.
fn settle(studio: &Studio, found: &Found, opened: Opened) -> anyhow::Result<Option<String>> {
    let path = found.path.display();
    match opened {
        Opened::Gone => Ok(None),
        Opened::Left(reason) => {
            tracing::warn!(%path, reason = reason.code(), "left where it is: {reason}");
            let beside = studio.home.rejected().join(&found.relative);
            explain(&beside, &format!("{reason}\nThe file was left at {path}."))?;
            Ok(None)
        }
        Opened::Refused(reason) => {
            reject(studio, found, None, &reason)?;
            Ok(None)
        }
        Opened::Song(bytes, examined) => song(studio, found, &bytes, &examined),
    }
}

fn song(
    studio: &Studio,
    found: &Found,
    bytes: &[u8],
    examined: &Examined,
) -> anyhow::Result<Option<String>> {
    let id: SongId = examined.hash.parse()?;
    let genre = found.genre.clone().unwrap_or_default();
    let known = studio.store.song(id)?;
    if let Some(same) = known.filter(|song| song.status == SongStatus::Accepted) {
        reject(studio, found, None, &Reason::Duplicate { of: called(&same) })?;
        return Ok(None);
    }
    let verdict = match &examined.verdict {
        Verdict::Accept => match double(studio, examined)? {
            Some(of) => Verdict::Reject(Reason::Duplicate { of }),
            None => Verdict::Accept,
        },
        reject @ Verdict::Reject(_) => reject.clone(),
    };
    shelf::keep(bytes, &studio.home.songs(), &examined.hash)?;
    let song = |status, path| Song {
        genre: genre.clone(),
        file_name: file_name(&found.relative),
        path,
        status,
        added_at_ms: now_ms(),
        music: music(examined),
    };
    match verdict {
        Verdict::Reject(reason) => {
            reject(
                studio,
                found,
                Some((id, song(SongStatus::Rejected(note(&reason)), PathBuf::new()))),
                &reason,
            )?;
            Ok(None)
        }
        Verdict::Accept => {
            let song = song(SongStatus::Accepted, PathBuf::new());
            file(
                studio,
                found,
                Some((id, song)),
                &Path::new("library").join(&found.relative),
                None,
            )?;
            tracing::info!(path = %found.relative.display(), "accepted");
            Ok(Some(genre))
        }
    }
}

/// The accepted song that has the same melody, as people would name it.
fn double(studio: &Studio, examined: &Examined) -> anyhow::Result<Option<String>> {
    let Some(fingerprint) = &examined.fingerprint else { return Ok(None) };
    for id in studio.store.songs_with_fingerprint(fingerprint)? {
        if let Some(song) =
            studio.store.song(id)?.filter(|song| song.status == SongStatus::Accepted)
        {
            return Ok(Some(called(&song)));
        }
    }
    Ok(None)
}

fn called(song: &Song) -> String {
    format!("{}/{}", song.genre, song.file_name)
}

fn music(examined: &Examined) -> Option<Music> {
    let song = examined.song.as_ref()?;
    Some(Music {
        fingerprints: examined.fingerprint.clone().into_iter().collect(),
        n_notes: song.notes().len() as u32,
        n_bars: song.n_bars(),
        tempo_bpm: song.tempo_bpm(),
        key_index: song.key().index() as u8,
        n_tokens: encode(song).len() as u32,
    })
}

fn note(reason: &Reason) -> store::Reason {
    store::Reason { code: reason.code().to_owned(), text: reason.to_string() }
}

fn reject(
    studio: &Studio,
    found: &Found,
    song: Option<(SongId, Song)>,
    reason: &Reason,
) -> anyhow::Result<()> {
    let to = Path::new("rejected").join(&found.relative);
    file(studio, found, song, &to, Some(note(reason)))?;
    tracing::info!(path = %found.relative.display(), reason = reason.code(), "rejected");
    Ok(())
}

/// Notes song and move, then moves. `to` is relative to the home.
fn file(
    studio: &Studio,
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
    let number = studio.store.take_in(song, Some(file_move.clone()))?;
    carry_out(studio, number, &file_move)
}

/// Moves a file as noted, explains it, corrects the path if the name was taken, strikes the move off.
fn carry_out(studio: &Studio, number: Option<MoveId>, file_move: &Move) -> anyhow::Result<()> {
    let root = studio.home.root();
    let (from, wished) = (root.join(&file_move.from), root.join(&file_move.to));
    let folder = wished.parent().unwrap_or(root);
    let lies = if from.symlink_metadata().is_ok() {
        Some(shelf::shelve(&from, folder)?)
    } else {
        moved_already(&wished, file_move)
    };
    if let (Some(lies), Some(reason)) = (&lies, &file_move.reason) {
        explain(lies, &reason.text)?;
    }
    if let Some(lies) = lies.filter(|lies| *lies != wished)
        && let Some(id) = file_move.song
        && let Some(song) = studio.store.song(id)?
    {
        let path = lies.strip_prefix(root).unwrap_or(&lies).to_owned();
        studio.store.take_in(Some((id, Song { path, ..song })), None)?;
    }
    if let Some(number) = number {
        studio.store.finish_move(number)?;
    }
    Ok(())
}

/// Where a move that a crash interrupted put its file: under the wished name, or a numbered one if
/// that was taken. `None` if all that was left to do was to strike it off, or the file is gone.
fn moved_already(wished: &Path, file_move: &Move) -> Option<PathBuf> {
    let stem = wished.file_stem()?.as_encoded_bytes();
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        let is_named = name.as_encoded_bytes().starts_with(stem) && path.is_file();
        let mut reason = name.to_owned();
        reason.push(".reason.txt");
        let is_open = file_move.reason.is_none() || !path.with_file_name(reason).exists();
        is_named
            && is_open
            && file_move.song.is_none_or(|id| {
                let bytes = std::fs::read(path).unwrap_or_default();
                watch::fingerprint::content(&bytes) == id.to_string()
            })
    };
    let entries = std::fs::read_dir(wished.parent()?).ok()?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found.into_iter().find(is_it)
}

fn explain(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    shelf::write_reason(path, &format!("{text}\n"))?;
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

/// Makes the moves that a crash left undone. To be called before the inbox is watched.
///
/// # Errors
/// When the store or the file system fails; it can be tried again.
pub fn resume(studio: &Studio) -> anyhow::Result<usize> {
    let pending = studio.store.pending_moves()?;
    for (number, file_move) in &pending {
        carry_out(studio, Some(*number), file_move)?;
    }
    Ok(pending.len())
}

/// Takes an accepted song out of the library; its file goes to the rejected ones.
///
/// # Errors
/// When the song is not there, or a failed write.
pub fn remove(studio: &Studio, id: SongId) -> anyhow::Result<PathBuf> {
    let song = studio.store.song(id)?.ok_or_else(|| anyhow::anyhow!("there is no song {id}"))?;
    let below = song.path.strip_prefix("library").unwrap_or(&song.path);
    let text = "A person took it out of the library. Drop it into the inbox to take it in again.";
    let reason = store::Reason { code: "removed".to_owned(), text: text.to_owned() };
    let to = Path::new("rejected").join(below);
    let file_move = Move { song: Some(id), from: song.path.clone(), to, reason: Some(reason) };
    let number = studio.store.remove_song(id, Some(file_move.clone()))?;
    carry_out(studio, number, &file_move)?;
    let song = studio.store.song(id)?;
    Ok(studio.home.root().join(song.map_or(file_move.to, |song| song.path)))
}

/// Takes in everything that lies in the inbox now, without a daemon: waits until what is there was
/// still for the configured time, once.
///
/// # Errors
/// When the inbox cannot be watched.
pub fn take_in_now(studio: &Studio) -> anyhow::Result<Taken> {
    resume(studio)?;
    let (sender, found) = std::sync::mpsc::channel();
    let inbox =
        watch::inbox::Inbox::start(&studio.home.inbox(), &studio.config.inbox, move |file| {
            let _ = sender.send(file);
        })?;
    let wait = std::time::Duration::from_millis(studio.config.inbox.settle_ms + 1000);
    let mut batch = Vec::new();
    while let Ok(file) = found.recv_timeout(wait) {
        batch.push(file);
    }
    drop(inbox);
    Ok(take_in(studio, &batch))
}
