//! What do the store's tests keep in it? Tests only.

use std::path::Path;

use bot::wish::{Temperature, Wish};

use super::*;

impl Store {
    /// Notes the track that `make` makes of the next number under it.
    pub(crate) fn add_new_track(
        &self,
        make: impl FnOnce(TrackId) -> Track,
    ) -> Result<TrackId, Error> {
        let id = self.reserve_track()?;
        self.add_track(id, make(id)).map(|()| id)
    }

    /// Lets it be one that an earlier release left.
    pub(crate) fn age(&self, schema: u32) {
        let meta = handle::Meta { schema, created_at_ms: 1 };
        let aged = self.write(move |txn| txn.put(codec::Tree::Meta, b"schema".to_vec(), &meta));
        aged.expect("written");
    }

    /// Lets every read fail until the next write.
    pub(crate) fn fail(&self) {
        self.inner.shared.fail("a test");
    }
}

pub(super) fn scratch() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder.path().join("store"));
    (folder, store)
}

pub(super) fn open(folder: &Path) -> Store {
    let settings = Settings { free_space_reserve_mb: 0, cache_mb: 16 };
    Store::open(folder, &settings, 1).expect("it opens")
}

pub(super) fn song(genre: &str, name: &str) -> Song {
    Song {
        genre: genre.to_owned(),
        file_name: format!("{name}.mid"),
        path: format!("library/{genre}/{name}.mid").into(),
        status: SongStatus::Accepted,
        added_at_ms: 1_700_000_000_000,
        music: Some(Music {
            fingerprints: vec![format!("melody-{name}"), "common".to_owned()],
            n_notes: 300,
            n_bars: 32,
            tempo_bpm: 150.5,
            key_index: 21,
            n_tokens: 1200,
        }),
    }
}

pub(super) fn track(genre: &str, seed: u64) -> Track {
    Track {
        genre: genre.to_owned(),
        version: 3,
        seed,
        file: None,
        wish: Wish { temperature: Temperature::new(0.85).ok(), ..Wish::any(genre) },
        stem: format!("{genre}-{seed}"),
        tempo_bpm: 150.0,
        key_index: 12,
        n_bars: 32,
        created_at_ms: 5,
        n_candidates: Some(64),
        posterior: Some("0123456789abcdef".to_owned()),
        arm: Some(Arm::Chosen),
        candidates: vec![Candidate { seed, score: 0.5 }, Candidate { seed: 9, score: -0.25 }],
        boldness: Some(taste::Boldness::Wilder),
        copied_notes: Some(7),
        not_reached: vec!["asked for 32 notes a bar; it came to 27".to_owned()],
        asker: None,
        gone_at_ms: None,
        read_at_ms: None,
        state: TrackState::Rendered,
    }
}

pub(super) fn vote(listener: &str, emoji: &str, at_ms: u64) -> Vote {
    let (listener, emoji) = (listener.to_owned(), emoji.to_owned());
    Vote { listener, emoji, value: 1.0, weight: 1.0, at_ms, removed_at_ms: None }
}
