//! Does a store made of an export know the same, and is what is no whole export refused?

use super::super::fixtures::{open, scratch, song, track, vote};
use super::super::{Cycle, Outcome, Promotion, SongId, Track, TrackId, Weighted};
use super::*;

fn settings() -> Settings {
    Settings { free_space_reserve_mb: 0, cache_mb: 16 }
}

fn exported(store: &Store) -> (Vec<u8>, Exported) {
    let mut bytes = Vec::new();
    let exported = store.export(&mut bytes).expect("it is written");
    (bytes, exported)
}

/// A store with something of everything, closed and opened again.
fn filled() -> (tempfile::TempDir, Store) {
    let (folder, store) = scratch();
    for name in ["a", "b"] {
        let id = SongId::of(name.as_bytes());
        store.take_in(Some((id, song("hardstyle", name))), None).expect("taken in");
    }
    store.remove_song(SongId::of(b"b"), None).expect("there");
    let id = store.add_new_track(|id| track("hardstyle", id.0)).expect("noted");
    store.add_vote(id, vote("ann", "🔥", 7)).expect("rated");
    store.add_vote(id, vote("bob", "👎", 8)).expect("rated");
    store.take_back_vote(id, "bob", "👎", 9).expect("taken back");
    let made = Track { file: Some("old.mid".to_owned()), ..track("hardstyle", 0) };
    store.add_file_track(SongId::of(b"old"), made).expect("noted");
    let (valid_nll, outcome) = (Some(2.5), Outcome::Promoted);
    let cycle =
        Cycle { at_ms: 9, version: Some(1), n_songs: 1, vote_change: 3, valid_nll, outcome };
    let weights = (0..700).map(|i: u64| (Weighted::Song(SongId::of(&i.to_be_bytes())), 0.5));
    let promotion = Promotion { version: 1, at_ms: 9, why: "the first".to_owned() };
    store.add_cycle("hardstyle", cycle, weights.collect(), Some(promotion)).expect("noted");
    (folder, store)
}

#[test]
fn a_store_made_of_an_export_knows_the_same() {
    let (folder, store) = filled();
    let (bytes, what) = exported(&store);
    assert_eq!((what.n_songs, what.n_tracks, what.n_damaged), (1, 2, 0));
    let path = folder.path().join("copy");
    // What an import left that was killed.
    let leftover = open(&folder.path().join("copy.partial"));
    leftover.add_new_track(|id| track("trance", id.0)).expect("noted");
    drop(leftover);
    let copy = Store::import(&path, &settings(), 5, &mut bytes.as_slice()).expect("made");
    assert_eq!(copy.songs(), store.songs());
    assert_eq!(copy.tracks(), store.tracks());
    let id = store.tracks().expect("readable")[0].0;
    assert_eq!(copy.votes_of(id), store.votes_of(id));
    assert_eq!(copy.track_of_file(SongId::of(b"old")), Ok(Some(TrackId(2))));
    assert_eq!(copy.cycles("hardstyle"), store.cycles("hardstyle"));
    assert_eq!(copy.weights("hardstyle", 1), store.weights("hardstyle", 1));
    assert_eq!(copy.promotions("hardstyle"), store.promotions("hardstyle"));
    assert_eq!(copy.created_at_ms(), store.created_at_ms());
    assert_eq!(exported(&copy), (bytes.clone(), what));
    let next = copy.add_new_track(|id| track("hardstyle", id.0)).expect("it can be written");
    assert_eq!(next, TrackId(3));
    drop(copy);
    assert_eq!(open(&path).tracks().map(|tracks| tracks.len()), Ok(3));
    assert!(!folder.path().join("copy.partial").exists());
    let again = Store::import(&path, &settings(), 5, &mut bytes.as_slice());
    assert!(matches!(again, Err(ExportError::NotEmpty { .. })));
}

#[test]
fn what_is_cut_damaged_or_of_another_kind_is_refused() {
    let (folder, store) = filled();
    let (bytes, _) = exported(&store);
    let path = folder.path().join("copy");
    let refused = |bytes: &[u8]| match Store::import(&path, &settings(), 5, &mut &*bytes) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    };
    for cut in [0, 10, 20, bytes.len() / 2, bytes.len() - 1] {
        let error = refused(&bytes[..cut]);
        assert!(matches!(error, ExportError::Damaged { .. }), "{cut}: {error}");
    }
    for i in (20..bytes.len()).step_by(61) {
        let mut bad = bytes.clone();
        bad[i] ^= 4;
        let error = parse(&mut bad.as_slice()).err();
        assert!(matches!(error, Some(ExportError::Damaged { .. })), "{i}: {error:?}");
    }
    let mut other = bytes.clone();
    other[16] = 2;
    assert!(matches!(refused(&other), ExportError::Format { found: 2 }));
    assert!(matches!(refused(b"MThd, which begins a song"), ExportError::Other));
    assert!(matches!(refused(&[&bytes[..], b"\n"].concat()), ExportError::Damaged { .. }));
    assert!(!path.exists());
}

#[test]
fn a_whole_export_with_a_table_of_a_newer_release_is_not_called_damaged() {
    let (folder, store) = filled();
    let (mut bytes, _) = exported(&store);
    let (here, newer) = (Tree::TrackFiles.name().as_bytes(), b"track_filez");
    let at = bytes.windows(newer.len()).position(|name| name == here).expect("it is there");
    bytes[at..at + newer.len()].copy_from_slice(newer);
    let end = bytes.len() - blake3::OUT_LEN;
    let refused = |bytes: &[u8]| {
        let path = folder.path().join("copy");
        let error = Store::import(&path, &settings(), 5, &mut &*bytes).err();
        error.expect("it is not known").to_string()
    };
    assert!(refused(&bytes).contains("damaged"), "the hash is that of another");
    let hash = blake3::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(hash.as_bytes());
    let told = refused(&bytes);
    assert!(told.contains("track_filez") && told.contains("newer release"), "{told}");
}

#[test]
fn an_export_made_while_others_write_has_no_half_of_a_step() {
    let (_folder, store) = scratch();
    let writer = store.clone();
    let writing = std::thread::spawn(move || {
        for i in 0..100_u64 {
            let id = SongId::of(&i.to_be_bytes());
            writer.take_in(Some((id, song("hardstyle", "a"))), None).expect("taken in");
        }
    });
    while !writing.is_finished() {
        let values = parse(&mut exported(&store).0.as_slice()).expect("whole");
        let n = |tree| values.iter().filter(|value| value.tree == tree).count();
        assert_eq!(n(Tree::Songs), n(Tree::GenreSongs));
        assert_eq!(2 * n(Tree::Songs), n(Tree::Fingerprints));
    }
    writing.join().expect("it wrote");
}

#[test]
fn a_damaged_value_is_copied_and_counted() {
    let (folder, store) = filled();
    drop(store);
    let path = folder.path().join("store");
    let lock = engine::lock(&path).expect("free");
    let engine = Engine::open(&path, 16).expect("it opens");
    let key = (Tree::Songs, SongId::of(b"a").0.to_vec());
    engine.apply(&Writes::from([(key, Some(b"nothing".to_vec()))])).expect("written");
    engine.commit().expect("durable");
    engine.close();
    drop(lock);
    let (bytes, what) = exported(&open(&path));
    assert_eq!(what.n_damaged, 1);
    let copy = folder.path().join("copy");
    let copy = Store::import(&copy, &settings(), 5, &mut bytes.as_slice()).expect("made");
    assert_eq!(copy.verify().map(|(_, damaged)| damaged.len()), Ok(1));
}
