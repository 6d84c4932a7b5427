//! How does an arrangement sound?
//!
//! [`play`] renders an [`Arrangement`] on a native synthesizer (polysynth, bass, drums, delay, reverb,
//! side-chain) or on the instruments of a [`SoundFont`], and masters it to a given loudness. No note
//! is added, and no other file is read. The same arrangement, sound and seed give the same samples,
//! bit for bit, on the same machine, whatever the number of cores.
//!
//! Sound is made in `synth` from the building blocks of `dsp`, brought together in `mix`, finished in
//! `master`, and written by [`ogg_opus`] and [`wav`].

mod dsp;
mod master;
pub(crate) mod mix;
pub mod ogg_opus;
mod pcm;
pub(crate) mod settings;
mod soundfont;
mod synth;
mod tempo_map;
pub mod wav;

pub use master::levels::{Levels, levels};
pub use pcm::{Audio, Frame, SAMPLE_RATE};
pub use settings::SoundSettings;
pub use soundfont::{SoundFont, SoundFontError, cache::soundfont};

use mix::Session;

use crate::arrangement::Arrangement;
use crate::part::PartKind;

/// The sound of an arrangement, mastered, on the instruments of a SoundFont if there is one; longer than
/// the music by a tail that fades to silence.
///
/// # Errors
/// [`SoundFontError`] if the SoundFont does not work; without one, never.
pub fn play(
    arrangement: &Arrangement,
    sound: &SoundSettings,
    font: Option<&SoundFont>,
    seed: u64,
) -> Result<Audio, SoundFontError> {
    let mut mix = Session::new(arrangement, sound, font, seed).mixdown()?;
    master::finish(&mut mix.audio.frames, mix.loudness_lufs, sound);
    Ok(mix.audio)
}

/// The sound of each part by itself under its name, one after the other, all of one length.
///
/// Parts are ducked by the kick and have their share of the reverb, so that they add up to the mix before
/// mastering. Each item is an error if the SoundFont does not work.
pub(crate) fn stems<'a>(
    arrangement: &'a Arrangement,
    sound: &'a SoundSettings,
    font: Option<&'a SoundFont>,
    seed: u64,
) -> impl Iterator<Item = Result<(&'static str, Audio), SoundFontError>> + 'a {
    let session = Session::new(arrangement, sound, font, seed);
    let stem =
        move |(index, kind): (usize, &PartKind)| Ok((kind.name(), session.stem(index)?.audio));
    arrangement.kinds().iter().enumerate().map(stem)
}
