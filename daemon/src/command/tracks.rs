//! `tracks`: which tracks are there, and how are they liked?

use std::fmt;

use clap::Args;
use music::key::Key;
use music::notation;
use serde::{Deserialize, Serialize};

use super::listing::{genres, weights};
use crate::context::Context;
use crate::control::line::{Line, Out};
use crate::store::{Arm, Track, TrackId, TrackState, Weighted};
use crate::votes::rating::score_of;

/// Which tracks to list.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Tracks {
    /// Only this genre
    pub(crate) genre: Option<String>,
}

/// A track with what listeners think of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Its number.
    pub(crate) track: TrackId,
    genre: String,
    artist: Option<String>,
    /// Of the model that made it; `null` if it was made elsewhere, as is the seed.
    version: Option<u32>,
    seed: Option<u64>,
    stem: String,
    /// What its file was called, if it was made elsewhere.
    file: Option<String>,
    tempo_bpm: f64,
    key: Key,
    bars: u32,
    /// Listeners whose votes count, under both of its names.
    votes: usize,
    listeners: usize,
    /// −1 to 1.
    score: f64,
    /// In the last training; a song weighs 1 without ratings.
    pub(crate) weight: f32,
    /// Its side in the comparison of chosen with plain tracks.
    arm: Option<Arm>,
    /// The message that posted it.
    message: Option<u64>,
    created_ms: u64,
    #[serde(skip)]
    state: &'static str,
}

impl Tracks {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let mut n_tracks = 0;
        for genre in genres(context, self.genre.as_deref())? {
            let weights = weights(context, &genre)?;
            for (id, track) in context.store.tracks_of(&genre)? {
                let rated = score_of(&context.store.votes_of(id)?);
                let weight = weights.get(&Weighted::Track(id)).copied().unwrap_or(0.0);
                n_tracks += 1;
                out(Line::row(&Row::new(id, track, rated, weight)));
            }
        }
        if n_tracks == 0 {
            let genre = self.genre.as_deref().unwrap_or("GENRE");
            let hint = format!("`kickback generate {genre}` makes one");
            out(Line::Remark(format!("there is no track yet: {hint}")));
        }
        Ok(())
    }
}

impl Row {
    fn new(id: TrackId, track: Track, (score, listeners): (f64, usize), weight: f32) -> Self {
        let (message, state) = match track.state {
            TrackState::Rendered => (None, "not posted"),
            TrackState::Posting { .. } => (None, "being posted"),
            TrackState::Posted { message, .. } => (Some(message.0), "posted"),
        };
        let made_by = track.made_by();
        Self {
            track: id,
            artist: track.wish.artist,
            genre: track.genre,
            version: made_by.map(|(version, _)| version),
            seed: made_by.map(|(_, seed)| seed),
            stem: track.stem,
            file: track.file,
            tempo_bpm: track.tempo_bpm,
            key: Key::from_index(usize::from(track.key_index)),
            bars: track.n_bars,
            votes: listeners,
            listeners,
            score,
            weight,
            arm: track.arm,
            message,
            created_ms: track.created_at_ms,
            state,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, genre, score, listeners, weight, state, .. } = self;
        write!(f, "{track:>4}  ")?;
        match (&self.file, self.version) {
            (Some(file), _) => write!(f, "{genre}: {file}")?,
            (None, Some(version)) => write!(f, "{} v{version}", self.stem)?,
            (None, None) => f.write_str(&self.stem)?,
        }
        let state = if self.file.is_some() { "made elsewhere" } else { state };
        let key = notation::key(self.key);
        write!(f, "  {key}  score {score:+.2} of {listeners}  weight {weight:.2}  {state}")?;
        if self.arm == Some(Arm::Plain) {
            f.write_str("  plain (--plain makes it again)")?;
        }
        Ok(())
    }
}
