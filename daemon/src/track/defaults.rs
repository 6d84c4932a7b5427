//! What do a genre's songs suggest for a track that is not told how to be?

use composer::conditions::{in_scale, register, relative_register};
use music::dynamic::Dynamic;
use music::key::Key;
use music::song::Song;
use music::tokens::Polyphony;

use crate::context::Context;
use crate::cycle::label;
use crate::cycle::material;
use crate::store::{SongId, SongStatus};

/// What the songs suggest; nothing without songs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Defaults {
    /// Quarter notes a minute.
    pub(crate) tempo_bpm: Option<f64>,
    /// The key.
    pub(crate) key: Option<Key>,
    /// Density.
    pub(crate) notes_per_bar: Option<f64>,
    /// How the notes lie.
    pub(crate) texture: Option<Texture>,
}

/// How the notes of a song lie, all of it measured at once: the store may hold a key that an earlier release
/// heard, to which the scale and the register would not belong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Texture {
    /// The key.
    pub(crate) key: Key,
    /// How many sound at once, at most.
    pub(crate) polyphony: Polyphony,
    /// The share in the scale of the key, 0 to 1.
    pub(crate) in_scale: f64,
    /// The mean pitch of the lead, relative to the key.
    pub(crate) register: Option<f64>,
    /// How loud each voice usually is.
    pub(crate) dynamics: [Dynamic; 3],
}

impl Texture {
    /// That of a song.
    pub(crate) fn of(song: &Song) -> Self {
        Self {
            key: song.key(),
            polyphony: Polyphony::of(song),
            in_scale: in_scale(song, song.key()),
            register: register(song).map(|pitch| relative_register(pitch, song.key())),
            dynamics: song.dynamics(),
        }
    }
}

impl Defaults {
    /// The median tempo; of a song picked by `seed` the key, the density and how the notes lie, so
    /// that tracks vary as the songs do.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(
        context: &Context,
        genre: &str,
        artist: Option<&str>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let songs = context.store.songs_of(genre)?;
        let accepted = songs.iter().filter(|(_, song)| {
            let is_theirs = artist.is_none() || label::artist_at(&song.path).as_deref() == artist;
            song.status == SongStatus::Accepted && is_theirs
        });
        let music: Vec<_> =
            accepted.filter_map(|(id, song)| Some((*id, song.music.as_ref()?))).collect();
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let picked = music.get(seed as usize % music.len().max(1));
        let texture = picked.and_then(|(id, _)| texture(context, *id));
        let noted_key = picked.map(|(_, m)| Key::from_index(usize::from(m.key_index)));
        Ok(Self {
            tempo_bpm: median(music.iter().map(|(_, m)| m.tempo_bpm).collect()),
            key: texture.map(|own| own.key).or(noted_key),
            notes_per_bar: picked.map(|(_, m)| f64::from(m.n_notes) / f64::from(m.n_bars.max(1))),
            texture,
        })
    }
}

/// That of a song. A file that cannot be read is no reason to play nothing.
fn texture(context: &Context, id: SongId) -> Option<Texture> {
    match material::music(context, id) {
        Ok(song) => song.as_ref().map(Texture::of),
        Err(error) => {
            tracing::warn!(%id, error = format!("{error:#}"), "a song cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::context;
    use crate::demo::starter::SONGS;
    use crate::store::{Music, Song};

    fn keep(context: &Context, file_name: &str, bytes: &[u8], key_index: u8) -> Texture {
        let id = SongId::of(bytes);
        std::fs::write(context.home.songs().join(format!("{id}.mid")), bytes).expect("written");
        let music = Music {
            fingerprints: Vec::new(),
            n_notes: 80,
            n_bars: 8,
            tempo_bpm: 150.0,
            key_index,
            n_tokens: 200,
        };
        let song = Song {
            genre: "hardstyle".to_owned(),
            file_name: file_name.to_owned(),
            path: "library/hardstyle".into(),
            status: SongStatus::Accepted,
            added_at_ms: 0,
            music: Some(music),
        };
        context.store.take_in(Some((id, song)), None).expect("taken in");
        let examined = watch::examine::examine(bytes, &context.config.intake);
        Texture::of(&examined.song.expect("music"))
    }

    #[test]
    fn key_density_and_texture_are_those_of_the_picked_song() {
        let (_folder, context) = context();
        let defaults = |seed| Defaults::of(&context, "hardstyle", None, seed).expect("read");
        assert_eq!((defaults(0).key, defaults(0).texture), (None, None));
        let known: Vec<Texture> = (0u8..)
            .zip(SONGS)
            .map(|(key_index, (name, bytes))| keep(&context, name, bytes, key_index))
            .collect();
        assert!(known.iter().any(|texture| *texture != known[0]), "all are alike");
        let picked: Vec<Defaults> = (0..24).map(defaults).collect();
        for texture in &known {
            let defaults = picked.iter().find(|defaults| defaults.texture == Some(*texture));
            let defaults = defaults.expect("each song is picked by some seed");
            assert_eq!((defaults.notes_per_bar, defaults.key), (Some(10.0), Some(texture.key)));
        }
        // Without its file the rest is still known, the key as it was noted.
        std::fs::remove_dir_all(context.home.songs()).expect("removed");
        let noted = defaults(3).key;
        assert!(noted.is_some_and(|key| key.index() < SONGS.len()));
        assert_eq!(defaults(3), Defaults { texture: None, key: noted, ..picked[3] });
    }
}
