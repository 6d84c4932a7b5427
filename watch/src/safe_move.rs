//! How do files move so that no crash loses one or leaves it in two places?
//!
//! A song is first copied into a store where its name is its hash; then its file moves to the
//! library or to the rejected ones. Everything is written beside its place, flushed to the disk and
//! renamed, and the folder is flushed too. Nothing is overwritten or deleted, except the source of
//! a move after its copy is safe.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use thiserror::Error;

/// The longest file name that common filesystems hold, in bytes.
const MAX_NAME: usize = 255;
/// How the names of texts beside files end.
const REASON: &[u8] = b".reason.txt";
/// The longest name of a file that is written here: while it is, a dot and a dot with six letters are
/// added to it.
const MAX_WRITTEN: usize = MAX_NAME - 8;
/// The longest name that is given here to a file: its text fits beside it, and no two share one.
const MAX_GIVEN: usize = MAX_WRITTEN - REASON.len();
/// How many files of one name a folder may hold.
const MAX_COPIES: u32 = 10_000;

/// A move or a copy that failed; what was there before is still there.
#[derive(Debug, Error)]
#[error("can't {doing} {path}: {source}")]
pub struct MoveError {
    /// What was tried: `store`, `move` or `explain`.
    pub doing: &'static str,
    /// The file that should have come to be, or the one that should have moved.
    pub path: PathBuf,
    /// The system's error.
    pub source: io::Error,
}

/// Copies a song's bytes into the store `songs_dir` as `<hash>.mid` and returns where that is. One
/// that is there already with the same bytes is fine; one with other bytes (a broken disk) is
/// replaced.
///
/// # Errors
/// [`MoveError`] when it can't be written safely.
pub fn keep(bytes: &[u8], songs_dir: &Path, hash: &str) -> Result<PathBuf, MoveError> {
    let path = songs_dir.join(format!("{hash}.mid"));
    let keep = || {
        if fs::read(&path).is_ok_and(|kept| kept == bytes) {
            // It may have been renamed just before a crash.
            return flush_folder(songs_dir);
        }
        make_folder(songs_dir)?;
        write_beside(&path, bytes)
    };
    keep().map_err(|source| MoveError { doing: "store", path: path.clone(), source })?;
    Ok(path)
}

/// Moves the file `from` into the folder `to_dir`, which is made if missing, and returns where it
/// is now. If its name is taken there, ` (2)`, ` (3)` … comes before its ending.
///
/// # Errors
/// [`MoveError`] when it can't be moved; then it is still where it was.
pub fn move_into(from: &Path, to_dir: &Path) -> Result<PathBuf, MoveError> {
    move_by(from, to_dir, rename_new).map_err(|source| MoveError {
        doing: "move",
        path: from.to_owned(),
        source,
    })
}

/// Writes `text` beside `path` as `<file>.reason.txt`, at once or not at all, and returns where.
///
/// # Errors
/// [`MoveError`] when it can't be written safely.
pub fn write_reason(path: &Path, text: &str) -> Result<PathBuf, MoveError> {
    let reason = reason_path(path);
    write_beside(&reason, text.as_bytes()).map_err(|source| MoveError {
        doing: "explain",
        path: path.to_owned(),
        source,
    })?;
    Ok(reason)
}

/// Where [`write_reason`] writes about `path`.
pub fn reason_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or(OsStr::new("file"));
    path.with_file_name(fitting(name.as_bytes(), REASON, MAX_WRITTEN))
}

/// `path` with the number of a copy before its ending, if that is not 1, shortened so that a text
/// about it fits beside.
pub fn numbered(path: &Path, copy: u32) -> PathBuf {
    if copy == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().as_bytes();
    let mut tail = format!(" ({copy})").into_bytes();
    if let Some(ending) = path.extension() {
        tail.push(b'.');
        tail.extend(ending.as_bytes());
    }
    path.with_file_name(fitting(stem, &tail, MAX_GIVEN))
}

/// Whether a file is named like one that [`write_reason`] writes.
pub fn is_reason(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_bytes().ends_with(REASON))
}

/// [`move_into`] with a way of renaming, which may say that the folder is on another filesystem.
fn move_by(
    from: &Path,
    to_dir: &Path,
    rename: fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let name = from.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    make_folder(to_dir)?;
    for copy in 1..=MAX_COPIES {
        let to = numbered(&to_dir.join(name), copy);
        let result = match rename(from, &to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => move_across(from, &to),
            result => result,
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => {
                flush_folder(to_dir)?;
                if let Some(folder) = from.parent().filter(|folder| *folder != to_dir) {
                    flush_folder(folder)?;
                }
                return Ok(to);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Renames without overwriting, in one step where the filesystem can.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            // A second name that fails if it is taken, then the first name goes.
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        result => Ok(result?),
    }
}

/// Copies to another filesystem, and removes the source once the copy is safe and only if the
/// source is still what was copied.
fn move_across(from: &Path, to: &Path) -> io::Result<()> {
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let mut source = OpenOptions::new().read(true).custom_flags(no_follow).open(from)?;
    let before = source.metadata()?;
    if !before.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "only plain files move"));
    }
    let beside = beside(to);
    let copied = (|| {
        let mut copy = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        io::copy(&mut source, &mut copy)?;
        copy.sync_all()?;
        rename_new(&beside, to)
    })();
    if let Err(error) = copied {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    to.parent().map_or(Ok(()), flush_folder)?;
    let now = fs::symlink_metadata(from)?;
    let same = |m: &fs::Metadata| (m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec());
    if same(&now) == same(&before) { fs::remove_file(from) } else { Ok(()) }
}

/// Writes a file into its folder, which is made if missing, so that it is whole and durable when this
/// returns, and otherwise as it was.
///
/// # Errors
/// The file system's.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.parent().map_or(Ok(()), make_folder)?;
    write_beside(path, bytes)
}

/// Writes a file so that it is whole or not there: beside its place, flushed, renamed, flushed.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    durable::write(path, bytes)
}

/// A name for an unfinished file in the folder of `path`: hidden, and nobody else's.
fn beside(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".kickback-{}-{number}.tmp", std::process::id()))
}

/// Makes a folder and all above it, each flushed into the one above.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_folder(above)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
        Ok(()) => folder.parent().map_or(Ok(()), flush_folder),
    }
}

fn flush_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

/// Both parts joined, the first shortened (between characters) so that the name has at most `most`
/// bytes.
fn fitting(stem: &[u8], tail: &[u8], most: usize) -> OsString {
    let mut length = stem.len().min(most.saturating_sub(tail.len()));
    while length > 0 && length < stem.len() && stem[length] & 0xC0 == 0x80 {
        length -= 1;
    }
    OsString::from_vec([&stem[..length], tail].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_song_is_kept_once_and_mended_if_broken() {
        let root = folder();
        let songs = root.path().join("songs");
        let path = keep(b"song", &songs, "abc").expect("kept");
        assert_eq!(keep(b"song", &songs, "abc").expect("kept again"), path);
        fs::write(&path, b"so").expect("broken");
        keep(b"song", &songs, "abc").expect("mended");
        assert_eq!(fs::read(&path).expect("readable"), b"song");
        assert_eq!(names(&songs), ["abc.mid"]);
    }

    fn across(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::CrossesDevices.into())
    }

    #[test]
    fn a_moved_file_overwrites_nothing_within_and_across_filesystems() {
        let ways: [fn(&Path, &Path) -> io::Result<()>; 2] = [rename_new, across];
        for way in ways {
            let root = folder();
            let library = root.path().join("library/hardstyle/artist");
            for content in ["one", "two", "three"] {
                let from = root.path().join("a song.mid");
                fs::write(&from, content).expect("a file");
                move_by(&from, &library, way).expect("moved");
                assert!(!from.exists());
            }
            assert_eq!(names(&library), ["a song (2).mid", "a song (3).mid", "a song.mid"]);
            let first = fs::read(library.join("a song.mid")).expect("readable");
            assert_eq!(first, b"one");
        }
    }

    #[test]
    fn what_is_not_there_can_not_move() {
        let root = folder();
        let error = move_into(&root.path().join("none.mid"), root.path()).expect_err("no file");
        assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_reason_lies_beside_its_file_even_if_the_name_is_long() {
        let root = folder();
        let reason = write_reason(&root.path().join("a.mid"), "too short\n").expect("written");
        assert_eq!(reason, root.path().join("a.mid.reason.txt"));
        assert_eq!(fs::read(&reason).expect("readable"), b"too short\n");
        let long = format!("{}.mid", "ä".repeat(125));
        let reason = write_reason(&root.path().join(&long), "x").expect("written");
        let name = reason.file_name().expect("a name");
        assert!(name.len() <= 255 && name.to_str().is_some_and(|n| n.ends_with(".reason.txt")));
    }

    #[test]
    fn numbers_come_before_the_ending() {
        assert_eq!(numbered(Path::new("g/a.b.mid"), 2), Path::new("g/a.b (2).mid"));
        assert_eq!(numbered(Path::new("g/a"), 2), Path::new("g/a (2)"));
        assert_eq!(numbered(Path::new("g/a.mid"), 1), Path::new("g/a.mid"));
    }

    #[test]
    fn however_long_a_name_is_each_copy_has_a_text_of_its_own() {
        for long in [format!("{}.mid", "x".repeat(251)), format!("{}.mid", "ä".repeat(125))] {
            let texts: Vec<PathBuf> =
                (1..=1000).map(|copy| reason_path(&numbered(Path::new(&long), copy))).collect();
            let names: std::collections::BTreeSet<&PathBuf> = texts.iter().collect();
            assert_eq!(names.len(), texts.len(), "{long}");
            for name in names {
                let name = name.to_str().expect("cut between characters");
                assert!(name.len() <= MAX_WRITTEN && name.ends_with(".reason.txt"), "{name}");
            }
        }
    }
}
