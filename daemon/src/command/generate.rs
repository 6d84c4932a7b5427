//! `generate`: how are tracks made to order?

use std::fmt;
use std::path::Path;

use clap::Args;
use music::key::Key;
use serde::{Deserialize, Serialize};

use super::listing::tidy;
use crate::cli::path::AbsolutePath;
use crate::context::Context;
use crate::control::answer::{Line, Out, shown};
use crate::store::TrackId;
use crate::track::primer::{Opening, Source};
use crate::track::publish::{self, Made, Wish};

/// Options of a generation.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Generate {
    /// The genre
    pub genre: String,
    /// In the manner of this artist: a folder within the genre's, with five songs or more
    #[arg(long, value_name = "NAME")]
    pub artist: Option<String>,
    /// How many tracks, up to 1000
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub count: u32,
    /// Decides everything random; the second track takes the next, and so on
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Length of the melody in bars, before arrangement
    #[arg(long, value_name = "N")]
    pub bars: Option<u32>,
    /// Quarter notes a minute
    #[arg(long, value_name = "BPM")]
    pub tempo: Option<f64>,
    /// Key, such as "F minor" or "F#m"
    #[arg(long, value_name = "K")]
    pub key: Option<String>,
    /// What plays the lead: a General MIDI name
    #[arg(long, value_name = "I")]
    pub instrument: Option<String>,
    /// full (with drums, bass and form) or lead (the melody's voices alone)
    #[arg(long, value_name = "A")]
    pub arrangement: Option<String>,
    /// Below 1 plays safer, above 1 wilder
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Make a variation of this track: begin with its first bars
    #[arg(long, value_name = "TRACK", conflicts_with = "primer")]
    pub vary: Option<u64>,
    /// Begin with the first bars of this MIDI file
    #[arg(long, value_name = "FILE")]
    pub primer: Option<AbsolutePath>,
    /// Bars of that track or file to begin with
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=255))]
    pub keep: u32,
    /// Where the files go [default: tracks/ in the home]
    #[arg(long, value_name = "DIR")]
    pub out: Option<AbsolutePath>,
    /// Leave the audio for the chat (.ogg) out
    #[arg(long)]
    pub no_audio: bool,
    /// Write the audio without loss too: a WAV file of 24 bits
    #[arg(long)]
    pub wav: bool,
    /// Write each part by itself too: WAV files of one length, before mastering and 12 dB quieter,
    /// that add up to the mix
    #[arg(long)]
    pub stems: bool,
    /// Leave the picture out
    #[arg(long)]
    pub no_picture: bool,
    /// Take the first sample instead of the candidate that listeners should like best
    #[arg(long)]
    pub plain: bool,
}

/// A track that was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its number.
    pub track: TrackId,
    genre: String,
    artist: Option<String>,
    version: u32,
    seed: u64,
    name: String,
    tempo_bpm: f64,
    key: String,
    bars: u32,
    /// The MIDI file.
    pub midi: String,
    audio: Option<String>,
    picture: Option<String>,
    wav: Option<String>,
    stems: Vec<String>,
    candidates: usize,
    copied_notes: Option<u32>,
    seconds: Seconds,
}

/// What took how long.
#[derive(Debug, Serialize, Deserialize)]
struct Seconds {
    sample: f64,
    render: f64,
}

impl Generate {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let source = self.vary.map(Source::Track);
        let source =
            source.or_else(|| self.primer.as_deref().map(|file| Source::File(file.to_owned())));
        let opening = source.map(|source| Opening { source, bars: self.keep });
        for idx in 0..u64::from(self.count.max(1)) {
            let wish = Wish {
                genre: self.genre.clone(),
                artist: self.artist.clone(),
                seed: self.seed.map(|seed| seed.wrapping_add(idx)),
                bars: self.bars,
                tempo_bpm: self.tempo,
                key: self.key.clone(),
                instrument: self.instrument.clone(),
                arrangement: self.arrangement.clone(),
                temperature: self.temperature,
                plain: self.plain,
                opening: opening.clone(),
                no_audio: self.no_audio,
                no_picture: self.no_picture,
                wav: self.wav,
                stems: self.stems,
                max_audio_bytes: None,
                out: self.out.as_deref().map(Path::to_owned),
            };
            out(Line::of(&Row::from(publish::make(context, &wish)?)));
        }
        Ok(())
    }
}

impl From<Made> for Row {
    fn from(made: Made) -> Self {
        let shown = |path: &std::path::PathBuf| shown(path);
        let track = made.track;
        Self {
            track: made.id,
            artist: publish::artist_of(&track),
            genre: track.genre,
            version: track.version,
            seed: track.seed,
            name: made.title,
            tempo_bpm: track.tempo_bpm,
            key: Key::from_index(usize::from(track.key_index)).to_string(),
            bars: track.n_bars,
            midi: shown(&made.midi),
            audio: made.audio.as_ref().map(shown),
            picture: made.picture.as_ref().map(shown),
            wav: made.wav.as_ref().map(shown),
            stems: made.stems.iter().map(shown).collect(),
            candidates: track.candidates.len(),
            copied_notes: track.copied_notes,
            seconds: Seconds { sample: made.sample_seconds, render: made.render_seconds },
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { track, name, genre, version, key, bars, seed, midi, .. } = self;
        write!(f, "track {track}: {name} — {genre} v{version}")?;
        if let Some(artist) = &self.artist {
            write!(f, " like {artist}")?;
        }
        let tempo = tidy(self.tempo_bpm);
        write!(f, ", {tempo} BPM, {key}, {bars} bars of melody, seed {seed}\n  {midi}")?;
        let others = self.audio.iter().chain(&self.picture).chain(&self.wav).chain(&self.stems);
        others.into_iter().try_for_each(|path| write!(f, "\n  {path}"))
    }
}
