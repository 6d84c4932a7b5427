//! How does a wish become a track with its files?
//!
//! The wish becomes an order; candidates are sampled, one is chosen by what listeners liked,
//! arranged, rendered and written; only then is the track noted in the store. Nothing is posted here.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bot::render_spec::RenderSpec;
use bot::wish::Wish;
use composer::memorisation::Melodies;
use composer::sample::SongSpec;
use composer::version;
use network::Network;
use network::infer::Predictor;
use taste::Boldness;

use super::arm::{Audience, arm_of};
use super::candidates::{ChosenSong, Criteria, choose};
use super::listeners_taste::Taste;
use super::order::Order;
use super::output::Output;
use super::shortfall;
use super::track_file::{self, Files};
use crate::context::{Context, now_ms};
use crate::control::failure::NotNow;
use crate::cycle::training_request::require_songs;
use crate::store::{self, Arm, Track, TrackId, TrackState};

/// A finished track.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Made {
    /// Its number.
    pub(crate) id: TrackId,
    /// What is known of it.
    pub(crate) track: Track,
    /// Its name in words.
    pub(crate) title: String,
    /// Where its files are.
    pub(crate) paths: Paths,
    /// Seconds that sampling took.
    pub(crate) sample_seconds: f64,
    /// Seconds that arranging, rendering and writing took.
    pub(crate) render_seconds: f64,
}

/// Where the files of a track are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paths {
    /// The MIDI file.
    pub(crate) midi: PathBuf,
    /// The audio file.
    pub(crate) audio: Option<PathBuf>,
    /// The picture.
    pub(crate) picture: Option<PathBuf>,
    /// The audio without loss.
    pub(crate) wav: Option<PathBuf>,
    /// The audio of each part, in the order of the MIDI file's tracks.
    pub(crate) stems: Vec<PathBuf>,
}

/// Notes a track, as the answer to a question where it is one.
fn note(
    context: &Context,
    audience: Audience,
    id: TrackId,
    track: Track,
) -> Result<(), store::Error> {
    match audience {
        Audience::Listeners(job) => context.store.add_track_of_job(job, id, track),
        Audience::Person => context.store.add_track(id, track),
    }
}

/// Makes one track.
///
/// # Errors
/// [`NotNow`] for a genre without a version,
/// [`Misused`](crate::control::failure::Misused) for a wish that cannot be, else what failed.
pub(crate) fn make(
    context: &Context,
    wish: &Wish,
    output: &Output,
    audience: Audience,
) -> anyhow::Result<Made> {
    let genre = context.known_genre(&wish.genre)?;
    output.check()?;
    context.store.check_space()?;
    let version = version(context, genre)?;
    let version_dir = context.home.version(genre, version);
    let (network, manifest) = version::load(&version_dir)?;
    let melodies = version::melodies(&version_dir)?;
    let mut order = Order::of(context, wish, &manifest)?;
    let began = Instant::now();
    let taste = if order.wish.plain { None } else { Taste::of(context, &order, &manifest)? };
    let arm = match (&taste, audience) {
        (Some(_), Audience::Listeners(_)) => Some(arm_of(context, genre, order.sampling.seed)?),
        _ => None,
    };
    // What the same track can be asked for with again.
    order.wish.plain |= arm == Some(Arm::Plain);
    let taste = taste.filter(|_| !order.wish.plain);
    let chosen = draw(context, &order, &network, taste.as_ref(), &melodies)?;
    let sample_seconds = began.elapsed().as_secs_f64();
    let boldness = boldness(&order, taste.as_ref(), &chosen.spec);
    let not_reached = shortfall::not_reached(context, genre, &chosen.spec, &chosen.song)?;
    let began = Instant::now();
    let id = context.store.reserve_track()?;
    let spec = rendering(&order, output, version, id);
    let (paths, files) = write(context, &chosen, &spec, output)?;
    let track = Track {
        genre: genre.to_owned(),
        version,
        seed: order.sampling.seed,
        file: None,
        wish: order.wish,
        stem: spec.stem(),
        tempo_bpm: chosen.song.tempo_bpm(),
        key_index: chosen.song.key().index() as u8,
        n_bars: chosen.song.n_bars(),
        created_at_ms: now_ms(),
        n_candidates: Some(chosen.n_candidates),
        candidates: chosen.candidates,
        posterior: chosen.posterior,
        arm,
        boldness,
        copied_notes: Some(chosen.shared.n_notes),
        not_reached,
        asker: None,
        gone_at_ms: None,
        read_at_ms: None,
        state: TrackState::Rendered,
    };
    note(context, audience, id, track.clone())?;
    files.keep();
    let render_seconds = began.elapsed().as_secs_f64();
    Ok(Made { id, track, title: spec.title(), paths, sample_seconds, render_seconds })
}

/// Samples and chooses.
fn draw(
    context: &Context,
    order: &Order,
    network: &Network,
    taste: Option<&Taste>,
    melodies: &Melodies,
) -> anyhow::Result<ChosenSong> {
    let max_copied_notes = context.config.generate.max_copied_notes;
    let n_candidates = taste.map_or(1, |taste| taste.n_candidates);
    let criteria = Criteria { n_candidates, taste, melodies, max_copied_notes };
    let spec_of = |idx| {
        let pattern = taste.and_then(|taste| taste.pattern(idx));
        let spec = pattern.map_or_else(|| order.sampling.clone(), |own| order.like(&own));
        let factor = taste.and_then(|taste| taste.boldness(idx)).map_or(1.0, Boldness::factor);
        SongSpec { temperature: spec.temperature * factor, ..spec }
    };
    choose(&Predictor::new(network)?, order.sampling.seed, spec_of, &criteria)
}

/// How boldly a song was drawn, where the taste chose that.
fn boldness(order: &Order, taste: Option<&Taste>, drawn: &SongSpec) -> Option<Boldness> {
    taste.filter(|taste| taste.chooses_boldness())?;
    let temperature = |own: &Boldness| order.sampling.temperature * own.factor();
    let is_drawn = |own: &Boldness| temperature(own).to_bits() == drawn.temperature.to_bits();
    let boldness = Boldness::ALL.into_iter().find(is_drawn);
    debug_assert!(boldness.is_some(), "nothing else changes the temperature of a candidate");
    boldness
}

/// What is asked of the rendering.
fn rendering(order: &Order, output: &Output, version: u32, id: TrackId) -> RenderSpec {
    RenderSpec {
        arrangement: order.arrangement,
        instrument: order.instrument,
        audio: !output.no_audio,
        picture: !output.no_picture,
        wav: output.wav,
        max_audio_bytes: output.max_audio_bytes,
        profile: order.profile.clone(),
        ..RenderSpec::new(&order.wish.genre, version, order.sampling.seed, id.0)
    }
}

/// Renders the chosen song and writes its files, which stay only if they are kept.
fn write(
    context: &Context,
    chosen: &ChosenSong,
    spec: &RenderSpec,
    output: &Output,
) -> anyhow::Result<(Paths, Files)> {
    let (genre, stem) = (&spec.genre, spec.stem());
    let rendered = bot::render::render(&chosen.song, spec)?;
    let folder = output.out.as_deref().map(Path::to_owned);
    let mut files = Files::new(folder.unwrap_or_else(|| track_file::folder(&context.home, genre)));
    let midi = files.write(&format!("{stem}.mid"), &rendered.midi)?;
    let mut file = |ending: &str, bytes: Option<Vec<u8>>| {
        bytes.map(|bytes| files.write(&format!("{stem}.{ending}"), &bytes)).transpose()
    };
    let audio = file("ogg", rendered.audio)?;
    let picture = file("png", rendered.picture)?;
    let wav = file("wav", rendered.wav)?;
    let mut stems = Vec::new();
    if output.stems {
        bot::render::stems::<anyhow::Error>(&rendered.arrangement, spec, |part| {
            stems.push(files.write(&format!("{stem}-{}.wav", part.name), &part.wav)?);
            Ok(())
        })?;
    }
    files.also(track_file::keep(&context.home, genre, &stem, &chosen.song)?);
    Ok((Paths { midi, audio, picture, wav, stems }, files))
}

/// The version of the genre that is played.
///
/// # Errors
/// [`NotNow`] with what is missing.
pub(crate) fn version(context: &Context, genre: &str) -> anyhow::Result<u32> {
    if let Some(promotion) = context.store.current_version(genre)? {
        return Ok(promotion.version);
    }
    require_songs(context, genre)?;
    let hint = format!("a running daemon sees to it by itself, or run `kickback train {genre}`");
    Err(NotNow(format!("{genre} has enough songs and plays after its first training: {hint}"))
        .into())
}
