//! Which numbers decide what chord fits?

use super::chord::N_CHORDS;
use super::evidence::CHORDS;

/// Channels of the evidence whose weights are learned; the song's own chords are not among them.
pub const N_CHANNELS: usize = CHORDS;

/// The weights of the model. `mode` is 0 in major and 1 in minor.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// For each channel, what a pitch class says for a chord, by `path::relation`.
    pub evidence: [[f32; 48]; N_CHANNELS],
    /// `[mode][chord]`: how common a chord is.
    pub degree: [[f32; N_CHORDS]; 2],
    /// `[mode][chord]`: the same of the first slot, on top.
    pub first: [[f32; N_CHORDS]; 2],
    /// `[mode][chord]`: the same of the last slot, on top.
    pub last: [[f32; N_CHORDS]; 2],
    /// `[mode][1 within a bar][from][to]`: which chord follows which.
    pub change: Box<[[[[f32; N_CHORDS]; N_CHORDS]; 2]; 2]>,
}

impl Weights {
    /// All zero: every chord is as good as any other.
    pub fn zero() -> Self {
        Self {
            evidence: [[0.0; 48]; N_CHANNELS],
            degree: [[0.0; N_CHORDS]; 2],
            first: [[0.0; N_CHORDS]; 2],
            last: [[0.0; N_CHORDS]; 2],
            change: Box::new([[[[0.0; N_CHORDS]; N_CHORDS]; 2]; 2]),
        }
    }
}
