//! Which songs are learned from, and which are held out?

use std::path::Path;

use composer::corpus::Piece;
use music::song::{Song, Voice};
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

use crate::csv::cells;

/// A song of the genres measured on.
pub(crate) struct Labelled {
    pub(crate) genre: String,
    /// Files of one tune are never divided.
    pub(crate) tune: String,
    pub(crate) file: String,
    pub(crate) song: Song,
}

impl Labelled {
    /// As a piece with its genre's label.
    pub(crate) fn piece(&self, label: u32) -> Piece {
        let mut piece = Piece::new(self.file.clone(), self.tune.clone(), &self.song);
        piece.label = label;
        piece
    }

    /// Notes of the lead.
    pub(crate) fn n_lead(&self) -> usize {
        self.song.voice(Voice::Lead).count()
    }
}

/// The accepted songs of `genres` that `folder/metadata.csv` names (columns `file`, `genre`, `song`),
/// in an order that their names' hash gives.
pub(crate) fn read(folder: &Path, genres: &[&str]) -> std::io::Result<Vec<Labelled>> {
    let table = std::fs::read_to_string(folder.join("metadata.csv"))?;
    let mut songs = Vec::new();
    for line in table.lines().skip(1) {
        let cells = cells(line);
        let [file, genre, tune, ..] = cells.as_slice() else { continue };
        if !genres.contains(&genre.as_str()) {
            continue;
        }
        let examined = examine(&std::fs::read(folder.join(file))?, &Settings::default());
        if let (Verdict::Accept, Some(song)) = (examined.verdict, examined.song) {
            let (file, genre, tune) = (file.clone(), genre.clone(), tune.clone());
            songs.push(Labelled { genre, tune, file, song });
        }
    }
    songs.sort_by_key(|song| place(&song.file));
    Ok(songs)
}

/// The songs of a genre, those learned from and those held out: about `n_held_out`, whole tunes.
pub(crate) fn split<'a>(
    songs: &'a [Labelled],
    genre: &str,
    n_held_out: usize,
) -> (Vec<&'a Labelled>, Vec<&'a Labelled>) {
    let own: Vec<&Labelled> = songs.iter().filter(|song| song.genre == genre).collect();
    let mut tunes: Vec<u64> = own.iter().map(|song| place(&song.tune)).collect();
    tunes.sort_unstable();
    let edge = tunes.get(n_held_out).copied().unwrap_or(u64::MAX);
    own.into_iter().partition(|song| place(&song.tune) >= edge)
}

fn place(name: &str) -> u64 {
    let hash = blake3::hash(format!("study {name}").as_bytes());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}
