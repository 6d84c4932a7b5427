//! Which numbers does the network multiply?

use serde::{Deserialize, Serialize};

use crate::kernels::Level;
use crate::kernels::maker::faster_bf16;

/// The numbers that products multiply. Weights, sums, cells and the optimiser are `f32` in any case,
/// and so is every loss on held-out songs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// What is fastest: in training bf16 or `f32`, by who made the processor; in sampling the smallest
    /// that the processor has instructions for, of int4, int8 and `f32`.
    #[default]
    Auto,
    /// 24 bits of precision.
    F32,
    /// 8 bits of precision, in training only. Where the processor has AVX512-BF16, the speed depends on
    /// how it multiplies: 1.8 times that of `f32` on AMD's Zen 4, 0.6 to 0.9 times on an Intel Xeon of
    /// model 207, which makes one such product in the time of three or four in `f32`. Slow everywhere
    /// else.
    Bf16,
    /// In sampling only: weights in 8 bits, scaled by column, activations from −1 to 1 in steps of 1/127.
    Int8,
    /// As [`Int8`](Self::Int8), but the layers' weights in 4 bits; those of the output, whose precision
    /// matters most, stay in 8.
    Int4,
}

impl Precision {
    /// Whether a network can learn with it.
    pub fn trains(self) -> bool {
        !matches!(self, Self::Int8 | Self::Int4)
    }

    /// The same, but [`Auto`](Self::Auto) says what that is in training: bf16 where the processor
    /// multiplies it faster than `f32`.
    pub(crate) fn in_training(self) -> Self {
        match self {
            Self::Auto if faster_bf16().is_some() => Self::Bf16,
            Self::Auto => Self::F32,
            own => own,
        }
    }

    /// With which instructions a network learns, if it can.
    pub(crate) fn for_training(self) -> Option<Level> {
        match self.in_training() {
            Self::Bf16 => Some(Level::bf16()),
            Self::Auto | Self::F32 => Some(Level::f32()),
            Self::Int8 | Self::Int4 => None,
        }
    }

    /// What is sampled with, never [`Auto`](Self::Auto), and with which instructions, if it can be.
    pub(crate) fn for_sampling(self) -> Option<(Self, Level)> {
        match self {
            Self::Auto => match Level::native_int8() {
                Some(level) if level.has_vnni() => Some((Self::Int4, level)),
                Some(level) => Some((Self::Int8, level)),
                None => Some((Self::F32, Level::f32())),
            },
            Self::F32 => Some((self, Level::f32())),
            Self::Bf16 => None,
            Self::Int8 | Self::Int4 => Some((self, Level::int8())),
        }
    }
}
