//! Which songs were taken in, and which files still have to be moved?
//!
//! A song is known by the hash of its content, so taking it in twice changes nothing. The order of
//! an intake is: copy to the song store → [`Store::take_in`] → move the file → [`Store::finish_move`];
//! what a crash leaves in [`Store::pending_moves`] is moved at the next start.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{SongId, genre_key, last_song, name_key};
use super::moves::{Move, MoveId, ReasonText, add_move};
use super::path_text;
use super::txn::Txn;
use super::view::Read;

/// What is known about a song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Song {
    /// Its genre.
    pub genre: String,
    /// The name of the file that brought it; what of it was not UTF-8 is replaced.
    pub file_name: String,
    /// Where that file lies, relative to the home: `library/…` or `rejected/…`.
    #[serde(with = "path_text")]
    pub path: PathBuf,
    /// Whether it is learned from.
    pub status: SongStatus,
    /// When it was taken in, in milliseconds since 1970.
    pub added_at_ms: u64,
    /// What was read from it, if it could be read.
    pub music: Option<Music>,
}

/// Whether a song is learned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SongStatus {
    /// Yes.
    Accepted,
    /// No: the filter said why.
    Rejected(ReasonText),
    /// Not any more: a person took it out.
    Removed,
}

/// What was read from a song.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Music {
    /// Texts by which the same music in another file is found, while the song is accepted; each at
    /// most 128 bytes.
    pub fingerprints: Vec<String>,
    /// Notes that are learned.
    pub n_notes: u32,
    /// Bars.
    pub n_bars: u32,
    /// Quarter notes a minute; finite.
    pub tempo_bpm: f64,
    /// `music::key::Key::index`.
    pub key_index: u8,
    /// Tokens.
    pub n_tokens: u32,
}

/// How many songs of a genre there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SongCounts {
    /// Learned from.
    pub accepted: u64,
    /// Rejected by the filter.
    pub rejected: u64,
    /// Taken out by a person.
    pub removed: u64,
}

impl Record for Song {}
impl Record for SongStatus {}

impl Store {
    /// Remembers a song (or changes what is known of it) and a move that is to be made, in one step.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad genre, fingerprint or tempo, [`Error::TooLarge`] for texts or
    /// paths too long; or a failed write.
    pub fn take_in(
        &self,
        song: Option<(SongId, Song)>,
        file_move: Option<Move>,
    ) -> Result<Option<MoveId>, Error> {
        self.write(move |txn| {
            if let Some((id, song)) = song {
                put_song(txn, id, &song)?;
            }
            file_move.map(|file_move| add_move(txn, &file_move)).transpose()
        })
    }

    /// Marks a song as taken out by a person; it is no longer learned from or found as a duplicate.
    /// `path` is where its file lies from now on, `file_move` the move that brings it there.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn remove_song(
        &self,
        id: SongId,
        file_move: Option<Move>,
    ) -> Result<Option<MoveId>, Error> {
        self.write(move |txn| {
            let mut song = existing(txn, id)?;
            song.status = SongStatus::Removed;
            if let Some(file_move) = &file_move {
                song.path.clone_from(&file_move.to);
            }
            put_song(txn, id, &song)?;
            file_move.map(|file_move| add_move(txn, &file_move)).transpose()
        })
    }

    /// A song.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn song(&self, id: SongId) -> Result<Option<Song>, Error> {
        self.read(|view| view.get(Tree::Songs, &id.0))
    }

    /// All songs of a genre, whatever their status, in order of their ids.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn songs_of(&self, genre: &str) -> Result<Vec<(SongId, Song)>, Error> {
        let prefix = genre_key(genre)?;
        self.read(|view| {
            let ids = view.list::<SongStatus>(Tree::GenreSongs, &prefix)?;
            ids.iter()
                .map(|(key, _)| last_song(key))
                .map(|id| Ok((id, existing(view, id)?)))
                .collect()
        })
    }

    /// All songs of all genres.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn songs(&self) -> Result<Vec<(SongId, Song)>, Error> {
        let songs = self.read(|view| view.list(Tree::Songs, &[]))?;
        Ok(songs.into_iter().map(|(key, song)| (last_song(&key), song)).collect())
    }

    /// How many songs of a genre there are. Reads no song.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn song_counts(&self, genre: &str) -> Result<SongCounts, Error> {
        let prefix = genre_key(genre)?;
        let states = self.read(|view| view.list(Tree::GenreSongs, &prefix))?;
        let mut counts = SongCounts::default();
        for (_, status) in states {
            match status {
                SongStatus::Accepted => counts.accepted += 1,
                SongStatus::Rejected(_) => counts.rejected += 1,
                SongStatus::Removed => counts.removed += 1,
            }
        }
        Ok(counts)
    }

    /// Every genre that has a song (of any status) or a track, sorted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn genres(&self) -> Result<Vec<String>, Error> {
        let mut genres = BTreeSet::new();
        self.read(|view| {
            for tree in [Tree::GenreSongs, Tree::GenreTracks] {
                for (key, _) in view.raw_range(tree, &[], &[])? {
                    let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
                    genres.insert(String::from_utf8_lossy(name).into_owned());
                }
            }
            Ok(())
        })?;
        Ok(genres.into_iter().collect())
    }

    /// The accepted songs that have this fingerprint.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad fingerprint, or when they cannot be read.
    pub fn songs_with_fingerprint(&self, fingerprint: &str) -> Result<Vec<SongId>, Error> {
        let prefix = name_key("fingerprint", fingerprint)?;
        let found = self.read(|view| view.list::<()>(Tree::Fingerprints, &prefix))?;
        Ok(found.iter().map(|(key, ())| last_song(key)).collect())
    }

    /// Replaces the fingerprints of songs in one step; songs that are not there, or hold no music,
    /// are left out.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a bad fingerprint, [`Error::TooLarge`], or a failed write.
    pub fn set_fingerprints(&self, songs: Vec<(SongId, Vec<String>)>) -> Result<(), Error> {
        self.write(move |txn| {
            for (id, fingerprints) in songs {
                let Some(mut song) = txn.get::<Song>(Tree::Songs, &id.0)? else { continue };
                let Some(music) = &mut song.music else { continue };
                music.fingerprints = fingerprints;
                put_song(txn, id, &song)?;
            }
            Ok(())
        })
    }
}

fn existing(view: &impl Read, id: SongId) -> Result<Song, Error> {
    let song = view.get(Tree::Songs, &id.0)?;
    song.ok_or_else(|| Error::NotFound { what: "song", id: id.to_string() })
}

fn put_song(txn: &mut Txn<'_>, id: SongId, song: &Song) -> Result<(), Error> {
    if let Some(music) = song.music.as_ref().filter(|music| !music.tempo_bpm.is_finite()) {
        let value = music.tempo_bpm.to_string();
        return Err(Error::BadValue { what: "tempo", value, allowed: "a finite number" });
    }
    if let Some(old) = txn.get::<Song>(Tree::Songs, &id.0)? {
        txn.delete(Tree::GenreSongs, with_song(genre_key(&old.genre)?, id));
        // Whatever its status: earlier versions also kept those of rejected songs.
        for key in fingerprint_keys(id, &old)? {
            txn.delete(Tree::Fingerprints, key);
        }
    }
    txn.put(Tree::Songs, id.0.to_vec(), song)?;
    txn.put(Tree::GenreSongs, with_song(genre_key(&song.genre)?, id), &song.status)?;
    if song.status == SongStatus::Accepted {
        for key in fingerprint_keys(id, song)? {
            txn.put(Tree::Fingerprints, key, &())?;
        }
    }
    Ok(())
}

fn fingerprint_keys(id: SongId, song: &Song) -> Result<Vec<Vec<u8>>, Error> {
    let fingerprints = song.music.as_ref().map_or(&[][..], |music| &music.fingerprints);
    let keys = fingerprints.iter().map(|f| Ok(with_song(name_key("fingerprint", f)?, id)));
    keys.collect()
}

fn with_song(mut key: Vec<u8>, id: SongId) -> Vec<u8> {
    key.extend_from_slice(&id.0);
    key
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{open, scratch, song};
    use super::*;

    fn counts(accepted: u64, rejected: u64, removed: u64) -> SongCounts {
        SongCounts { accepted, rejected, removed }
    }

    fn with(store: &Store, text: &str) -> Vec<SongId> {
        store.songs_with_fingerprint(text).expect("readable")
    }

    #[test]
    fn songs_are_found_by_id_genre_and_fingerprint() {
        let (folder, store) = scratch();
        let (a, b, c) = (SongId::of(b"a"), SongId::of(b"b"), SongId::of(b"c"));
        let reason = ReasonText { code: "too_short".to_owned(), text: "it has 3 notes".to_owned() };
        let mut rejected = song("hardstyle", "b");
        rejected.status = SongStatus::Rejected(reason);
        rejected.music = None;
        store.take_in(Some((a, song("hardstyle", "a"))), None).expect("taken in");
        store.take_in(Some((b, rejected.clone())), None).expect("taken in");
        store.take_in(Some((c, song("trance", "c"))), None).expect("taken in");
        drop(store);
        let store = open(&folder.path().join("store"));
        assert_eq!(store.song(a), Ok(Some(song("hardstyle", "a"))));
        assert_eq!(store.song(b), Ok(Some(rejected)));
        assert_eq!(store.song_counts("hardstyle"), Ok(counts(1, 1, 0)));
        assert_eq!(store.songs_of("trance"), Ok(vec![(c, song("trance", "c"))]));
        assert_eq!(store.songs().map(|songs| songs.len()), Ok(3));
        assert_eq!(store.genres(), Ok(vec!["hardstyle".to_owned(), "trance".to_owned()]));
        let mut both = vec![a, c];
        both.sort();
        assert_eq!(store.songs_with_fingerprint("common"), Ok(both));
        assert_eq!(store.songs_with_fingerprint("melody-a"), Ok(vec![a]));
        assert_eq!(store.songs_with_fingerprint("melody"), Ok(vec![]));
    }

    #[test]
    fn a_removed_song_is_no_duplicate_and_one_taken_in_again_changes_its_genre() {
        let (_folder, store) = scratch();
        let id = SongId::of(b"a");
        assert!(matches!(store.remove_song(id, None), Err(Error::NotFound { .. })));
        store.take_in(Some((id, song("hardstyle", "a"))), None).expect("taken in");
        store.remove_song(id, None).expect("there");
        assert_eq!(store.song_counts("hardstyle"), Ok(counts(0, 0, 1)));
        assert_eq!(with(&store, "common"), vec![]);
        store.take_in(Some((id, song("trance", "a"))), None).expect("taken in");
        assert_eq!(store.song_counts("hardstyle"), Ok(counts(0, 0, 0)));
        assert_eq!(store.song_counts("trance"), Ok(counts(1, 0, 0)));
        assert_eq!(with(&store, "common"), vec![id]);
    }

    #[test]
    fn only_accepted_songs_are_found_and_new_fingerprints_replace_the_old() {
        let (_folder, store) = scratch();
        let (a, b) = (SongId::of(b"a"), SongId::of(b"b"));
        let reason = ReasonText { code: "duplicate".to_owned(), text: "of a".to_owned() };
        let rejected = Song { status: SongStatus::Rejected(reason), ..song("hardstyle", "b") };
        store.take_in(Some((a, song("hardstyle", "a"))), None).expect("taken in");
        store.take_in(Some((b, rejected)), None).expect("taken in");
        assert_eq!(with(&store, "common"), vec![a]);
        let new = || vec!["new".to_owned()];
        let songs = vec![(a, new()), (b, new()), (SongId::of(b"nobody"), new())];
        store.set_fingerprints(songs).expect("written");
        assert_eq!((with(&store, "new"), with(&store, "common")), (vec![a], vec![]));
        assert_eq!(store.song_counts("hardstyle"), Ok(counts(1, 1, 0)));
        store.take_in(Some((b, song("hardstyle", "b"))), None).expect("taken in");
        assert_eq!((with(&store, "new"), with(&store, "common")), (vec![a], vec![b]));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let (_folder, store) = scratch();
        let id = SongId::of(b"a");
        let mut long = song("hardstyle", "a");
        long.file_name = "x".repeat(4096);
        let result = store.take_in(Some((id, long)), None);
        assert!(matches!(result, Err(Error::TooLarge { tree: "songs", .. })), "{result:?}");
        for genre in ["", "a\0b"] {
            let result = store.take_in(Some((id, song(genre, "a"))), None);
            assert!(matches!(result, Err(Error::BadValue { what: "genre", .. })), "{result:?}");
        }
        let mut odd = song("hardstyle", "a");
        odd.music.as_mut().expect("set").tempo_bpm = f64::NAN;
        assert!(store.take_in(Some((id, odd)), None).is_err());
        assert_eq!(store.songs(), Ok(vec![]));
    }
}
