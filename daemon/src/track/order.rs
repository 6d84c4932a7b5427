//! What exactly is made for a wish?
//!
//! A wish leaves most things open; here they are decided, once: by the wish itself, else by the music
//! it begins with, else by the genre's songs, else by the settings. Sampling and rendering take the
//! [`Order`] and decide nothing more.

use bot::arrange::Profile;
use bot::arrangement_kind::ArrangementKind;
use bot::instrument::Instrument;
use bot::wish::{Bars, Bpm, NotesPerBar, Register, Temperature, Wish};
use composer::conditions::absolute_register;
use composer::sample;
use composer::version::Manifest;
use music::dynamic::Dynamic;
use music::key::Key;
use music::song::Song;
use music::tokens::Polyphony;

use super::pattern::Pattern;
use super::patterns::Patterns;
use super::primer::{self, Found};
use crate::context::Context;
use crate::control::failure::{Misused, NotNow};
use crate::cycle::label::{self, ArtistStatus};

/// The key of a genre without songs: F minor.
const KEY: usize = 17;
/// The density of a genre without songs, in notes a bar.
const NOTES_PER_BAR: f64 = 10.0;

/// The least share of the notes in the scale of a key that was asked for.
const IN_SCALE_ASKED: f64 = 0.95;

/// A wish with everything decided.
pub(crate) struct Order {
    /// The wish, with the artist by the name under which the version has learned them: what the same
    /// track can be asked for with again.
    pub(crate) wish: Wish,
    /// What is sampled, taking after the song that the seed picks.
    pub(crate) sampling: sample::SongSpec,
    /// The songs of the genre, or of the artist.
    pub(crate) patterns: Patterns,
    /// Everything around the song, or the song alone.
    pub(crate) arrangement: ArrangementKind,
    /// What the lead is played on; the profile's instrument when `None`.
    pub(crate) instrument: Option<Instrument>,
    /// How the genre is arranged and sounds.
    pub(crate) profile: Profile,
}

impl Order {
    /// Decides what `wish` leaves open, for a track by the version with this manifest.
    ///
    /// # Errors
    /// [`NotNow`] for an artist whom the version has not learned, [`Misused`] for a wish that cannot
    /// be; or when the store cannot be read.
    pub(crate) fn of(context: &Context, wish: &Wish, manifest: &Manifest) -> anyhow::Result<Self> {
        let settings = &context.config.generate;
        let artist = wish.artist.as_deref();
        let artist =
            artist.map(|name| learned(context, &wish.genre, name, manifest)).transpose()?;
        let seed = wish.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
        let primer =
            wish.primer.as_ref().map(|primer| primer::find(context, primer)).transpose()?;
        let whole = primer.as_ref().map(|found| &found.whole);
        let bars = wish.bars.map_or_else(|| bars(primer.as_ref(), settings.bars), Ok)?;
        let profile = context.config.genre.of(&wish.genre);
        let patterns = Patterns::of(context, &wish.genre, artist.as_deref())?;
        let bare = sample::SongSpec {
            seed,
            n_bars: bars.get(),
            tempo_bpm: (wish.tempo.map(Bpm::get))
                .or(whole.map(Song::tempo_bpm))
                .or(patterns.tempo_bpm().map(|bpm| profile.felt_tempo(bpm)))
                .unwrap_or(profile.tempo_bpm),
            beats_per_bar: whole.map_or(4, Song::beats_per_bar),
            key: wish.key.unwrap_or_else(|| Key::from_index(KEY)),
            notes_per_bar: wish.density.map_or(NOTES_PER_BAR, NotesPerBar::get),
            in_scale: 1.0,
            register: wish.register.map(Register::get),
            asked: sample::Asked {
                key: wish.key.is_some(),
                density: wish.density.is_some(),
                register: wish.register.is_some(),
                polyphony: wish.polyphony.is_some(),
            },
            polyphony: polyphony(wish, None),
            dynamics: [Dynamic::USUAL; 3],
            temperature: wish.temperature.map_or(settings.temperature, Temperature::get),
            top_p: settings.top_p,
            label: label::label_of(&manifest.genres, &wish.genre, artist.as_deref()),
            primer: primer.as_ref().map(|found| found.primer.clone()),
        };
        let pattern = match whole {
            Some(whole) => Some(Pattern::of(whole).into()),
            None => patterns.picked(context, seed),
        };
        let sampling = pattern.map_or_else(|| bare.clone(), |own| like(&own, bare.clone(), wish));
        let wish = Wish { artist, ..wish.clone() };
        let (arrangement, instrument) = (wish.arrangement.unwrap_or_default(), wish.instrument);
        Ok(Self { wish, sampling, patterns, arrangement, instrument, profile })
    }
}

impl Order {
    /// What is sampled for a candidate that takes after another song; the same where a primer says what the
    /// track takes after.
    pub(crate) fn like(&self, pattern: &Pattern) -> sample::SongSpec {
        match self.sampling.primer {
            Some(_) => self.sampling.clone(),
            None => like(pattern, self.sampling.clone(), &self.wish),
        }
    }
}

/// What takes after a pattern in all that is not asked for.
fn like(pattern: &Pattern, spec: sample::SongSpec, wish: &Wish) -> sample::SongSpec {
    let key = wish.key.unwrap_or(pattern.key);
    let least_in_scale = if wish.key.is_some() { IN_SCALE_ASKED } else { 0.0 };
    let register = pattern.register.map(|relative| absolute_register(relative, key));
    sample::SongSpec {
        key,
        notes_per_bar: wish.density.map_or(pattern.notes_per_bar, NotesPerBar::get),
        in_scale: pattern.in_scale.max(least_in_scale),
        register: wish.register.map(Register::get).or(register),
        polyphony: polyphony(wish, Some(pattern)),
        dynamics: pattern.dynamics,
        ..spec
    }
}

/// As many notes at once as were asked for; else as a song has, unless so many notes are asked for that
/// they may need more.
fn polyphony(wish: &Wish, pattern: Option<&Pattern>) -> Polyphony {
    match (wish.polyphony, pattern) {
        (Some(asked), _) => Polyphony { in_all: asked.get(), ..Polyphony::ANY },
        (None, Some(pattern)) if wish.density.is_none() => pattern.polyphony,
        _ => Polyphony::ANY,
    }
}

/// A variation is as long as what it varies, and longer than what it keeps of it.
fn bars(primer: Option<&Found>, otherwise: u32) -> Result<Bars, Misused> {
    let n_bars = primer.map_or(otherwise, |found| {
        let kept = found.primer.n_bars();
        if kept < found.whole.n_bars() { found.whole.n_bars() } else { kept + otherwise }
    });
    Bars::new(n_bars).map_err(|error| Misused(error.to_string()))
}

/// The name under which the version has learned the artist whom a person means by `name`.
fn learned(
    context: &Context,
    genre: &str,
    name: &str,
    manifest: &Manifest,
) -> anyhow::Result<String> {
    let (version, needed) = (manifest.version, label::MIN_SONGS);
    let what = match label::artist_status(context, &manifest.genres, genre, name)? {
        ArtistStatus::Learned(artist) => return Ok(artist),
        ArtistStatus::NoSong => format!("{genre} v{version} knows no artist {name:?}"),
        ArtistStatus::TooFew(n) => {
            format!("{genre} has {n} of the {needed} songs by {name:?} it needs")
        }
        ArtistStatus::Next => {
            format!("{genre} v{version} has not learned {name:?} yet, but the next training will")
        }
        ArtistStatus::NoRoom => format!(
            "{genre} v{version} has not learned {name:?}, nor will the next training: a model holds \
             {} artists in all, whatever their genre, and others came first",
            label::MAX_ARTISTS
        ),
    };
    let hint = match label::artists(&manifest.genres, genre).as_slice() {
        [] => format!("it learns an artist who has {needed} songs in inbox/{genre}/{name}/"),
        known => format!("known are {}", known.join(", ")),
    };
    Err(NotNow(format!("{what}: {hint}")).into())
}
