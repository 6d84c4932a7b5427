//! What is the network told about a song besides its notes?
//!
//! Its genre and, if it lies in a folder of its own within the genre (`inbox/hardstyle/artist/`), its
//! artist. To the network each is a label, a number: the place in a list of names that only grows, in
//! which `hardstyle` is a genre and `hardstyle/artist` an artist.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

use bot::command::find_name;
use composer::conditions::NAMES;

use crate::context::Context;
use crate::store::{self, SongStatus};

/// An artist with so many songs is given a label.
pub(crate) const MIN_SONGS: usize = 5;
/// The most artists that a network knows, of all genres together.
pub(crate) const MAX_ARTISTS: usize = NAMES / 2;

/// What a network knows of an artist whom someone asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ArtistStatus {
    /// It has learned the one of this name.
    Learned(String),
    /// There is no song by them.
    NoSong,
    /// There are only so many songs by them, which is too few.
    TooFew(usize),
    /// The next training will learn them.
    Next,
    /// There are enough songs by them, but no room for one more artist.
    NoRoom,
}

/// The label of a name: its place, counted from 1; 0, which stands for anything, for an unknown one.
pub(crate) fn number(names: &[String], name: &str) -> u32 {
    names.iter().position(|known| known == name).map_or(0, |place| place as u32 + 1)
}

/// The label of a genre or of one of its artists; 0 for one that is not among the names.
pub(crate) fn label_of(names: &[String], genre: &str, wish: Option<&str>) -> u32 {
    wish.map_or_else(|| number(names, genre), |name| number(names, &artist(genre, name)))
}

/// What a network that knows these names knows of the artist whom a listener means by `text`.
///
/// # Errors
/// When the store or the inbox cannot be read.
pub(crate) fn artist_status(
    context: &Context,
    names: &[String],
    genre: &str,
    text: &str,
) -> anyhow::Result<ArtistStatus> {
    if let Some(name) = find_name(text, &artists(names, genre)) {
        return Ok(ArtistStatus::Learned(name.clone()));
    }
    let n_songs = songs_by_artist(context, genre)?;
    let mut folders: Vec<String> = n_songs.keys().cloned().collect();
    // Of several that may be meant, the one with the most songs.
    folders.sort_by_key(|folder| Reverse(n_songs.get(folder)));
    let Some(name) = find_name(text, &folders) else { return Ok(ArtistStatus::NoSong) };
    Ok(match n_songs.get(name).copied().unwrap_or(0) {
        n if n < MIN_SONGS => ArtistStatus::TooFew(n),
        _ if all(context, names)?.contains(&artist(genre, name)) => ArtistStatus::Next,
        _ => ArtistStatus::NoRoom,
    })
}

/// The accepted songs of each artist of a genre.
fn songs_by_artist(
    context: &Context,
    genre: &str,
) -> Result<BTreeMap<String, usize>, store::Error> {
    let mut n_songs = BTreeMap::new();
    for (_, song) in context.store.songs_of(genre)? {
        let found = artist_at(&song.path).filter(|_| song.status == SongStatus::Accepted);
        if let Some(name) = found {
            *n_songs.entry(name).or_default() += 1;
        }
    }
    Ok(n_songs)
}

/// The name of an artist.
pub(crate) fn artist(genre: &str, artist: &str) -> String {
    format!("{genre}/{artist}")
}

/// The artists of a genre among the names.
pub(crate) fn artists(names: &[String], genre: &str) -> Vec<String> {
    let artists = names.iter().filter_map(|name| name.strip_prefix(genre)?.strip_prefix('/'));
    artists.map(str::to_owned).collect()
}

/// The artist of a song at this place in the library, which is `library/genre/artist/…`.
pub(crate) fn artist_at(path: &Path) -> Option<String> {
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
pub(crate) fn all(context: &Context, known: &[String]) -> anyhow::Result<Vec<String>> {
    let genres = context.genres()?;
    let mut artists: Vec<(usize, String)> = Vec::new();
    for genre in &genres {
        let n_songs = songs_by_artist(context, genre)?.into_iter();
        let enough = n_songs.filter(|(_, n)| *n >= MIN_SONGS);
        artists.extend(enough.map(|(name, n)| (n, artist(genre, &name))));
    }
    artists.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let artists = artists.into_iter().map(|(_, name)| name).filter(|name| !known.contains(name));
    let n_known = known.iter().filter(|name| name.contains('/')).count();
    let new: Vec<String> = artists.take(MAX_ARTISTS.saturating_sub(n_known)).collect();
    Ok(joined(known, genres.into_iter().chain(new)))
}

fn joined(known: &[String], now: impl Iterator<Item = String>) -> Vec<String> {
    let new = now.filter(|name| !known.contains(name));
    known.iter().cloned().chain(new).take(NAMES - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::context;
    use crate::store::{Song, SongId};

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
        let label_of = |artist| label_of(&all, "hardstyle", artist);
        assert_eq!([label_of(None), label_of(Some("x")), label_of(Some("y"))], [1, 4, 0]);
        let many = (0..200).map(|n| n.to_string());
        assert_eq!(joined(&known, many).len(), NAMES - 1);
    }

    #[test]
    fn what_is_missing_to_learn_an_artist_is_known() {
        let (_folder, context) = context();
        let add = |artist: &str, n_songs: u64| {
            for idx in 0..n_songs {
                let path = format!("library/hardstyle/{artist}/{idx}.mid");
                let song = Song {
                    genre: "hardstyle".to_owned(),
                    file_name: format!("{idx}.mid"),
                    path: path.clone().into(),
                    status: SongStatus::Accepted,
                    added_at_ms: idx,
                    music: None,
                };
                let taken = context.store.take_in(Some((SongId::of(path.as_bytes()), song)), None);
                taken.expect("taken in");
            }
        };
        add("DJ X", 2);
        add("many", 5);
        // Two folders of the same name to a listener.
        add("ONE", 1);
        add("one", 6);
        let mut names = vec!["hardstyle".to_owned(), "hardstyle/Zatox".to_owned()];
        let of = |names: &[String], text: &str| {
            artist_status(&context, names, "hardstyle", text).expect("the store can be read")
        };
        assert_eq!(of(&names, " zatox"), ArtistStatus::Learned("Zatox".to_owned()));
        assert_eq!(of(&names, "nobody"), ArtistStatus::NoSong);
        assert_eq!(of(&names, "dj x"), ArtistStatus::TooFew(2));
        assert_eq!(of(&names, "Many"), ArtistStatus::Next);
        assert_eq!(
            (of(&names, "One"), of(&names, "ONE")),
            (ArtistStatus::Next, ArtistStatus::TooFew(1))
        );
        // With room for one more, that with the most songs is next.
        names.extend((2..MAX_ARTISTS).map(|n| format!("trance/{n}")));
        assert_eq!(
            (of(&names, "one"), of(&names, "many")),
            (ArtistStatus::Next, ArtistStatus::NoRoom)
        );
        names.push("trance/last".to_owned());
        assert_eq!(
            (of(&names, "one"), of(&names, "dj x")),
            (ArtistStatus::NoRoom, ArtistStatus::TooFew(2))
        );
    }
}
