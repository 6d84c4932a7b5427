//! How is what was decided about a file noted and carried out?
//!
//! The bytes of a song are kept first; song and move are noted in one step; then the file moves.

use std::path::{Path, PathBuf};

use watch::inbox::{Found, UNSORTED};
use watch::safe_move;

use super::moves::{carry_out, explain_left};
use super::open::Candidate;
use crate::context::{Context, now_ms};
use crate::store::{Move, ReasonText, Song, SongId, SongStatus};

/// What is to become of a file.
pub(super) enum Decision {
    /// It becomes a song of a genre; `to` is its place, relative to the home.
    Accept { song: PlannedSong, to: PathBuf },
    /// It goes to the rejected files; its music is remembered if it was found in a genre's folder.
    Reject { song: Option<PlannedSong>, reason: ReasonText },
    /// It waits for its genre in `inbox/unsorted/`.
    Wait { why: String },
    /// It stays where it is, until it changes or for another try.
    Leave { why: String, is_retried: bool },
    /// It stays where it is, as the program is stopping.
    Stop,
}

/// A file that is remembered as a song of a genre.
pub(super) struct PlannedSong {
    pub(super) candidate: Box<Candidate>,
    pub(super) genre: String,
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is a song of this genre.
    Accepted(String),
    Rejected,
    /// It waits for its genre.
    Waiting,
    /// It is to be tried again.
    Stuck,
    /// It is not there any more.
    Gone,
}

/// Notes a decision and carries it out.
pub(super) fn place(
    context: &Context,
    found: &Found,
    decision: Decision,
) -> anyhow::Result<Outcome> {
    let path = found.relative.display();
    match decision {
        Decision::Accept { song, to } => {
            let kept = keep(context, found, &song, SongStatus::Accepted, &to)?;
            note_and_move(context, found, Some(kept), to, None)?;
            tracing::info!(%path, "accepted");
            Ok(Outcome::Accepted(song.genre))
        }
        Decision::Reject { song, reason } => {
            let to = Path::new("rejected").join(&found.relative);
            let status = SongStatus::Rejected(reason.clone());
            let kept = song.map(|song| keep(context, found, &song, status, &to)).transpose()?;
            tracing::info!(%path, reason = %reason.code, "rejected");
            note_and_move(context, found, kept, to, Some(reason))?;
            Ok(Outcome::Rejected)
        }
        Decision::Wait { why } => wait(context, found, &why),
        Decision::Leave { why, is_retried } => {
            explain_left(context, &found.relative, &why)?;
            Ok(if is_retried { Outcome::Stuck } else { Outcome::Rejected })
        }
        Decision::Stop => Ok(Outcome::Stuck),
    }
}

/// Keeps the bytes of a song, and gives what is to be noted of it once it lies at `to`.
fn keep(
    context: &Context,
    found: &Found,
    song: &PlannedSong,
    status: SongStatus,
    to: &Path,
) -> anyhow::Result<(SongId, Song)> {
    let PlannedSong { candidate, genre } = song;
    safe_move::keep(&candidate.bytes, &context.home.songs(), &candidate.id.to_string())?;
    let name = found.relative.file_name().unwrap_or_default();
    let song = Song {
        genre: genre.clone(),
        file_name: name.to_string_lossy().into_owned(),
        path: to.to_owned(),
        status,
        added_at_ms: now_ms(),
        music: candidate.music.clone(),
    };
    Ok((candidate.id, song))
}

/// Notes song and move in one step, then moves. `to` is relative to the home.
fn note_and_move(
    context: &Context,
    found: &Found,
    song: Option<(SongId, Song)>,
    to: PathBuf,
    reason: Option<ReasonText>,
) -> anyhow::Result<()> {
    let from = Path::new("inbox").join(&found.relative);
    let file_move = Move { song: song.as_ref().map(|(id, _)| *id), from, to, reason };
    let number = context.store.take_in(song, Some(file_move.clone()))?;
    carry_out(context, number, &file_move)
}

/// Puts a file where it waits for its genre and says why, once.
fn wait(context: &Context, found: &Found, why: &str) -> anyhow::Result<Outcome> {
    if found.is_unsorted() {
        let text = format!("{why}\n");
        let is_said = std::fs::read(safe_move::reason_path(&found.path));
        if is_said.map_or(true, |said| said != text.as_bytes()) {
            safe_move::write_reason(&found.path, &text)?;
        }
        return Ok(Outcome::Waiting);
    }
    let to = Path::new("inbox").join(UNSORTED).join(&found.relative);
    let reason = ReasonText { code: UNSORTED.to_owned(), text: why.to_owned() };
    note_and_move(context, found, None, to, Some(reason))?;
    let first_line = why.lines().next().unwrap_or_default();
    tracing::info!(path = %found.relative.display(), "waits in inbox/unsorted: {first_line}");
    Ok(Outcome::Waiting)
}
