//! `generate`: how are tracks made to order?

use std::fmt;
use std::path::PathBuf;

use bot::wish::Wish;
use clap::Args;
use music::key::Key;
use music::notation;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::line::{Line, Out, shown};
use crate::store::TrackId;
use crate::track::arm::Audience;
use crate::track::make::{self, Made};
use crate::track::output::Output;

/// Options of a generation.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Generate {
    /// What is asked for.
    #[command(flatten)]
    pub(crate) wish: Wish,
    /// How many tracks, up to 1000
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = n_tracks)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) count: u32,
    /// How they are written.
    #[command(flatten)]
    pub(crate) output: Output,
}

/// A track that was made.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// Its number.
    pub(crate) track: TrackId,
    genre: String,
    artist: Option<String>,
    version: u32,
    seed: u64,
    name: String,
    tempo_bpm: f64,
    key: Key,
    bars: u32,
    /// The MIDI file.
    pub(crate) midi: String,
    audio: Option<String>,
    picture: Option<String>,
    wav: Option<String>,
    stems: Vec<String>,
    candidates: usize,
    copied_notes: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not_reached: Vec<String>,
    seconds: Seconds,
}

/// What took how long.
#[derive(Debug, Serialize, Deserialize)]
struct Seconds {
    sample: f64,
    render: f64,
}

fn n_tracks(text: &str) -> Result<u32, &'static str> {
    let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or("give a whole number from 1 to 1000")
}

impl Generate {
    /// Makes the tracks; each takes the seed after that of the one before it.
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let Self { wish, count, output } = self;
        for idx in 0..u64::from((*count).max(1)) {
            let seed = wish.seed.map(|seed| seed.wrapping_add(idx));
            let wish = Wish { seed, ..wish.clone() };
            let made = make::make(context, &wish, output, Audience::Person)?;
            out(Line::row(&Row::from(made)));
        }
        Ok(())
    }
}

impl From<Made> for Row {
    fn from(made: Made) -> Self {
        let shown = |path: &PathBuf| shown(path);
        let (track, paths) = (made.track, made.paths);
        Self {
            track: made.id,
            artist: track.wish.artist,
            genre: track.genre,
            version: track.version,
            seed: track.seed,
            name: made.title,
            tempo_bpm: track.tempo_bpm,
            key: Key::from_index(usize::from(track.key_index)),
            bars: track.n_bars,
            midi: shown(&paths.midi),
            audio: paths.audio.as_ref().map(shown),
            picture: paths.picture.as_ref().map(shown),
            wav: paths.wav.as_ref().map(shown),
            stems: paths.stems.iter().map(shown).collect(),
            candidates: track.n_candidates.map_or(track.candidates.len(), |n| n as usize),
            copied_notes: track.copied_notes,
            not_reached: track.not_reached,
            seconds: Seconds { sample: made.sample_seconds, render: made.render_seconds },
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, name, genre, version, bars, seed, midi, .. } = self;
        write!(f, "track {track}: {name} — {genre} v{version}")?;
        if let Some(artist) = &self.artist {
            write!(f, " like {artist}")?;
        }
        let (tempo, key) = (notation::tempo(self.tempo_bpm), notation::key(self.key));
        write!(f, ", {tempo} BPM, {key}, {bars} bars of melody, seed {seed}")?;
        self.not_reached.iter().try_for_each(|missed| write!(f, "\n  {missed}"))?;
        write!(f, "\n  {midi}")?;
        let others = self.audio.iter().chain(&self.picture).chain(&self.wav).chain(&self.stems);
        others.into_iter().try_for_each(|path| write!(f, "\n  {path}"))
    }
}
