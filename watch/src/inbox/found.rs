//! What is known of a file that has arrived?

use std::path::{Component, Path, PathBuf};

use super::kind::{Kind, UNSORTED, has_midi_name};
use super::scan::Entry;

/// A complete file in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is, absolute if the inbox was given so.
    pub path: PathBuf,
    /// Where it is below the inbox.
    pub relative: PathBuf,
    /// The first folder below the inbox; `None` for a file in the inbox itself or below [`UNSORTED`].
    pub genre: Option<String>,
    /// Whether it can be read at all: only plain files are.
    pub kind: Kind,
    /// Its size in bytes.
    pub n_bytes: u64,
}

impl Found {
    /// Whether its name ends like a MIDI file's.
    pub fn has_midi_name(&self) -> bool {
        has_midi_name(&self.relative)
    }

    /// Whether it lies below [`UNSORTED`].
    pub fn is_unsorted(&self) -> bool {
        self.relative.starts_with(UNSORTED)
    }

    pub(super) fn new(root: &Path, entry: &Entry) -> Self {
        let mut components = entry.relative.components();
        let first = components.next();
        let genre = match (first, components.next()) {
            (Some(Component::Normal(folder)), Some(_)) if folder != UNSORTED => {
                Some(folder.to_string_lossy().into_owned())
            }
            _ => None,
        };
        Self {
            path: root.join(&entry.relative),
            relative: entry.relative.clone(),
            genre,
            kind: entry.kind,
            n_bytes: entry.stamp.n_bytes,
        }
    }
}
