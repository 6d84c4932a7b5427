//! How is something written so that it is there whole or not at all, also after a power cut?
//!
//! Beside its place, synced, renamed, and the folder synced: only then is a name on disk too. Begin with
//! [`write()`] for a file and [`folder`] for several that belong together.
//!
//! ```
//! let place = tempfile::tempdir()?;
//! durable::write(&place.path().join("a/note.txt"), b"whole")?;
//! durable::folder(&place.path().join("v1"), |folder| {
//!     durable::write(&folder.join("one"), b"1")?;
//!     durable::write(&folder.join("two"), b"2")
//! })?;
//! assert_eq!(std::fs::read(place.path().join("v1/two"))?, b"2");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use atomic_write_file::AtomicWriteFile;

/// Writes a file in place of what was there; makes its folder.
///
/// # Errors
/// The system's, and what was there before stays.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write()`], but `fill` writes what is in the file, piece by piece.
///
/// # Errors
/// Those of `fill` and the system's, and what was there before stays.
pub fn write_with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = AtomicWriteFile::open(path)?;
    fill(file.as_file_mut())?;
    file.commit()?;
    sync(folder)
}

/// Makes a folder of what `fill` puts into the folder it is given, which is another one as long as that
/// is not whole. Files written by [`write()`] there are synced; others are `fill`'s own concern.
///
/// # Errors
/// Those of `fill` and the system's; there is no such folder then.
pub fn folder<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let partial = hidden(path, "partial");
    clear(&partial)?;
    fs::create_dir_all(&partial)?;
    fill(&partial)?;
    sync(&partial)?;
    fs::rename(&partial, path)?;
    Ok(sync(folder_of(path))?)
}

/// Deletes a folder. It is gone at once, also if the program is killed while its files go.
///
/// # Errors
/// The system's.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    let deleted = hidden(path, "deleted");
    clear(&deleted)?;
    fs::rename(path, &deleted)?;
    sync(folder_of(path))?;
    fs::remove_dir_all(&deleted)
}

/// Syncs the names in a folder: a new or renamed file is not on disk before that.
///
/// # Errors
/// The system's.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// A hidden place beside `path`, always the same, so that what a crash left there is found.
fn hidden(path: &Path, why: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(why);
    path.with_file_name(name)
}

/// Takes away what a crash may have left.
fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_leaves_what_was_there() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("file");
        write(&path, b"first").expect("written");
        let failed = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).expect("it is there"), b"first");
        write(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("it is there"), b"second");
        assert_eq!(
            fs::read_dir(place.path()).expect("a folder").count(),
            1,
            "nothing is left over"
        );
    }

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("v1");
        let failed: io::Result<()> = folder(&path, |partial| {
            write(&partial.join("one"), b"1")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err() && !path.exists());
        folder(&path, |partial| write(&partial.join("two"), b"2")).expect("whole");
        assert!(!path.join("one").exists(), "what a failure left is not in the way");
        assert_eq!(fs::read(path.join("two")).expect("it is there"), b"2");
        fs::create_dir(place.path().join(".v1.deleted")).expect("a leftover of a crash");
        remove_folder(&path).expect("deleted");
        assert!(!path.exists() && remove_folder(&path).is_err());
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
    }
}
