//! `library`: which songs are learned from?

use std::fmt;

use clap::Args;
use music::key::Key;
use music::notation;
use serde::{Deserialize, Serialize};

use super::listing::{genres, weights};
use crate::context::Context;
use crate::control::line::{Line, Out, shown};
use crate::store::{Music, Song, SongId, SongStatus, Weighted};

/// Which songs to list.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Library {
    /// Only this genre
    pub(crate) genre: Option<String>,
}

/// A song that is learned from.
#[derive(Debug, Serialize)]
struct Row {
    song: SongId,
    genre: String,
    file: String,
    path: String,
    notes: u32,
    bars: u32,
    tempo_bpm: f64,
    key: Key,
    tokens: u32,
    /// In the last training.
    weight: Option<f32>,
    added_ms: u64,
    /// Its path in the library, for people.
    #[serde(skip)]
    place: String,
}

impl Library {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let mut n_songs = 0;
        for genre in genres(context, self.genre.as_deref())? {
            let weights = weights(context, &genre)?;
            for (id, song) in context.store.songs_of(&genre)? {
                let is_learned = song.status == SongStatus::Accepted;
                let Some(music) = song.music.as_ref().filter(|_| is_learned) else { continue };
                let weight = weights.get(&Weighted::Song(id)).copied();
                n_songs += 1;
                out(Line::row(&Row::new(context, id, &song, music, weight)));
            }
        }
        let inbox = context.home.inbox().join(self.genre.as_deref().unwrap_or("<genre>"));
        out(Line::Remark(match n_songs {
            0 => format!("nothing is learned from yet: copy MIDI files to {}", inbox.display()),
            1 => "1 song".to_owned(),
            n => format!("{n} songs; `kickback remove` takes one out"),
        }));
        Ok(())
    }
}

impl Row {
    fn new(context: &Context, id: SongId, song: &Song, music: &Music, weight: Option<f32>) -> Self {
        Self {
            song: id,
            genre: song.genre.clone(),
            file: song.file_name.clone(),
            path: shown(&context.home.root().join(&song.path)),
            notes: music.n_notes,
            bars: music.n_bars,
            tempo_bpm: music.tempo_bpm,
            key: Key::from_index(usize::from(music.key_index)),
            tokens: music.n_tokens,
            weight,
            added_ms: song.added_at_ms,
            place: shown(song.path.strip_prefix("library").unwrap_or(&song.path)),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.song.to_string();
        let (bars, tempo, key) =
            (self.bars, notation::tempo(self.tempo_bpm), notation::key(self.key));
        write!(f, "{}  {bars:>3} bars  {tempo:>6} BPM  {key:<8}  ", &id[..8])?;
        match self.weight {
            Some(weight) => write!(f, "weight {weight:>8.2}")?,
            None => f.write_str("not trained yet")?,
        }
        write!(f, "  {}", self.place)
    }
}
