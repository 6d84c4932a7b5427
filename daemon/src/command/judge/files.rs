//! Which files are to be judged?

use std::path::{Path, PathBuf};

/// A file to judge.
pub(super) struct Named {
    pub(super) path: PathBuf,
    /// Whether everything about it is told, not only what is wrong with it.
    pub(super) is_full: bool,
}

/// The files named, and those in the folders named (recursively, song files only); `is_all` tells
/// everything about each of the latter too. What could not be read is added to `failed`.
pub(super) fn named(paths: &[PathBuf], is_all: bool, failed: &mut Vec<String>) -> Vec<Named> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut below = Vec::new();
            files_below(path, &mut below, failed);
            below.sort();
            files.extend(below.into_iter().map(|path| Named { path, is_full: is_all }));
        } else {
            files.push(Named { path: path.clone(), is_full: true });
        }
    }
    files
}

/// Adds the files below a folder whose names are those of songs, and what could not be read.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>, failed: &mut Vec<String>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            failed.push(format!("{}: {error}", folder.display()));
            return;
        }
    };
    for entry in entries {
        let kind = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
        match kind {
            Ok((path, kind)) if kind.is_dir() => files_below(&path, files, failed),
            Ok((path, kind)) if kind.is_file() && watch::inbox::has_midi_name(&path) => {
                files.push(path);
            }
            Ok(_) => {}
            Err(error) => failed.push(format!("in {}: {error}", folder.display())),
        }
    }
}
