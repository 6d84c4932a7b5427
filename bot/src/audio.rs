//! How does a score sound?
//!
//! [`render`] plays a [`Score`] on a native synthesizer: polysynth, bass, drums, delay, reverb,
//! side-chain and a mastering chain to a wanted loudness. It adds no note and reads no file. The
//! same score, sound and seed give the same samples, bit for bit, on the same machine, whatever the
//! number of cores.

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
mod sound;
mod space;
mod strike;
pub mod wav;

pub use loudness::{Levels, levels};
pub use sound::Sound;

use model::score::Score;

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

/// The sound of a score, mastered; longer than the score by a tail that fades to silence.
pub fn render(score: &Score, sound: &Sound, seed: u64) -> Audio {
    let (mut frames, loudness) = mix::Stage::new(score, sound, seed).mix();
    master::finish(&mut frames, loudness, sound);
    Audio { frames }
}

/// The sound of a score before mastering, as long as [`render`] makes it.
pub fn mix(score: &Score, sound: &Sound, seed: u64) -> Audio {
    Audio { frames: mix::Stage::new(score, sound, seed).mix().0 }
}

/// The sound of each part by itself under its name, one after the other, all of one length.
///
/// Parts are pumped by the kick and have their share of the room, so that they add up to [`mix`].
pub fn stems<'a>(
    score: &'a Score,
    sound: &'a Sound,
    seed: u64,
) -> impl Iterator<Item = (String, Audio)> + 'a {
    let stage = mix::Stage::new(score, sound, seed);
    (0..stage.n_parts()).filter_map(move |index| stage.part(index))
}
