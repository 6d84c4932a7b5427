//! What is the network told of a song besides its notes?
//!
//! Its genre and, where it lies in a folder of its own within the genre (`inbox/hardstyle/artist/`),
//! its artist. One network knows all of them by their place in a list of names that only grows:
//! `hardstyle` is a genre, `hardstyle/artist` an artist.

use std::collections::BTreeMap;
use std::path::Path;

use model::train::CONDITIONS;

use crate::store::{self, SongStatus};
use crate::studio::Studio;

/// Songs from which on an artist is one of their own.
pub const MIN_SONGS: usize = 5;

/// The number of a name: its place, counted from 1; 0, which is anything, for an unknown one.
pub fn number(names: &[String], name: &str) -> u32 {
    names.iter().position(|known| known == name).map_or(0, |place| place as u32 + 1)
}

/// The number of a genre or of one of its artists; none for an artist that is not among the names.
pub fn wished(names: &[String], genre: &str, wish: Option<&str>) -> Option<u32> {
    let Some(name) = wish else { return Some(number(names, genre)) };
    Some(number(names, &artist(genre, name))).filter(|number| *number > 0)
}

/// The accepted songs of an artist.
///
/// # Errors
/// When the store cannot be read.
pub fn n_songs(studio: &Studio, genre: &str, artist: &str) -> Result<usize, store::Error> {
    let songs = studio.store.songs_of(genre)?;
    let of_theirs = songs.iter().filter(|(_, song)| {
        song.status == SongStatus::Accepted && artist_at(&song.path).as_deref() == Some(artist)
    });
    Ok(of_theirs.count())
}

/// The name of an artist.
pub fn artist(genre: &str, artist: &str) -> String {
    format!("{genre}/{artist}")
}

/// The artists of a genre among the names.
pub fn artists(names: &[String], genre: &str) -> Vec<String> {
    let artists = names.iter().filter_map(|name| name.strip_prefix(genre)?.strip_prefix('/'));
    artists.map(str::to_owned).collect()
}

/// The artist of a song at this place in the library, which is `library/genre/artist/…`.
pub fn artist_at(path: &Path) -> Option<String> {
    let mut below = path.strip_prefix("library").ok()?.components().skip(1);
    let folder = below.next()?;
    below.next()?;
    Some(folder.as_os_str().to_string_lossy().into_owned())
}

/// The names that a network knows and, after them, those of the library that are new, as far as there
/// is room: every genre, and the artists with enough songs, those with the most first. Artists take at
/// most half of the room, so that there is some for genres to come.
///
/// # Errors
/// When the store or the inbox cannot be read.
pub fn all(studio: &Studio, known: &[String]) -> anyhow::Result<Vec<String>> {
    let genres = studio.genres()?;
    let mut n_songs: BTreeMap<String, usize> = BTreeMap::new();
    for genre in &genres {
        for (_, song) in studio.store.songs_of(genre)? {
            let found = artist_at(&song.path).filter(|_| song.status == SongStatus::Accepted);
            if let Some(name) = found {
                *n_songs.entry(artist(genre, &name)).or_default() += 1;
            }
        }
    }
    let mut artists: Vec<(usize, String)> =
        n_songs.into_iter().filter(|(_, n)| *n >= MIN_SONGS).map(|(name, n)| (n, name)).collect();
    artists.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let artists = artists.into_iter().map(|(_, name)| name).filter(|name| !known.contains(name));
    let n_known = known.iter().filter(|name| name.contains('/')).count();
    let new: Vec<String> = artists.take((CONDITIONS / 2).saturating_sub(n_known)).collect();
    Ok(joined(known, genres.into_iter().chain(new)))
}

fn joined(known: &[String], now: impl Iterator<Item = String>) -> Vec<String> {
    let new = now.filter(|name| !known.contains(name));
    known.iter().cloned().chain(new).take(CONDITIONS - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artist_is_a_folder_within_a_genre() {
        let of = |path: &str| artist_at(Path::new(path));
        assert_eq!(of("library/hardstyle/dj x/album/a.mid").as_deref(), Some("dj x"));
        assert_eq!(of("library/hardstyle/a.mid"), None);
        assert_eq!(of("rejected/hardstyle/dj x/a.mid"), None);
    }

    #[test]
    fn names_keep_their_numbers_and_new_ones_follow_while_there_is_room() {
        let names = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<String>>();
        let known = names(&["hardstyle", "trance"]);
        let all = joined(&known, names(&["edm", "hardstyle", "hardstyle/x"]).into_iter());
        assert_eq!(all, names(&["hardstyle", "trance", "edm", "hardstyle/x"]));
        assert_eq!((number(&all, "edm"), number(&all, "pop")), (3, 0));
        assert_eq!(artists(&all, "hardstyle"), ["x"]);
        assert_eq!(artists(&all, "hard"), [""; 0]);
        assert_eq!(wished(&all, "hardstyle", None), Some(1));
        assert_eq!(wished(&all, "hardstyle", Some("x")), Some(4));
        assert_eq!(wished(&all, "hardstyle", Some("y")), None);
        let many = (0..200).map(|n| n.to_string());
        assert_eq!(joined(&known, many).len(), CONDITIONS - 1);
    }
}
