//! Which tracks are there, where do they come from, and where were they posted?
//!
//! A track is noted as being posted before it is sent and as posted after, so that after a crash
//! [`Store::tracks_being_posted`] names those for which one has to look in the channel. The sound
//! itself is in files.

use bot::chat::{ChannelId, MessageId, Posted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{SongId, TrackId, genre_key, last_number, with_number};
use super::track::{Track, TrackState};
use super::txn::Txn;
use super::view::Read;
use super::wish_text;

/// The longest wish, in bytes of its text.
const MAX_WISH: usize = 2048;

impl Record for Track {}

/// A track of which only the state changes: all else is written back as it was stored, also what this
/// release cannot read.
#[derive(Serialize, Deserialize)]
struct Stateful {
    state: TrackState,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Record for Stateful {}

impl Store {
    /// A track number that nobody else gets, for naming files before the track is noted.
    ///
    /// # Errors
    /// A failed write.
    pub fn reserve_track(&self) -> Result<TrackId, Error> {
        self.write(|txn| txn.next("last_track").map(TrackId))
    }

    /// Notes a track under a number from [`Self::reserve_track`].
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::BadValue`], [`Error::TooLarge`], or a failed write.
    pub fn add_track(&self, id: TrackId, track: Track) -> Result<(), Error> {
        self.write(move |txn| insert(txn, id, &track))
    }

    /// Notes a track that is a file made elsewhere, unless that file is a track already; gives its number.
    ///
    /// # Errors
    /// As [`Self::add_track`].
    pub fn add_file_track(&self, file: SongId, track: Track) -> Result<TrackId, Error> {
        self.write(move |txn| {
            if let Some(known) = txn.get(Tree::TrackFiles, &file.0)? {
                return Ok(TrackId(known));
            }
            let id = txn.next("last_track").map(TrackId)?;
            insert(txn, id, &track)?;
            txn.put(Tree::TrackFiles, file.0.to_vec(), &id.0)?;
            Ok(id)
        })
    }

    /// The track that is a file made elsewhere.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn track_of_file(&self, file: SongId) -> Result<Option<TrackId>, Error> {
        Ok(self.read(|view| view.get(Tree::TrackFiles, &file.0))?.map(TrackId))
    }

    /// A track.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn track(&self, id: TrackId) -> Result<Option<Track>, Error> {
        self.read(|view| view.get(Tree::Tracks, &key(id)))
    }

    /// All tracks of a genre, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tracks_of(&self, genre: &str) -> Result<Vec<(TrackId, Track)>, Error> {
        let prefix = genre_key(genre)?;
        self.read(|view| {
            let ids = ids_of_genre(view, &prefix)?;
            ids.into_iter().map(|id| Ok((id, existing(view, id)?))).collect()
        })
    }

    /// All tracks, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tracks(&self) -> Result<Vec<(TrackId, Track)>, Error> {
        let tracks = self.read(|view| view.list(Tree::Tracks, &[]))?;
        Ok(tracks.into_iter().map(|(key, track)| (TrackId(last_number(&key)), track)).collect())
    }

    /// The track that a message holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn track_of_message(&self, message: MessageId) -> Result<Option<TrackId>, Error> {
        let key = with_number(Vec::new(), message.0);
        Ok(self.read(|view| view.get(Tree::Messages, &key))?.map(TrackId))
    }

    /// Notes that a track is about to be posted, before it is.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn begin_post(&self, id: TrackId, channel: ChannelId) -> Result<(), Error> {
        self.write(move |txn| set_state(txn, id, TrackState::Posting { channel }))
    }

    /// Notes the message as which a track was posted.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn confirm_post(&self, id: TrackId, posted: Posted) -> Result<(), Error> {
        let Posted { channel, message } = posted;
        self.write(move |txn| set_state(txn, id, TrackState::Posted { channel, message }))
    }

    /// The tracks whose post is unconfirmed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn tracks_being_posted(&self) -> Result<Vec<(TrackId, Track)>, Error> {
        self.read(|view| {
            let ids = view.list::<()>(Tree::Posting, &[])?;
            let ids = ids.into_iter().map(|(key, ())| TrackId(last_number(&key)));
            ids.map(|id| Ok((id, existing(view, id)?))).collect()
        })
    }
}

/// The key of a track, and the prefix of its votes.
pub(super) fn key(id: TrackId) -> Vec<u8> {
    with_number(Vec::new(), id.0)
}

/// # Errors
/// [`Error::NotFound`], or when it cannot be read.
pub(super) fn existing(view: &impl Read, id: TrackId) -> Result<Track, Error> {
    stored(view, id)
}

pub(super) fn stored<R: Record>(view: &impl Read, id: TrackId) -> Result<R, Error> {
    let track = view.get(Tree::Tracks, &key(id))?;
    track.ok_or_else(|| Error::NotFound { what: "track", id: id.to_string() })
}

/// The tracks of the genre with this key.
pub(super) fn ids_of_genre(view: &impl Read, prefix: &[u8]) -> Result<Vec<TrackId>, Error> {
    let keys = view.list::<()>(Tree::GenreTracks, prefix)?;
    Ok(keys.iter().map(|(key, ())| TrackId(last_number(key))).collect())
}

pub(super) fn insert(txn: &mut Txn<'_>, id: TrackId, track: &Track) -> Result<(), Error> {
    if txn.get::<Track>(Tree::Tracks, &key(id))?.is_some() {
        return Err(Error::Exists { what: "track", id: id.to_string() });
    }
    check(track)?;
    txn.put(Tree::GenreTracks, with_number(genre_key(&track.genre)?, id.0), &())?;
    txn.put(Tree::Tracks, key(id), track)?;
    index_state(txn, id, track.state, true)
}

fn check(track: &Track) -> Result<(), Error> {
    let wish = wish_text::of(&track.wish).map_err(|error| {
        let (what, value) = ("wish", error.to_string());
        Error::BadValue { what, value, allowed: "a wish that JSON can hold" }
    })?;
    if wish.len() > MAX_WISH {
        let bytes = wish.len();
        return Err(Error::TooLarge { tree: Tree::Tracks.name(), bytes, most: MAX_WISH });
    }
    let scores = track.candidates.iter().map(|candidate| f64::from(candidate.score));
    match scores.chain([track.tempo_bpm]).find(|number| !number.is_finite()) {
        None => Ok(()),
        Some(number) => {
            let value = number.to_string();
            Err(Error::BadValue { what: "tempo or score", value, allowed: "a finite number" })
        }
    }
}

pub(super) fn set_state(txn: &mut Txn<'_>, id: TrackId, state: TrackState) -> Result<(), Error> {
    let mut track: Stateful = stored(txn, id)?;
    index_state(txn, id, track.state, false)?;
    track.state = state;
    index_state(txn, id, state, true)?;
    txn.put(Tree::Tracks, key(id), &track)
}

/// Writes or removes the index entry that belongs to a state.
fn index_state(
    txn: &mut Txn<'_>,
    id: TrackId,
    state: TrackState,
    present: bool,
) -> Result<(), Error> {
    match (state, present) {
        (TrackState::Rendered, _) => Ok(()),
        (TrackState::Posting { .. }, true) => txn.put(Tree::Posting, key(id), &()),
        (TrackState::Posting { .. }, false) => {
            txn.delete(Tree::Posting, key(id));
            Ok(())
        }
        (TrackState::Posted { message, .. }, true) => {
            txn.put(Tree::Messages, with_number(Vec::new(), message.0), &id.0)
        }
        (TrackState::Posted { message, .. }, false) => {
            txn.delete(Tree::Messages, with_number(Vec::new(), message.0));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{open, scratch, track};
    use super::*;
    use crate::store::Candidate;
    use bot::wish::Wish;

    #[test]
    fn tracks_are_numbered_in_turn_and_found_by_genre() {
        let (folder, store) = scratch();
        let a = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
        let b = store.reserve_track().expect("reserved");
        let c = store.add_new_track(|id| track("trance", id.0)).expect("added");
        store.add_track(b, track("hardstyle", u64::MAX)).expect("added");
        assert_eq!([a, b, c], [TrackId(1), TrackId(2), TrackId(3)]);
        let again = store.add_track(b, track("hardstyle", 4));
        assert!(matches!(again, Err(Error::Exists { .. })));
        drop(store);
        let store = open(&folder.path().join("store"));
        let expected = vec![(a, track("hardstyle", 1)), (b, track("hardstyle", u64::MAX))];
        assert_eq!(store.tracks_of("hardstyle"), Ok(expected));
        assert_eq!(store.track(c), Ok(Some(track("trance", 3))));
        assert_eq!(store.tracks().map(|tracks| tracks.len()), Ok(3));
        assert_eq!(store.add_new_track(|id| track("trance", id.0)), Ok(TrackId(4)));
    }

    #[test]
    fn a_file_that_was_made_elsewhere_is_one_track() {
        let (folder, store) = scratch();
        let made = || Track { file: Some("old.mid".to_owned()), ..track("hardstyle", 0) };
        let (old, other) = (SongId::of(b"old"), SongId::of(b"other"));
        assert_eq!(store.track_of_file(old), Ok(None));
        assert_eq!(store.add_file_track(old, made()), Ok(TrackId(1)));
        assert_eq!(store.add_file_track(other, made()), Ok(TrackId(2)));
        drop(store);
        let store = open(&folder.path().join("store"));
        assert_eq!(store.add_file_track(old, track("trance", 5)), Ok(TrackId(1)));
        assert_eq!(store.track_of_file(old), Ok(Some(TrackId(1))));
        assert_eq!(store.tracks(), Ok(vec![(TrackId(1), made()), (TrackId(2), made())]));
        assert_eq!((made().made_by(), track("trance", 5).made_by()), (None, Some((3, 5))));
    }

    #[test]
    fn a_post_is_unconfirmed_until_it_has_a_message() {
        let (_folder, store) = scratch();
        let id = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
        store.begin_post(id, ChannelId(7)).expect("noted");
        let posting = store.tracks_being_posted().expect("readable");
        assert_eq!(posting.len(), 1);
        assert_eq!(posting[0].1.state, TrackState::Posting { channel: ChannelId(7) });
        let posted = Posted { channel: ChannelId(7), message: MessageId(99) };
        store.confirm_post(id, posted).expect("noted");
        assert_eq!(store.tracks_being_posted(), Ok(vec![]));
        assert_eq!(store.track_of_message(MessageId(99)), Ok(Some(id)));
        assert_eq!(store.track_of_message(MessageId(98)), Ok(None));
        store.write(move |txn| set_state(txn, id, TrackState::Rendered)).expect("noted");
        assert_eq!(store.track_of_message(MessageId(99)), Ok(None));
        assert_eq!(store.track(id), Ok(Some(track("hardstyle", 1))));
        assert!(matches!(store.begin_post(TrackId(9), ChannelId(7)), Err(Error::NotFound { .. })));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (_folder, store) = scratch();
        let by = |artist: String| Wish { artist: Some(artist), ..Wish::any("hardstyle") };
        let n_bytes = wish_text::of(&by(String::new())).expect("JSON").len();
        let long = by("x".repeat(MAX_WISH + 1 - n_bytes));
        let long = Track { wish: long, ..track("hardstyle", 1) };
        assert!(matches!(store.add_new_track(|_| long), Err(Error::TooLarge { .. })));
        let mut odd = track("hardstyle", 1);
        odd.candidates[0].score = f32::INFINITY;
        assert!(matches!(store.add_new_track(|_| odd), Err(Error::BadValue { .. })));
        let full = Track {
            wish: by("x".repeat(MAX_WISH - n_bytes)),
            candidates: vec![Candidate { seed: u64::MAX, score: -0.123_456_79 }; 16],
            not_reached: vec!["x".repeat(100); 4],
            ..track("hardstyle", u64::MAX)
        };
        assert!(store.add_new_track(|_| full).is_ok());
    }

    #[test]
    fn tracks_of_earlier_releases_are_still_read_with_their_wish() {
        let record = |settings: &str| {
            let json = serde_json::json!({
                "genre": "hardstyle", "version": 3, "seed": 7, "settings": settings, "stem": "a",
                "tempo_bpm": 150.0, "key_index": 12, "n_bars": 32, "created_at_ms": 5,
                "candidates": [], "copied_notes": 7, "state": "rendered",
            });
            let track = serde_json::from_value::<Track>(json).expect("a track");
            assert_eq!((track.arm, &track.file), (None, &None));
            track.wish
        };
        let wish = record(
            r#"{"genre":"hardstyle","artist":"x","seed":7,"bars":16,"tempo_bpm":155.0,
            "key":"F minor","instrument":"saw_lead","arrangement":"lead","temperature":0.9,
            "plain":true,"opening":{"source":{"track":3},"bars":4},"no_audio":false,
            "no_picture":false,"wav":false,"stems":false}"#,
        );
        assert_eq!((wish.artist.as_deref(), wish.seed, wish.plain), (Some("x"), Some(7), true));
        assert_eq!(wish.tempo.map(|bpm| bpm.to_string()).as_deref(), Some("155"));
        assert_eq!(wish.key.map(|key| key.to_string()).as_deref(), Some("F minor"));
        assert!(wish.instrument.is_some() && wish.primer.is_some());
        // What this release cannot express loses neither the track nor the rest of the wish.
        let wish = record(
            r#"{"artist":"x","genre":"hardstyle","instrument":"theremin","opening":7,"plain":true}"#,
        );
        let artist = Some("x".to_owned());
        assert_eq!(wish, Wish { artist, plain: true, ..Wish::any("hardstyle") });
        assert_eq!(record("no JSON"), Wish::default());
    }

    #[test]
    fn a_change_of_state_changes_nothing_else_even_if_it_cannot_be_read() {
        let (_folder, store) = scratch();
        let id = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
        let record = || {
            let record = store.read(|view| stored::<Stateful>(view, id)).expect("readable");
            (record.state, record.rest)
        };
        let before = record().1;
        let text = r#"{"genre":"hardstyle","artist":"x","instrument":"theremin"}"#;
        store
            .write(move |txn| {
                let mut record: Stateful = stored(txn, id)?;
                record.rest.insert("settings".to_owned(), text.into());
                txn.put(Tree::Tracks, key(id), &record)
            })
            .expect("written");
        let posted = Posted { channel: ChannelId(7), message: MessageId(99) };
        let expect_kept = |state| {
            let mut rest = before.clone();
            rest.insert("settings".to_owned(), text.into());
            assert_eq!(record(), (state, rest));
        };
        store.begin_post(id, posted.channel).expect("noted");
        expect_kept(TrackState::Posting { channel: posted.channel });
        store.confirm_post(id, posted).expect("noted");
        expect_kept(TrackState::Posted { channel: posted.channel, message: posted.message });
        store.write(move |txn| set_state(txn, id, TrackState::Rendered)).expect("noted");
        expect_kept(TrackState::Rendered);
        let wish = store.track(id).expect("readable").expect("there").wish;
        assert_eq!(wish, Wish { artist: Some("x".to_owned()), ..Wish::any("hardstyle") });
    }
}
