//! Which instruments stay in memory, so that not every track reads the same file again?
//!
//! The fonts that were used last, as far as they are not too large together. A file that has changed since is
//! read anew. Errors are not remembered.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{MAX_BYTES, SoundFont, SoundFontError, metadata};

/// The fonts in memory, the one used last at the end.
struct Cache {
    fonts: Vec<(Stamp, SoundFont)>,
    /// The most bytes that their files may have together.
    max_bytes: u64,
}

/// What tells a file from every other, and from what it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    n_bytes: u64,
    /// Device and number of the file, and when it was changed: seconds and nanoseconds.
    identity: [u64; 2],
    changed: [i64; 2],
}

impl Stamp {
    fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            n_bytes: metadata.len(),
            identity: [metadata.dev(), metadata.ino()],
            changed: [metadata.mtime(), metadata.mtime_nsec()],
        }
    }
}

/// The cache of this process. A font never changes, so the cache makes no difference to what is heard.
static CACHE: Mutex<Cache> = Mutex::new(Cache::new(MAX_BYTES));

/// The SoundFont of a file. It is read once and kept for the tracks to come, until the file changes or
/// others need the room.
///
/// # Errors
/// [`SoundFontError`] if it cannot be read or is not an SF2 file.
pub fn soundfont(path: &Path) -> Result<SoundFont, SoundFontError> {
    // Tracks that are rendered at the same time wait for one reading instead of each making its own.
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).font(path)
}

impl Cache {
    const fn new(max_bytes: u64) -> Self {
        Self { fonts: Vec::new(), max_bytes }
    }

    fn font(&mut self, path: &Path) -> Result<SoundFont, SoundFontError> {
        let stamp = Stamp::new(path, &metadata(path)?);
        if let Some(index) = self.fonts.iter().position(|(known, _)| *known == stamp) {
            let known = self.fonts.remove(index);
            let font = known.1.clone();
            self.fonts.push(known);
            return Ok(font);
        }
        // What the file was before is dropped first, so that both are never in memory.
        self.fonts.retain(|(known, _)| known.path != stamp.path);
        self.make_room(stamp.n_bytes);
        let font = SoundFont::read(path)?;
        self.fonts.push((stamp, font.clone()));
        Ok(font)
    }

    fn make_room(&mut self, n_bytes: u64) {
        let in_use = |fonts: &[(Stamp, SoundFont)]| {
            fonts.iter().map(|(stamp, _)| stamp.n_bytes).sum::<u64>()
        };
        while !self.fonts.is_empty() && in_use(&self.fonts) + n_bytes > self.max_bytes {
            self.fonts.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::sine_font;
    use super::*;

    #[test]
    fn a_file_is_read_once_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.sf2");
        std::fs::write(&path, sine_font()).expect("writes");
        let mut cache = Cache::new(MAX_BYTES);
        let mut read = || cache.font(&path).map(|font| font.font);
        let (first, again) = (read().expect("reads"), read().expect("is known"));
        assert!(Arc::ptr_eq(&first, &again));
        // Another file of the same length in its place.
        let other = folder.path().join("other.sf2");
        std::fs::write(&other, sine_font()).expect("writes");
        std::fs::rename(&other, &path).expect("renames");
        assert!(!Arc::ptr_eq(&first, &read().expect("reads anew")));
        std::fs::write(&path, b"RIFF").expect("writes");
        assert!(read().is_err());
        std::fs::write(&path, sine_font()).expect("writes");
        assert!(read().is_ok(), "what was wrong is not remembered");
        std::fs::remove_file(&path).expect("removes");
        assert!(read().is_err(), "a file that is gone is not played");
    }

    #[test]
    fn only_so_much_is_kept_and_the_last_used_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a", "b", "c"].map(|name| folder.path().join(name));
        for path in &paths {
            std::fs::write(path, sine_font()).expect("writes");
        }
        let mut cache = Cache::new(2 * sine_font().len() as u64);
        for index in [0, 1, 0, 2] {
            cache.font(&paths[index]).expect("reads");
        }
        let kept: Vec<&Path> = cache.fonts.iter().map(|(stamp, _)| stamp.path.as_path()).collect();
        assert_eq!(kept, [&paths[0], &paths[2]]);
        let mut tiny = Cache::new(1);
        assert!(tiny.font(&paths[0]).is_ok() && tiny.font(&paths[1]).is_ok());
        assert_eq!(tiny.fonts.len(), 1, "the one in use is kept whatever its size");
    }
}
