//! What is kept of a track's music?
//!
//! Beside the files that people play lies one for the program: the tokens, from which the song is
//! made again for training. Its features are measured from the song whenever they are needed; those
//! that earlier releases kept beside the tokens are passed over. Written whole or not at all.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use music::song::Song;
use music::tokens::{LAYOUT, TokenId, decode, encode, renewed};
use serde::{Deserialize, Serialize};

use crate::home::Home;

/// The music of a track.
#[derive(Debug, Serialize, Deserialize)]
struct Music {
    /// Meaning of the tokens: [`LAYOUT`] when it was made.
    layout: u32,
    tempo_bpm: f64,
    tokens: Vec<u32>,
}

/// The folder that holds a genre's tracks.
pub(crate) fn folder(home: &Home, genre: &str) -> PathBuf {
    home.tracks().join(genre)
}

/// Keeps the song of a track; gives the path.
///
/// # Errors
/// With the path, when it cannot be written.
pub(crate) fn keep(home: &Home, genre: &str, stem: &str, song: &Song) -> anyhow::Result<PathBuf> {
    let music = Music {
        layout: LAYOUT,
        tempo_bpm: song.tempo_bpm(),
        tokens: encode(song).into_iter().map(|id| id.0).collect(),
    };
    let path = folder(home, genre).join(format!("{stem}.json"));
    write(&path, &serde_json::to_vec(&music)?)?;
    Ok(path)
}

/// The song of a track.
///
/// # Errors
/// When the file is gone or damaged.
pub(crate) fn read(home: &Home, genre: &str, stem: &str) -> anyhow::Result<Song> {
    let path = folder(home, genre).join(format!("{stem}.json"));
    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let music: Music =
        serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
    let tokens: Vec<TokenId> = music.tokens.into_iter().map(TokenId).collect();
    let Some(tokens) = renewed(tokens, music.layout) else {
        bail!("{} was made by a release whose tokens differ", path.display());
    };
    let song = decode(&tokens).map_err(|e| anyhow!("{} is damaged: {e}", path.display()))?;
    Ok(song.with_tempo(music.tempo_bpm))
}

/// The files of one track. They are taken away again when they are dropped without
/// [`Files::keep`], so that a track that could not be made leaves none behind.
pub(crate) struct Files {
    folder: PathBuf,
    written: Vec<PathBuf>,
}

impl Files {
    /// For files in `folder`, which is made with the first of them.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, written: Vec::new() }
    }

    /// Writes one file whole and durably; gives its path.
    ///
    /// # Errors
    /// With the path.
    pub(crate) fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        write(&path, bytes)?;
        self.written.push(path.clone());
        Ok(path)
    }

    /// One that lies elsewhere belongs to them.
    pub(crate) fn also(&mut self, path: PathBuf) {
        self.written.push(path);
    }

    /// All of them are there; they stay.
    pub(crate) fn keep(mut self) {
        self.written.clear();
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for path in &self.written {
            if let Err(error) = std::fs::remove_file(path) {
                tracing::warn!(path = %path.display(), %error, "a file of no track is left");
            }
        }
    }
}

/// Writes a file whole and durably, or not at all; makes its folder.
///
/// # Errors
/// With the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    watch::safe_move::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::tokens::HEADER;

    #[test]
    fn files_of_a_track_that_fails_are_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path().join("there");
        let mut files = Files::new(there.clone());
        let first = files.write("a.mid", b"first").expect("written");
        std::fs::create_dir(there.join("a.ogg")).expect("something in the way");
        assert!(files.write("a.ogg", b"second").is_err());
        assert!(first.is_file());
        let elsewhere = folder.path().join("a.json");
        write(&elsewhere, b"third").expect("written");
        files.also(elsewhere.clone());
        drop(files);
        assert!(!first.exists() && !elsewhere.exists());
        let mut files = Files::new(there);
        let first = files.write("a.mid", b"first").expect("written");
        files.keep();
        assert_eq!(std::fs::read(first).expect("it stays"), b"first");
    }

    #[test]
    fn a_track_from_before_dynamics_is_read_as_constant() {
        let root = tempfile::tempdir().expect("a folder");
        let home = Home::new(root.path().to_owned());
        let song = Song::new(151.5, 4, 2, []);
        let path = keep(&home, "hardstyle", "one", &song).expect("kept");
        let mut music: Music =
            serde_json::from_slice(&std::fs::read(&path).expect("it is there")).expect("JSON");
        music.tokens.drain(HEADER - 3..HEADER);
        for (layout, is_read) in [(LAYOUT - 1, true), (LAYOUT - 2, false), (LAYOUT + 1, false)] {
            music.layout = layout;
            write(&path, &serde_json::to_vec(&music).expect("JSON")).expect("written");
            let read = read(&home, "hardstyle", "one").ok();
            assert_eq!(read, is_read.then(|| song.clone()), "layout {layout}");
        }
    }

    #[test]
    fn a_track_of_an_earlier_release_is_read_whatever_features_it_kept() {
        let root = tempfile::tempdir().expect("a folder");
        let home = Home::new(root.path().to_owned());
        let song = Song::new(150.0, 4, 2, []);
        let path = keep(&home, "hardstyle", "one", &song).expect("kept");
        let text = std::fs::read_to_string(&path).expect("it is there");
        let fourteen = ["0.5"; 14].join(",");
        let without_lead = format!("{},null,{}", ["0.5"; 11].join(","), ["0.5"; 2].join(","));
        let fifteen = ["0.5"; 15].join(",");
        for features in [fourteen, without_lead, fifteen] {
            let old = text.replacen('{', &format!("{{\"features\":[{features}],"), 1);
            write(&path, old.as_bytes()).expect("written");
            assert_eq!(read(&home, "hardstyle", "one").expect("it is read"), song);
        }
    }
}
