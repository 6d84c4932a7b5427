//! How does a person take a song out of the library again?

use std::path::{Path, PathBuf};

use super::moves::carry_out;
use crate::context::Context;
use crate::store::{Move, ReasonText, SongId};

/// Takes an accepted song out of the library; its file goes to the rejected ones. Gives its new path.
///
/// # Errors
/// When the song is not there, or a failed write.
pub(crate) fn remove(context: &Context, id: SongId) -> anyhow::Result<PathBuf> {
    let song = context.store.song(id)?.ok_or_else(|| anyhow::anyhow!("there is no song {id}"))?;
    let below = song.path.strip_prefix("library").unwrap_or(&song.path);
    let text = "A person took it out of the library. Drop it into the inbox to take it in again.";
    let reason = ReasonText { code: "removed".to_owned(), text: text.to_owned() };
    let to = Path::new("rejected").join(below);
    let file_move = Move { song: Some(id), from: song.path.clone(), to, reason: Some(reason) };
    let number = context.store.remove_song(id, Some(file_move.clone()))?;
    carry_out(context, number, &file_move)?;
    let song = context.store.song(id)?;
    Ok(context.home.root().join(song.map_or(file_move.to, |song| song.path)))
}
