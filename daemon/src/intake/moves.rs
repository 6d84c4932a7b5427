//! How does a noted move come true, also after a crash or a failure, and who is told why?
//!
//! What is to be moved was decided and noted before. A file is moved only if it is the one that was
//! decided on; another one that lies in its place is left to the inbox.

use std::path::{Path, PathBuf};

use watch::inbox::{OpenError, read_beneath};
use watch::safe_move::{self, MoveError};

use crate::context::Context;
use crate::store::{Move, MoveId, SongId};

/// What the text beside a file that was not moved says of its place.
const LEFT: &str = "The file was left at ";
/// Names that are tried for such a text.
const MAX_COPIES: u32 = 1000;

/// Makes the moves that a crash left undone. One that fails is logged and stays pending; it is tried
/// again when its file is found. To be called before the inbox is watched.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn resume(context: &Context) -> anyhow::Result<usize> {
    let pending = context.store.pending_moves()?;
    let mut n_finished = 0;
    for (number, file_move) in &pending {
        match finish(context, *number, file_move) {
            Ok(()) => n_finished += 1,
            Err(error) => {
                let (path, error) = (file_move.from.display(), format!("{error:#}"));
                tracing::error!(%path, error, "a noted move failed; it is tried again");
            }
        }
    }
    Ok(n_finished)
}

/// Carries out a move that was noted earlier, if the file that it is about still lies there.
/// Otherwise what was left to do for the moved file is done, and the move is struck off.
pub(super) fn finish(context: &Context, number: MoveId, file_move: &Move) -> anyhow::Result<()> {
    let from = context.home.root().join(&file_move.from);
    let is_there = from.symlink_metadata().is_ok();
    if !is_there || is_the_same_file(context, file_move)? {
        return carry_out(context, Some(number), file_move);
    }
    if file_move.song.is_some() {
        let lies = moved_already(&context.home.root().join(&file_move.to), file_move);
        explain_and_correct(context, file_move, lies)?;
    }
    Ok(context.store.finish_move(number)?)
}

/// Moves a file as noted, explains it, corrects the path if the name was taken, strikes the move
/// off. A file that can't be moved gets an explanation too.
pub(super) fn carry_out(
    context: &Context,
    number: Option<MoveId>,
    file_move: &Move,
) -> anyhow::Result<()> {
    let root = context.home.root();
    let (from, wished) = (root.join(&file_move.from), root.join(&file_move.to));
    let folder = wished.parent().unwrap_or(root);
    let lies = if from.symlink_metadata().is_ok() {
        Some(
            safe_move::move_into(&from, folder)
                .inspect_err(|error| stuck(context, file_move, error))?,
        )
    } else {
        moved_already(&wished, file_move)
    };
    explain_and_correct(context, file_move, lies)?;
    if let Some(number) = number {
        context.store.finish_move(number)?;
    }
    Ok(())
}

/// Says beside the rejected files why a file of the inbox is still there, under a name that no
/// rejected file has.
pub(super) fn explain_left(context: &Context, relative: &Path, why: &str) -> anyhow::Result<()> {
    let path = context.home.inbox().join(relative);
    let place = format!("{LEFT}{}.", path.display());
    let text = format!("{why}\n{place}");
    let wished = context.home.rejected().join(relative);
    for copy in 1..=MAX_COPIES {
        let beside = safe_move::numbered(&wished, copy);
        let reason = safe_move::reason_path(&beside);
        if beside.symlink_metadata().is_ok() {
            continue;
        }
        match std::fs::read(&reason) {
            Ok(known) if known == format!("{text}\n").as_bytes() => {
                tracing::debug!(path = %path.display(), "still left where it is: {why}");
                return Ok(());
            }
            Ok(known) if !known.trim_ascii_end().ends_with(place.as_bytes()) => continue,
            _ => {}
        }
        tracing::warn!(path = %path.display(), "left where it is: {why}");
        return explain(&beside, &text);
    }
    anyhow::bail!("there are too many files like {}: tidy up", wished.display())
}

/// Tells people of a file that could not be moved.
fn stuck(context: &Context, file_move: &Move, error: &MoveError) {
    let Ok(relative) = file_move.from.strip_prefix("inbox") else { return };
    let why = format!(
        "It can't be moved: {}. Let the daemon's user write to its folder and to {}; it is tried \
         again.",
        error.source,
        context.home.root().join(&file_move.to).parent().unwrap_or(context.home.root()).display()
    );
    if let Err(error) = explain_left(context, relative, &why) {
        let error = format!("{error:#}");
        tracing::warn!(path = %file_move.from.display(), error, "this cannot be said beside it");
    }
}

/// Whether the file that lies where a move begins is the one that was decided on. Of one without a
/// known content that is not known, so it is decided on again.
fn is_the_same_file(context: &Context, file_move: &Move) -> anyhow::Result<bool> {
    let Ok(relative) = file_move.from.strip_prefix("inbox") else { return Ok(true) };
    let Some(id) = file_move.song else { return Ok(false) };
    let kept = context.home.songs().join(format!("{id}.mid"));
    let limit = match kept.metadata() {
        Ok(kept) => kept.len(),
        Err(_) => context.config.intake.midi.max_file_bytes,
    };
    match read_beneath(&context.home.inbox(), relative, limit) {
        Ok(bytes) => Ok(SongId::of(&bytes) == id),
        Err(error @ (OpenError::PermissionDenied | OpenError::Io(_))) => Err(error.into()),
        Err(_) => Ok(false),
    }
}

/// Explains a moved file and corrects its path if its name was taken.
fn explain_and_correct(
    context: &Context,
    file_move: &Move,
    lies: Option<PathBuf>,
) -> anyhow::Result<()> {
    let root = context.home.root();
    let Some(lies) = lies else { return Ok(()) };
    if let Some(reason) = &file_move.reason {
        explain(&lies, &reason.text)?;
    }
    if lies != root.join(&file_move.to)
        && let Some(id) = file_move.song
        && let Some(mut song) = context.store.song(id)?
    {
        lies.strip_prefix(root).unwrap_or(&lies).clone_into(&mut song.path);
        context.store.take_in(Some((id, song)), None)?;
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
        is_named
            && (file_move.reason.is_none() || !is_explained(path))
            && file_move
                .song
                .is_none_or(|id| std::fs::read(path).is_ok_and(|bytes| SongId::of(&bytes) == id))
    };
    let entries = std::fs::read_dir(wished.parent()?).ok()?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    found.into_iter().find(is_it)
}

/// Whether the text beside a file is there and about this file, not about one that was left.
fn is_explained(path: &Path) -> bool {
    let says_left = |text: Vec<u8>| text.windows(LEFT.len()).any(|part| part == LEFT.as_bytes());
    std::fs::read(safe_move::reason_path(path)).is_ok_and(|text| !says_left(text))
}

fn explain(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    safe_move::write_reason(path, &format!("{text}\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::fixtures::{context, drop_in, take};
    use super::*;
    use crate::demo::starter::SONGS;

    fn text(context: &Context, name: &str) -> String {
        fs::read_to_string(context.home.rejected().join("g").join(name)).expect("a text")
    }

    #[test]
    fn a_file_that_could_not_be_moved_is_no_duplicate_of_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let context = context(&folder);
        let library = context.home.root().join("library");
        fs::remove_dir(&library).expect("empty");
        fs::write(&library, b"in the way").expect("writable");
        let found = drop_in(&context, "a.mid", SONGS[0].1);
        for _ in 0..3 {
            assert_eq!(take(&context, &found).n_failed, 1);
            assert_eq!(context.store.pending_moves().expect("readable").len(), 1);
            assert_eq!(resume(&context).expect("it continues"), 0);
        }
        assert!(text(&context, "a.mid.reason.txt").contains("Let the daemon's user write"));
        assert_eq!(fs::read_dir(context.home.rejected().join("g")).expect("there").count(), 1);

        fs::remove_file(&library).expect("ours");
        assert_eq!(take(&context, &found).n_accepted, 1);
        assert_eq!(context.store.pending_moves(), Ok(vec![]));
        assert_eq!(fs::read(library.join("g/a.mid")).expect("moved"), SONGS[0].1);
    }

    #[test]
    fn another_file_in_the_place_of_one_decided_on_is_not_moved_undecided() {
        let folder = tempfile::tempdir().expect("a folder");
        let context = context(&folder);
        let found = drop_in(&context, "a.mid", SONGS[0].1);
        assert_eq!(take(&context, &found).n_accepted, 1);
        let id = SongId::of(SONGS[0].1);
        let (from, to) = (PathBuf::from("inbox/g/a.mid"), PathBuf::from("library/g/a.mid"));
        for song in [Some(id), None] {
            let unfinished = Move { song, from: from.clone(), to: to.clone(), reason: None };
            context.store.take_in(None, Some(unfinished)).expect("noted");
            drop_in(&context, "a.mid", b"no song");
            assert_eq!(resume(&context).expect("readable"), 1);
            assert_eq!(context.store.pending_moves(), Ok(vec![]));
            assert_eq!(fs::read(&found.path).expect("still there"), b"no song");
        }
        assert_eq!(take(&context, &found).n_rejected, 1);
        assert!(!found.path.exists());
    }

    #[test]
    fn a_file_that_was_left_does_not_take_the_reason_of_a_rejected_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let context = context(&folder);
        let rejected = drop_in(&context, "a.mid", b"no song");
        assert_eq!(take(&context, &rejected).n_rejected, 1);
        let reason = text(&context, "a.mid.reason.txt");
        for _ in 0..2 {
            explain_left(&context, &rejected.relative, "It is a link.").expect("written");
        }
        assert_eq!(text(&context, "a.mid.reason.txt"), reason);
        assert!(text(&context, "a (2).mid.reason.txt").starts_with("It is a link.\nThe file was"));
        assert_eq!(fs::read_dir(context.home.rejected().join("g")).expect("there").count(), 3);
    }
}
