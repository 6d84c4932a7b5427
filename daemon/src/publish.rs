//! How does a wish become a track with its files?
//!
//! Candidates are sampled, one is chosen by what listeners liked, arranged, rendered and written;
//! only then is the track noted in the store. Nothing is posted here.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use bot::arrange::{Instrument, Profile};
use bot::request::{Request, Style};
use model::checkpoint::{self, Manifest};
use model::key::Key;
use model::network::infer::Predictor;
use model::sample::{self, sample};
use model::settings::{OutOfRange, require};
use model::song::Song;
use model::taste::{Features, features};
use serde::{Deserialize, Serialize};

use crate::answer::{Misused, NotNow};
use crate::rating;
use crate::store::{Candidate, Track, TrackId, TrackState};
use crate::studio::{Studio, now_ms};
use crate::track_file;
use crate::training::require_songs;

/// How tracks are sampled unless a wish says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Length of the melody in bars, before arrangement. 1 to 256.
    pub bars: u32,
    /// Below 1 plays safer and repeats more, above 1 wilder; 0 always takes the likeliest. 0 to 3.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability are drawn from; lower is
    /// safer, 1 draws from all. Above 0, up to 1.
    pub top_p: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bars: 16, temperature: 0.85, top_p: 0.98 }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        require((1..=256).contains(&self.bars), "bars", self.bars, "a whole number from 1 to 256")?;
        let temperature = (0.0..=3.0).contains(&self.temperature);
        require(temperature, "temperature", self.temperature, "a number from 0 to 3")?;
        let top_p = self.top_p > 0.0 && self.top_p <= 1.0;
        require(top_p, "top_p", self.top_p, "a number above 0, up to 1")
    }
}

/// What is wished for; `None` leaves the choice to the genre's songs and the settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Wish {
    /// The genre.
    pub genre: String,
    /// Decides everything random.
    pub seed: Option<u64>,
    /// Length of the melody in bars.
    pub bars: Option<u32>,
    /// Quarter notes a minute.
    pub tempo_bpm: Option<f64>,
    /// The key, in words.
    pub key: Option<String>,
    /// The lead's instrument, by its General MIDI name.
    pub instrument: Option<String>,
    /// `full` or `lead`.
    pub arrangement: Option<String>,
    /// The sampling temperature.
    pub temperature: Option<f64>,
    /// Take the first sample, whatever listeners like.
    pub plain: bool,
    /// Leave the audio out.
    pub no_audio: bool,
    /// Leave the picture out.
    pub no_picture: bool,
    /// Where the files go; the home's tracks if not given.
    #[serde(skip)]
    pub out: Option<PathBuf>,
}

/// A finished track.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Its number.
    pub id: TrackId,
    /// What is known of it.
    pub track: Track,
    /// Its name in words.
    pub title: String,
    /// The MIDI file.
    pub midi: PathBuf,
    /// The audio file.
    pub audio: Option<PathBuf>,
    /// The picture.
    pub picture: Option<PathBuf>,
    /// Seconds that sampling took.
    pub sample_seconds: f64,
    /// Seconds that arranging, rendering and writing took.
    pub render_seconds: f64,
}

/// A wish with every choice made.
struct Order {
    request: sample::Request,
    profile: Profile,
    style: Style,
    instrument: Option<Instrument>,
}

/// Makes one track.
///
/// # Errors
/// [`NotNow`] for a genre without a version, [`Misused`] for a wish that cannot be, else what failed.
pub fn make(studio: &Studio, wish: &Wish) -> anyhow::Result<Made> {
    let genre = studio.known_genre(&wish.genre)?;
    studio.store.check_space()?;
    let version = version(studio, genre)?;
    let (network, manifest) = checkpoint::load(&studio.home.version(genre, version))?;
    let order = order(studio, wish)?;
    let settings = serde_json::to_string(wish)?;
    let began = Instant::now();
    let predictor = Predictor::new(&network)?;
    let (song, song_features, candidates) = choose(studio, wish, &order, &predictor, &manifest)?;
    let sample_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let id = studio.store.reserve_track()?;
    let seed = order.request.seed;
    let request = Request {
        style: order.style,
        instrument: order.instrument,
        tempo_bpm: None,
        audio: !wish.no_audio,
        picture: !wish.no_picture,
        profile: order.profile,
        ..Request::new(genre, version, seed, id.0)
    };
    let rendered = bot::render::render(&song, &request)?;
    let stem = request.stem();
    let folder = wish.out.clone().unwrap_or_else(|| track_file::folder(&studio.home, genre));
    let file = |ending: &str, bytes: Option<&[u8]>| {
        let path = folder.join(format!("{stem}.{ending}"));
        bytes.map(|bytes| track_file::write(&path, bytes).map(|()| path)).transpose()
    };
    let midi = file("mid", Some(&rendered.midi))?.context("a track has a MIDI file")?;
    let audio = file("ogg", rendered.audio.as_deref())?;
    let picture = file("png", rendered.picture.as_deref())?;
    track_file::keep(&studio.home, genre, &stem, &song, &song_features)?;
    let track = Track {
        genre: genre.to_owned(),
        version,
        seed,
        settings,
        stem,
        tempo_bpm: song.tempo_bpm(),
        key_index: song.key().index() as u8,
        n_bars: song.n_bars(),
        created_at_ms: now_ms(),
        candidates,
        state: TrackState::Rendered,
    };
    studio.store.add_reserved_track(id, track.clone())?;
    let render_seconds = began.elapsed().as_secs_f64();
    Ok(Made {
        id,
        track,
        title: request.title(),
        midi,
        audio,
        picture,
        sample_seconds,
        render_seconds,
    })
}

/// The version of the genre that is played.
///
/// # Errors
/// [`NotNow`] with what is missing.
pub fn version(studio: &Studio, genre: &str) -> anyhow::Result<u32> {
    if let Some(promotion) = studio.store.current_version(genre)? {
        return Ok(promotion.version);
    }
    require_songs(studio, genre)?;
    let hint =
        format!("it is trained soon by a running daemon, or now by `kickback train {genre}`");
    Err(NotNow(format!("{genre} has songs enough but is not trained yet: {hint}")).into())
}

/// Samples the candidates, each with a seed of its own, and takes the one with the highest reward.
fn choose(
    studio: &Studio,
    wish: &Wish,
    order: &Order,
    predictor: &Predictor,
    manifest: &Manifest,
) -> anyhow::Result<(Song, Features, Vec<Candidate>)> {
    let rated = if wish.plain { Vec::new() } else { rating::rated(studio, &wish.genre)? };
    let taste = rating::taste(&manifest.usual, &rated);
    let n_candidates = if taste.is_neutral() { 1 } else { studio.config.taste.candidates };
    let mut best: Option<(f64, Song, Features)> = None;
    let mut candidates = Vec::new();
    for idx in 0..n_candidates {
        let seed = candidate_seed(order.request.seed, idx);
        let song = sample(predictor, &sample::Request { seed, ..order.request.clone() })?;
        let song_features = features(&song);
        let reward = taste.reward(&song_features);
        candidates.push(Candidate { seed, score: reward as f32 });
        if best.as_ref().is_none_or(|(most, ..)| reward > *most) {
            best = Some((reward, song, song_features));
        }
    }
    let (_, song, song_features) = best.context("at least one candidate is drawn")?;
    Ok((song, song_features, candidates))
}

/// The first candidate has the seed itself, so that `--plain` gives it.
fn candidate_seed(seed: u64, idx: u32) -> u64 {
    seed ^ u64::from(idx).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn order(studio: &Studio, wish: &Wish) -> anyhow::Result<Order> {
    let settings = &studio.config.generate;
    let seed = wish.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let n_bars = wish.bars.unwrap_or(settings.bars);
    allowed((1..=256).contains(&n_bars), "bars", n_bars, "1 to 256")?;
    if let Some(tempo) = wish.tempo_bpm {
        allowed((40.0..=300.0).contains(&tempo), "tempo", tempo, "40 to 300 BPM")?;
    }
    let temperature = wish.temperature.unwrap_or(settings.temperature);
    allowed((0.0..=3.0).contains(&temperature), "temperature", temperature, "0 to 3")?;
    let misused = |e: String| anyhow::Error::from(Misused(e));
    let key = wish.key.as_deref().map(str::parse::<Key>).transpose().map_err(misused)?;
    let style = wish.arrangement.as_deref().map(str::parse).transpose().map_err(misused)?;
    let instrument = wish.instrument.as_deref().map(str::parse::<Instrument>).transpose();
    let instrument = instrument.map_err(|e| misused(e.to_string()))?;
    let profile = studio.config.genre.of(&wish.genre);
    let usual = Usual::of(studio, &wish.genre, seed)?;
    Ok(Order {
        request: sample::Request {
            seed,
            n_bars,
            tempo_bpm: wish.tempo_bpm.or(usual.tempo_bpm).unwrap_or(profile.tempo_bpm),
            beats_per_bar: 4,
            key: key.or(usual.key).unwrap_or(Key::from_index(17)),
            notes_per_bar: usual.notes_per_bar.unwrap_or(10.0),
            temperature,
            top_p: settings.top_p,
            opening: None,
        },
        profile,
        style: style.unwrap_or_default(),
        instrument,
    })
}

fn allowed(
    holds: bool,
    what: &str,
    value: impl std::fmt::Display,
    range: &str,
) -> anyhow::Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Misused(format!("{what} {value} is not possible: give {range}")).into())
    }
}

/// What the genre's songs suggest; nothing without songs.
struct Usual {
    tempo_bpm: Option<f64>,
    key: Option<Key>,
    notes_per_bar: Option<f64>,
}

impl Usual {
    /// The median tempo and density, and the key of a song picked by `seed`.
    fn of(studio: &Studio, genre: &str, seed: u64) -> anyhow::Result<Self> {
        let songs = studio.store.songs_of(genre)?;
        let accepted =
            songs.iter().filter(|(_, song)| song.status == crate::store::SongStatus::Accepted);
        let music: Vec<_> = accepted.filter_map(|(_, song)| song.music.as_ref()).collect();
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let picked = music.get(seed as usize % music.len().max(1));
        Ok(Self {
            tempo_bpm: median(music.iter().map(|m| m.tempo_bpm).collect()),
            key: picked.map(|m| Key::from_index(usize::from(m.key_index))),
            notes_per_bar: median(
                music.iter().map(|m| f64::from(m.n_notes) / f64::from(m.n_bars.max(1))).collect(),
            ),
        })
    }
}
