//! How does a score sound?
//!
//! [`render`] plays a [`Score`] on a native synthesizer: polysynth, bass, drums, delay, reverb,
//! side-chain and a mastering chain to a wanted loudness. It adds no note and reads no file. The
//! same score, sound and seed give the same samples, bit for bit, on the same machine, whatever the
//! number of cores.

mod bass;
mod clock;
mod drums;
pub mod encode;
mod filter;
mod keys;
mod loudness;
mod master;
mod mix;
mod noise;
mod oscillator;
mod patch;
mod pump;
mod sound;
mod space;
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
    let buses = mix::buses(score, sound, seed);
    Audio { frames: master::finish(mix::sum(buses), sound) }
}

/// The sound of each part by itself under its name, before mastering, all of one length.
///
/// Parts are pumped by the kick as in the mix, so that the stems add up to it.
pub fn stems(score: &Score, sound: &Sound, seed: u64) -> Vec<(String, Audio)> {
    mix::stems(score, sound, seed)
}
