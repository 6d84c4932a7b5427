//! What is in the files of a batch, and can they be taken at all?
//!
//! On all cores. Nothing is noted or moved here, and no file ends the intake: one whose examination
//! panics is a refused file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use music::tokens::encode;
use rayon::prelude::*;
use rustix::fs::Access;
use rustix::io::Errno;
use watch::examine::{Examined, examine};
use watch::filter::Reason;
use watch::inbox::Found;
use watch::inbox::{OpenError, read_beneath};

use crate::context::Context;
use crate::home;
use crate::store::{Music, SongId};

/// A file that was opened and examined.
pub(super) enum Opened {
    Song(Box<Candidate>),
    /// Not taken, without a look into it.
    Refused(Reason),
    /// Not taken and left where it is, until it changes.
    Unreadable(Reason),
    /// Left where it is and to be tried again; why, in sentences.
    Stuck(String),
    Gone,
}

/// A file that was read.
pub(super) struct Candidate {
    /// The hash of the bytes.
    pub(super) id: SongId,
    pub(super) bytes: Vec<u8>,
    pub(super) examined: Examined,
    pub(super) music: Option<Music>,
}

/// Opens and examines files; the results are in their order, with `None` for those whose turn had not
/// come when `stop` was set.
pub(super) fn open_all(
    context: &Context,
    batch: &[Found],
    stop: &AtomicBool,
) -> Vec<Option<Opened>> {
    let open = |found: &Found| {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let opened = guarded(&found.path, || open(context, found));
        Some(opened.unwrap_or_else(Opened::Refused))
    };
    batch.par_iter().map(open).collect()
}

/// What `examine` finds, or the reason that stands for its panic.
pub(super) fn guarded<T>(path: &Path, examine: impl FnOnce() -> T) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(examine)).map_err(|_| {
        tracing::error!(path = %path.display(), "the examination panicked; please report this file");
        let why = "the program failed at reading it, which is not the file's fault: please report \
                   this file"
            .to_owned();
        Reason::Unreadable { why }
    })
}

/// Why a file that could not be opened is not taken; `None` if it is not there. `kind` is what it is
/// if it is not a plain file, with its article.
pub(super) fn not_opened(error: &OpenError, kind: &'static str) -> Option<Reason> {
    match error {
        OpenError::Vanished => None,
        OpenError::Symlink => Some(Reason::NotRegular { kind: "a symbolic link" }),
        OpenError::NotRegular => Some(Reason::NotRegular { kind }),
        OpenError::TooLarge { .. } => Some(Reason::TooLarge { why: error.to_string() }),
        OpenError::PermissionDenied | OpenError::Io(_) => {
            Some(Reason::Unreadable { why: error.to_string() })
        }
    }
}

fn open(context: &Context, found: &Found) -> Opened {
    if found.kind != watch::inbox::Kind::File {
        return Opened::Unreadable(Reason::NotRegular { kind: found.kind.name() });
    }
    if let Some(why) = unmovable(&found.path) {
        return Opened::Stuck(why);
    }
    if found.genre.as_deref().is_some_and(|genre| home::genre(genre).is_err()) {
        return Opened::Refused(Reason::NoGenre);
    }
    if !found.has_midi_name() {
        return Opened::Refused(Reason::NotMidiName);
    }
    let settings = &context.config.intake;
    match read_beneath(&context.home.inbox(), &found.relative, settings.midi.max_file_bytes) {
        Ok(bytes) => {
            let examined = examine(&bytes, settings);
            let id = SongId::of(&bytes);
            let music = music(&examined);
            Opened::Song(Box::new(Candidate { id, bytes, examined, music }))
        }
        Err(error) => match not_opened(&error, "not a plain file") {
            None => Opened::Gone,
            Some(reason @ Reason::TooLarge { .. }) => Opened::Refused(reason),
            Some(reason) => Opened::Unreadable(reason),
        },
    }
}

/// Why this file cannot leave its folder, as far as that is known beforehand.
fn unmovable(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let error = rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).err()?;
    matches!(error, Errno::ACCESS | Errno::PERM | Errno::ROFS).then(|| {
        format!(
            "It can't be moved out of its folder: {}. Let the daemon's user write to {}.",
            std::io::Error::from(error),
            folder.display()
        )
    })
}

fn music(examined: &Examined) -> Option<Music> {
    let song = examined.song.as_ref()?;
    Some(Music {
        fingerprints: examined
            .fingerprint
            .iter()
            .flat_map(|found| found.phrases().to_vec())
            .collect(),
        n_notes: song.notes().len() as u32,
        n_bars: song.n_bars(),
        tempo_bpm: song.tempo_bpm(),
        key_index: song.key().index() as u8,
        n_tokens: encode(song).len() as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_reason_that_asks_for_the_file() {
        let bytes: &[u8] = &[];
        let reason = guarded(Path::new("a.mid"), || bytes[0]).expect_err("it panicked");
        assert_eq!(reason.code(), "unreadable");
        assert!(reason.to_string().contains("please report this file"), "{reason}");
        assert_eq!(guarded(Path::new("a.mid"), || 7), Ok(7));
    }
}
