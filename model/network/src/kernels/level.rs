//! Which instructions does the processor have, and how is code compiled for them?
//!
//! A kernel is written once, generic over [`Simd`], and compiled for each [`Level`]. A level that the
//! processor lacks cannot be had, nor can a value of a type that computes with its instructions.
#![expect(unsafe_code, reason = "calls code for instructions that were detected")]

use super::portable::Portable;
use super::simd::Simd;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// A set of instructions that the processor has, and with it the format of a product's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Instructions);

/// Slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    /// Words of bf16, computed bit by bit: slow, for comparison.
    PortableBf16,
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Words of bf16.
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
    /// As `Avx512`, with products of 8-bit numbers in one instruction.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

/// Something to compute at any level.
pub(crate) trait Work {
    /// What comes of it.
    type Out;

    /// Computes it; must be inlined, so that it is compiled for the level.
    fn run<S: Simd>(self, simd: S) -> Self::Out;
}

impl Level {
    /// The fastest one that multiplies `f32`.
    pub(crate) fn f32() -> Self {
        #[cfg(target_arch = "x86_64")]
        let wanted = [Instructions::Avx512, Instructions::Avx2];
        #[cfg(not(target_arch = "x86_64"))]
        let wanted = [];
        Self::first_of(wanted).unwrap_or(Self(Instructions::Portable))
    }

    /// The fastest one that multiplies bf16 and sums in `f32`.
    pub(crate) fn bf16() -> Self {
        Self::native_bf16().unwrap_or(Self(Instructions::PortableBf16))
    }

    /// The one that multiplies bf16 in one instruction, if the processor does.
    pub(crate) fn native_bf16() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        let wanted = [Instructions::Avx512Bf16];
        #[cfg(not(target_arch = "x86_64"))]
        let wanted = [];
        Self::first_of(wanted)
    }

    /// The fastest one that multiplies 8-bit numbers.
    pub(crate) fn int8() -> Self {
        Self::native_int8().unwrap_or(Self(Instructions::Portable))
    }

    /// The fastest one that has instructions for 8-bit numbers, if the processor has any.
    pub(crate) fn native_int8() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        let wanted = [Instructions::Avx512Vnni, Instructions::Avx2];
        #[cfg(not(target_arch = "x86_64"))]
        let wanted = [];
        Self::first_of(wanted)
    }

    /// Whether 8-bit numbers are multiplied and added in one instruction.
    pub(crate) fn has_vnni(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self.0 == Instructions::Avx512Vnni;
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    fn first_of<const N: usize>(wanted: [Instructions; N]) -> Option<Self> {
        wanted.into_iter().find(|own| own.are_detected()).map(Self)
    }

    /// All that this processor has, slowest first.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Self> {
        let all = [
            Instructions::PortableBf16,
            Instructions::Portable,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Bf16,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni,
        ];
        all.into_iter().filter(|own| own.are_detected()).map(Self).collect()
    }

    /// Numbers in a vector.
    pub(crate) fn lanes(self) -> usize {
        self.run(Shape).lanes
    }

    /// Numbers in a word of an operand: 1 for `f32`, 2 for bf16.
    pub(crate) fn group(self) -> usize {
        self.run(Shape).group
    }

    /// What an 8-bit activation of 0 is written as.
    pub(crate) fn zero_activation(self) -> u8 {
        self.run(Shape).zero
    }

    /// Does the work with this level's instructions.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Out {
        match self.0 {
            Instructions::Portable => work.run(Portable::<false>),
            Instructions::PortableBf16 => work.run(Portable::<true>),
            // SAFETY of all: a level is made where its instructions were detected.
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx2 => unsafe { avx2(work) },
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512 => unsafe { avx512(work) },
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Bf16 => unsafe { avx512_bf16(work) },
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Vnni => unsafe { avx512_vnni(work) },
        }
    }
}

impl Instructions {
    fn are_detected(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        use std::arch::is_x86_feature_detected as has;
        match self {
            Self::Portable | Self::PortableBf16 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has!("avx2") && has!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                has!("avx512f")
                    && has!("avx512vl")
                    && has!("avx512dq")
                    && has!("avx512bw")
                    && has!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Bf16 => Self::Avx512.are_detected() && has!("avx512bf16"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => Self::Avx512.are_detected() && has!("avx512vnni"),
        }
    }
}

// SAFETY of the blocks below: a function can only be called where the processor has the instructions
// that it is compiled for.

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<W: Work>(work: W) -> W::Out {
    work.run(unsafe { Avx2::assume_detected() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
fn avx512<W: Work>(work: W) -> W::Out {
    work.run(unsafe { Avx512::<false, false>::assume_detected() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,fma")]
fn avx512_bf16<W: Work>(work: W) -> W::Out {
    work.run(unsafe { Avx512::<true, false>::assume_detected() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,fma")]
fn avx512_vnni<W: Work>(work: W) -> W::Out {
    work.run(unsafe { Avx512::<false, true>::assume_detected() })
}

/// Asks a level how its vectors and words look.
struct Shape;

struct Shaped {
    lanes: usize,
    group: usize,
    zero: u8,
}

impl Work for Shape {
    type Out = Shaped;

    fn run<S: Simd>(self, _simd: S) -> Shaped {
        Shaped { lanes: S::LANES, group: S::GROUP, zero: S::ZERO }
    }
}
