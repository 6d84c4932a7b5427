//! Which files lie in the inbox right now?
//!
//! Follows no symbolic link and skips what is hidden or still being written. A folder that can't be
//! read is logged and skipped; the next scan tries again.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::kind::{Kind, UNSORTED};
use super::settle::Stamp;
use crate::safe_move;

/// Folders nested deeper than this are not read.
const MAX_DEPTH: usize = 32;
/// Endings of files that browsers and copy programs are still writing.
const UNFINISHED: [&str; 4] = [".part", ".tmp", ".crdownload", "~"];
/// A folder entry that may be a song.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) relative: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) stamp: Stamp,
}

/// All entries below `root` that are not ignored, by path. `before` is called for each folder before
/// it is read, the root too.
pub(crate) fn scan(root: &Path, mut before: impl FnMut(&Path)) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        before(&folder);
        let listing = match fs::read_dir(root.join(&folder)) {
            Ok(listing) => listing,
            Err(error) => {
                // It is fine if it was removed in the meantime.
                if error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!(folder = %root.join(&folder).display(), %error, "folder not read");
                }
                continue;
            }
        };
        for entry in listing.flatten() {
            let name = entry.file_name();
            if is_ignored(&name.to_string_lossy()) {
                continue;
            }
            // Not followed: this is about the entry itself.
            let Ok(metadata) = entry.metadata() else { continue };
            let relative = folder.join(&name);
            if metadata.is_dir() {
                if depth < MAX_DEPTH {
                    folders.push((relative, depth + 1));
                }
                continue;
            }
            // A text beside a waiting file is not a song.
            if relative.starts_with(UNSORTED) && safe_move::is_reason(&relative) {
                continue;
            }
            entries.push(Entry { relative, kind: Kind::of(&metadata), stamp: stamp(&metadata) });
        }
    }
    entries.sort_by(|a, b| a.relative.cmp(&b.relative));
    entries
}

/// Hidden names and the endings of unfinished files.
fn is_ignored(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with('.') || UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        n_bytes: metadata.size(),
        modified: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
        inode: metadata.ino(),
        mode: metadata.mode(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_unfinished_files_are_ignored() {
        for name in [".hidden.mid", "a.mid.part", "a.TMP", "a.mid.crdownload", "a.mid~"] {
            assert!(is_ignored(name), "{name}");
        }
        assert!(!is_ignored("a.mid") && !is_ignored("a.part.mid"));
    }

    #[test]
    fn every_kind_is_found_and_hidden_or_unfinished_ones_are_not() {
        let root = tempfile::tempdir().expect("a folder");
        let genre = root.path().join("hardstyle/artist");
        fs::create_dir_all(&genre).expect("folders");
        fs::create_dir(root.path().join(".hidden")).expect("a folder");
        for name in
            ["hardstyle/a.mid", "hardstyle/artist/b.txt", "c.mid", ".hidden/d.mid", "e.part"]
        {
            fs::write(root.path().join(name), b"x").expect("a file");
        }
        std::os::unix::fs::symlink("/etc/passwd", genre.join("link.mid")).expect("a link");
        std::os::unix::fs::symlink("/etc", genre.join("folder-link")).expect("a link");
        let pipe = genre.join("pipe.mid");
        let directory = fs::File::open(&genre).expect("a folder");
        rustix::fs::mknodat(
            &directory,
            "pipe.mid",
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .expect("a pipe");
        assert!(pipe.exists());
        let found: Vec<(String, Kind)> = scan(root.path(), |_| ())
            .into_iter()
            .map(|entry| (entry.relative.to_string_lossy().into_owned(), entry.kind))
            .collect();
        let expected = [
            ("c.mid", Kind::File),
            ("hardstyle/a.mid", Kind::File),
            ("hardstyle/artist/b.txt", Kind::File),
            ("hardstyle/artist/folder-link", Kind::Symlink),
            ("hardstyle/artist/link.mid", Kind::Symlink),
            ("hardstyle/artist/pipe.mid", Kind::Pipe),
        ];
        assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }

    #[test]
    fn texts_beside_waiting_files_are_no_songs() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["unsorted/deep", "g"] {
            fs::create_dir_all(root.path().join(folder)).expect("folders");
        }
        let texts = ["unsorted/a.mid.reason.txt", "unsorted/deep/b.mid.reason.txt"];
        let songs = ["g/a.mid.reason.txt", "unsorted/a.mid", "unsorted.reason.txt"];
        for name in texts.iter().chain(&songs) {
            fs::write(root.path().join(name), b"x").expect("a file");
        }
        let found: Vec<_> =
            scan(root.path(), |_| ()).into_iter().map(|entry| entry.relative).collect();
        assert_eq!(found, songs.map(PathBuf::from));
    }

    #[test]
    fn a_missing_folder_holds_nothing() {
        assert!(scan(Path::new("/nonexistent/inbox"), |_| ()).is_empty());
    }
}
