//! How does a wish become a track with its files?
//!
//! Candidates are sampled, one is chosen by what listeners liked, arranged, rendered and written;
//! only then is the track noted in the store. Nothing is posted here.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bot::arrange::{Instrument, Profile};
use bot::request::{Request, Style};
use composer::copying::Melodies;
use composer::sample;
use composer::version::{self, Manifest};
use music::key::Key;
use music::song::Song;
use music::tokens::Polyphony;
use network::Network;
use network::infer::Predictor;
use serde::Serialize;

use crate::context::{Context, now_ms};
use crate::control::answer::{Misused, NotNow};
use crate::cycle::label::{self, Known};
use crate::cycle::request::require_songs;
use crate::store::{Track, TrackId, TrackState};
use crate::track::choice::{Choice, Chosen, choose};
use crate::track::defaults::Usual;
use crate::track::primer::{Opened, Opening};
use crate::track::track_file::{self, Files};
use crate::votes::rating;

/// What is wished for; `None` leaves the choice to the genre's songs and the settings.
#[expect(clippy::struct_excessive_bools, reason = "each can be wished for by itself")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Wish {
    /// The genre.
    pub genre: String,
    /// One of the genre's artists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
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
    /// Begin with music that is there already.
    pub opening: Option<Opening>,
    /// Leave the audio out.
    pub no_audio: bool,
    /// Leave the picture out.
    pub no_picture: bool,
    /// Keep the sound without loss too.
    pub wav: bool,
    /// Keep the sound of each part by itself too.
    pub stems: bool,
    /// The most bytes that the audio for the chat may have.
    #[serde(skip)]
    pub max_audio_bytes: Option<usize>,
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
    /// The audio without loss.
    pub wav: Option<PathBuf>,
    /// The audio of each part, in the order of the MIDI file's tracks.
    pub stems: Vec<PathBuf>,
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
pub fn make(context: &Context, wish: &Wish) -> anyhow::Result<Made> {
    let genre = context.known_genre(&wish.genre)?;
    wish.out.as_deref().map_or(Ok(()), require_folder)?;
    context.store.check_space()?;
    let version = version(context, genre)?;
    let version_dir = context.home.version(genre, version);
    let (network, manifest) = version::load(&version_dir)?;
    let melodies = version::melodies(&version_dir)?;
    let wish = &understood(context, wish, &manifest)?;
    let order = order(context, wish)?;
    let settings = serde_json::to_string(wish)?;
    let began = Instant::now();
    let chosen = draw(context, wish, &order.request, &network, &manifest, &melodies)?;
    let Chosen { song, features, shared, candidates } = chosen;
    let sample_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let id = context.store.reserve_track()?;
    let seed = order.request.seed;
    let request = Request {
        style: order.style,
        instrument: order.instrument,
        audio: !wish.no_audio,
        picture: !wish.no_picture,
        wav: wish.wav,
        max_audio_bytes: wish.max_audio_bytes,
        profile: order.profile,
        ..Request::new(genre, version, seed, id.0)
    };
    let rendered = bot::render::render(&song, &request)?;
    let stem = request.stem();
    let folder = wish.out.clone().unwrap_or_else(|| track_file::folder(&context.home, genre));
    let mut files = Files::new(folder);
    let midi = files.write(&format!("{stem}.mid"), &rendered.midi)?;
    let mut file = |ending: &str, bytes: Option<Vec<u8>>| {
        bytes.map(|bytes| files.write(&format!("{stem}.{ending}"), &bytes)).transpose()
    };
    let audio = file("ogg", rendered.audio)?;
    let picture = file("png", rendered.picture)?;
    let wav = file("wav", rendered.wav)?;
    let mut stems = Vec::new();
    if wish.stems {
        bot::render::stems::<anyhow::Error>(&rendered.arrangement, &request, |part| {
            stems.push(files.write(&format!("{stem}-{}.wav", part.name), &part.wav)?);
            Ok(())
        })?;
    }
    files.also(track_file::keep(&context.home, genre, &stem, &song, &features)?);
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
        copied_notes: Some(shared.n_notes),
        state: TrackState::Rendered,
    };
    context.store.add_track(id, track.clone())?;
    files.keep();
    let render_seconds = began.elapsed().as_secs_f64();
    Ok(Made {
        id,
        track,
        title: request.title(),
        midi,
        audio,
        picture,
        wav,
        stems,
        sample_seconds,
        render_seconds,
    })
}

/// Refuses a place for files that is no folder and cannot become one.
fn require_folder(out: &Path) -> Result<(), Misused> {
    match out.ancestors().find(|place| place.exists()) {
        Some(place) if !place.is_dir() => Err(Misused(format!(
            "{} is a file: --out takes a folder, which is made if it is not there",
            place.display()
        ))),
        _ => Ok(()),
    }
}

/// The version of the genre that is played.
///
/// # Errors
/// [`NotNow`] with what is missing.
pub fn version(context: &Context, genre: &str) -> anyhow::Result<u32> {
    if let Some(promotion) = context.store.current_version(genre)? {
        return Ok(promotion.version);
    }
    require_songs(context, genre)?;
    let hint =
        format!("it is trained soon by a running daemon, or now by `kickback train {genre}`");
    Err(NotNow(format!("{genre} has songs enough but is not trained yet: {hint}")).into())
}

/// Samples and chooses.
fn draw(
    context: &Context,
    wish: &Wish,
    request: &sample::Request,
    network: &Network,
    manifest: &Manifest,
    melodies: &Melodies,
) -> anyhow::Result<Chosen> {
    let rated = if wish.plain { Vec::new() } else { rating::rated(context, &wish.genre)? };
    let taste = rating::taste(&manifest.usual, &rated);
    let n_candidates = if taste.is_neutral() { 1 } else { context.config.taste.candidates };
    let max_copied_notes = context.config.generate.max_copied_notes;
    let choice = Choice { n_candidates, taste: &taste, melodies, max_copied_notes };
    let condition = label::wished(&manifest.genres, &wish.genre, wish.artist.as_deref());
    let request = sample::Request { condition, ..request.clone() };
    choose(&Predictor::new(network)?, &request, &choice)
}

/// The wish with the artist by the name by which the version has learned them.
fn understood(context: &Context, wish: &Wish, manifest: &Manifest) -> anyhow::Result<Wish> {
    let (genre, version, needed) = (&wish.genre, manifest.version, label::MIN_SONGS);
    let Some(name) = &wish.artist else { return Ok(wish.clone()) };
    let what = match label::known(context, &manifest.genres, genre, name)? {
        Known::Learned(artist) => return Ok(Wish { artist: Some(artist), ..wish.clone() }),
        Known::NoSong => format!("{genre} v{version} knows no artist {name:?}"),
        Known::TooFew(n) => format!("{genre} has {n} of the {needed} songs by {name:?} it needs"),
        Known::Next => {
            format!("{genre} v{version} has not learned {name:?}, the next training does")
        }
        Known::NoRoom => format!(
            "{genre} v{version} has not learned {name:?}, and nor does the next training: a model \
             holds {} artists at most, of all genres together, and others came first",
            label::MAX_ARTISTS
        ),
    };
    let hint = match label::artists(&manifest.genres, genre).as_slice() {
        [] => format!("it learns one from {needed} songs on in inbox/{genre}/{name}/"),
        known => format!("known are {}", known.join(", ")),
    };
    Err(NotNow(format!("{what}: {hint}")).into())
}

/// The artist in whose manner a track was asked for.
pub fn artist_of(track: &Track) -> Option<String> {
    let wish: serde_json::Value = serde_json::from_str(&track.settings).ok()?;
    Some(wish.get("artist")?.as_str()?.to_owned())
}

fn order(context: &Context, wish: &Wish) -> anyhow::Result<Order> {
    let settings = &context.config.generate;
    let seed = wish.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let opened = wish.opening.as_ref().map(|opening| opening.find(context)).transpose()?;
    let whole = opened.as_ref().map(|opened| &opened.whole);
    let n_bars = wish.bars.unwrap_or_else(|| usual_bars(opened.as_ref(), settings.bars));
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
    let profile = context.config.genre.of(&wish.genre);
    let usual = Usual::of(context, &wish.genre, wish.artist.as_deref(), seed)?;
    Ok(Order {
        request: sample::Request {
            seed,
            n_bars,
            tempo_bpm: wish
                .tempo_bpm
                .or(whole.map(Song::tempo_bpm))
                .or(usual.tempo_bpm.map(|bpm| profile.felt_tempo(bpm)))
                .unwrap_or(profile.tempo_bpm),
            beats_per_bar: whole.map_or(4, Song::beats_per_bar),
            key: key.or(whole.map(Song::key)).or(usual.key).unwrap_or(Key::from_index(17)),
            notes_per_bar: whole.map(Song::notes_per_bar).or(usual.notes_per_bar).unwrap_or(10.0),
            polyphony: whole.map(Polyphony::of).or(usual.polyphony).unwrap_or(Polyphony::ANY),
            temperature,
            top_p: settings.top_p,
            condition: 0,
            opening: opened.map(|opened| opened.opening),
        },
        profile,
        style: style.unwrap_or_default(),
        instrument,
    })
}

/// A variation is as long as what it varies, and longer than what it keeps of it.
fn usual_bars(opened: Option<&Opened>, otherwise: u32) -> u32 {
    opened.map_or(otherwise, |opened| {
        let kept = opened.opening.n_bars();
        if kept < opened.whole.n_bars() { opened.whole.n_bars() } else { kept + otherwise }
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
