//! Which songs does a track take after?
//!
//! Each candidate for a track takes the key, the density and how the notes lie from one song of the genre,
//! so that tracks vary as the songs do; and where listeners have voted, the more often from songs that they
//! should like.

use std::sync::Arc;

use rand::Rng;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;

use super::pattern::Pattern;
use crate::context::Context;
use crate::cycle::{label, material};
use crate::store::{Music, SongId, SongStatus};

/// The songs of a genre, or of an artist in it.
pub(crate) struct Patterns {
    songs: Vec<(SongId, Music)>,
}

impl Patterns {
    /// Those that are accepted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(context: &Context, genre: &str, artist: Option<&str>) -> anyhow::Result<Self> {
        let songs = context.store.songs_of(genre)?.into_iter().filter(|(_, song)| {
            let is_theirs = artist.is_none() || label::artist_at(&song.path).as_deref() == artist;
            song.status == SongStatus::Accepted && is_theirs
        });
        Ok(Self { songs: songs.filter_map(|(id, song)| Some((id, song.music?))).collect() })
    }

    /// The median tempo, in quarter notes a minute.
    pub(crate) fn tempo_bpm(&self) -> Option<f64> {
        let mut tempos: Vec<f64> = self.songs.iter().map(|(_, music)| music.tempo_bpm).collect();
        tempos.sort_by(f64::total_cmp);
        tempos.get(tempos.len() / 2).copied()
    }

    /// That of the song which `seed` picks; `None` without songs, or if its file cannot be read.
    pub(crate) fn picked(&self, context: &Context, seed: u64) -> Option<Arc<Pattern>> {
        let (id, _) = self.songs.get(seed as usize % self.songs.len().max(1))?;
        read(context, *id)
    }

    /// All that can be read.
    pub(crate) fn all(&self, context: &Context) -> Vec<Arc<Pattern>> {
        self.by_song(context).into_iter().map(|(_, pattern)| pattern).collect()
    }

    /// All that can be read, each with the song that it is of.
    pub(crate) fn by_song(&self, context: &Context) -> Vec<(SongId, Arc<Pattern>)> {
        self.songs.iter().filter_map(|(id, _)| Some((*id, read(context, *id)?))).collect()
    }
}

/// One of the patterns by their weights; `None` without any, or if none weighs anything.
pub(crate) fn drawn(
    patterns: &[Arc<Pattern>],
    weights: &[f64],
    rng: &mut impl Rng,
) -> Option<Arc<Pattern>> {
    let index = WeightedIndex::new(weights).ok()?;
    patterns.get(index.sample(rng)).cloned()
}

/// That of a song. A file that cannot be read is no reason to play nothing.
fn read(context: &Context, id: SongId) -> Option<Arc<Pattern>> {
    let measure = || match material::music(context, id) {
        Ok(Some(song)) => Ok(Pattern::of(&song)),
        Ok(None) => Err(None),
        Err(error) => Err(Some(error)),
    };
    match context.measured.pattern(id, measure) {
        Ok(pattern) => Some(pattern),
        Err(None) => None,
        Err(Some(error)) => {
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
    use crate::store::Song;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn keep(context: &Context, file_name: &str, bytes: &[u8]) -> Pattern {
        let id = SongId::of(bytes);
        std::fs::write(context.home.songs().join(format!("{id}.mid")), bytes).expect("written");
        let music = Music {
            fingerprints: Vec::new(),
            n_notes: 80,
            n_bars: 8,
            tempo_bpm: 150.0,
            key_index: 0,
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
        Pattern::of(&examined.song.expect("music"))
    }

    #[test]
    fn every_song_is_picked_by_some_seed_and_known_once_it_was_read() {
        let (_folder, context) = context();
        let patterns = |context| Patterns::of(context, "hardstyle", None).expect("read");
        assert!(patterns(&context).picked(&context, 0).is_none());
        let known: Vec<Pattern> =
            SONGS.iter().map(|(name, bytes)| keep(&context, name, bytes)).collect();
        let patterns = patterns(&context);
        assert_eq!(patterns.tempo_bpm(), Some(150.0));
        let picked: Vec<_> = (0..24).filter_map(|seed| patterns.picked(&context, seed)).collect();
        for pattern in &known {
            assert!(picked.iter().any(|picked| **picked == *pattern));
        }
        std::fs::remove_dir_all(context.home.songs()).expect("removed");
        assert_eq!(patterns.all(&context).len(), known.len());
        let fresh = Context { measured: crate::measured::Measured::default(), ..context };
        assert!(patterns.picked(&fresh, 3).is_none());
    }

    #[test]
    fn patterns_are_drawn_in_proportion_to_their_weights() {
        let (_folder, context) = context();
        let patterns: Vec<_> =
            SONGS[..2].iter().map(|(name, bytes)| Arc::new(keep(&context, name, bytes))).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut n_first = 0;
        for _ in 0..400 {
            let pattern = drawn(&patterns, &[3.0, 1.0], &mut rng).expect("one of them");
            n_first += usize::from(Arc::ptr_eq(&pattern, &patterns[0]));
        }
        assert!((270..330).contains(&n_first), "{n_first} of 400");
        assert!(drawn(&[], &[], &mut rng).is_none());
    }
}
