//! Which of the files judged so far does this one repeat?
//!
//! As at intake: by the bytes, else by what [`watch::duplicates`] finds. Only accepted files are
//! looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use music::song::Song;
use watch::duplicates::{Collection, Fingerprint, Outline};

use crate::store::SongId;

/// What the duplicates of a file are found by.
pub(super) struct KnownBy {
    pub(super) id: SongId,
    pub(super) music: Option<(Fingerprint, Song)>,
}

/// The accepted files so far.
#[derive(Default)]
pub(super) struct Duplicates {
    by_content: HashMap<SongId, PathBuf>,
    songs: Collection,
    /// The files of these songs.
    files: Vec<PathBuf>,
}

/// What a file repeats.
pub(super) struct Duplicate {
    /// The earlier file.
    pub(super) of: PathBuf,
    /// What is the same, for a person.
    pub(super) how: String,
}

impl Duplicates {
    /// The earlier file that an accepted one repeats; `None` if it is new, and then it is known from
    /// now on.
    pub(super) fn find(&mut self, file: &Path, known_by: KnownBy) -> Option<Duplicate> {
        let KnownBy { id, music } = known_by;
        if let Some(of) = self.by_content.get(&id) {
            // Named twice, it is not a duplicate of itself.
            let how = "the same bytes".to_owned();
            return (of != file).then(|| Duplicate { of: of.clone(), how });
        }
        if let Some((fingerprint, song)) = music {
            let outline = Outline::of(&song);
            if let Some(found) = self.songs.find(&fingerprint, &outline) {
                let of = self.files[found.of].clone();
                return Some(Duplicate { of, how: found.likeness.to_string() });
            }
            self.songs.add(fingerprint, outline);
            self.files.push(file.to_owned());
        }
        self.by_content.insert(id, file.to_owned());
        None
    }
}
