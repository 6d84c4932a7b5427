//! How does a score sound?
//!
//! [`render`] plays a [`Score`] on a native synthesizer: polysynth, bass, drums, delay, reverb,
//! side-chain and a mastering chain to a wanted loudness; [`play`] takes the instruments of a
//! [`SoundFont`] instead, if there is one. No note is added, and no other file is read. The same score,
//! sound and seed give the same samples, bit for bit, on the same machine, whatever the number of
//! cores.

mod bass;
mod cast;
mod clock;
mod console;
mod crew;
mod drums;
pub mod encode;
mod filter;
mod halves;
mod keys;
mod lanes;
mod limiter;
mod loudness;
mod master;
mod math;
mod meter;
mod mix;
mod noise;
mod oscillator;
mod patch;
mod pump;
mod sampler;
mod shelf;
mod sound;
mod soundfont;
mod space;
mod strike;
pub mod wav;

pub use loudness::{Levels, levels};
pub use sound::Sound;
pub use soundfont::{SoundFont, SoundFontError};

use std::path::Path;

use music::score::Score;

/// Frames a second of everything that is rendered.
pub const SAMPLE_RATE: u32 = 48_000;

/// Left and right at one moment, 1.0 being full scale.
pub type Frame = [f32; 2];

/// Stereo sound at [`SAMPLE_RATE`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Audio {
    /// One frame after another.
    pub frames: Vec<Frame>,
}

/// The SoundFont of a file. It is read once and kept for the tracks to come, until the file changes or
/// others need the room.
///
/// # Errors
/// [`SoundFontError`] if it cannot be read or is no SF2 file.
pub fn soundfont(path: &Path) -> Result<SoundFont, SoundFontError> {
    shelf::soundfont(path)
}

impl Audio {
    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Left, right, left, right …
    pub fn interleaved(&self) -> &[f32] {
        self.frames.as_flattened()
    }
}

/// The sound of a score on the native synthesizer, mastered; longer than the score by a tail that
/// fades to silence.
pub fn render(score: &Score, sound: &Sound, seed: u64) -> Audio {
    // Only a SoundFont can fail.
    play(score, sound, None, seed).unwrap_or_default()
}

/// The sound of a score, mastered, on the instruments of a SoundFont if there is one.
///
/// # Errors
/// [`SoundFontError`] if the SoundFont does not work.
pub fn play(
    score: &Score,
    sound: &Sound,
    font: Option<&SoundFont>,
    seed: u64,
) -> Result<Audio, SoundFontError> {
    let (mut frames, loudness) = mix::Stage::new(score, sound, font, seed).mix()?;
    master::finish(&mut frames, loudness, sound);
    Ok(Audio { frames })
}

/// The sound of a score before mastering, as long as [`play`] makes it.
///
/// # Errors
/// [`SoundFontError`] if the SoundFont does not work.
pub fn mix(
    score: &Score,
    sound: &Sound,
    font: Option<&SoundFont>,
    seed: u64,
) -> Result<Audio, SoundFontError> {
    Ok(Audio { frames: mix::Stage::new(score, sound, font, seed).mix()?.0 })
}

/// The sound of each part by itself under its name, one after the other, all of one length.
///
/// Parts are pumped by the kick and have their share of the room, so that they add up to [`mix`].
/// Each item is an error if the SoundFont does not work.
pub fn stems<'a>(
    score: &'a Score,
    sound: &'a Sound,
    font: Option<&'a SoundFont>,
    seed: u64,
) -> impl Iterator<Item = Result<(String, Audio), SoundFontError>> + 'a {
    let stage = mix::Stage::new(score, sound, font, seed);
    (0..stage.n_parts()).map(move |index| stage.part(index))
}
