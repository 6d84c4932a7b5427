//! Which instructions does the processor have, and how is code compiled for them?
//!
//! Arithmetic is written once, generic over [`Simd`](super::simd::Simd), and compiled for each
//! [`Level`]. A level that the processor lacks cannot be had.
#![expect(unsafe_code, reason = "calls code for instructions that were detected")]

use super::portable::Portable;
use super::simd::Simd;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// A set of instructions, and the format of what products multiply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level(Instructions);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    Portable,
    PortableBf16,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16,
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
        let best = Self::available().into_iter().rev().find(|level| level.group() == 1);
        best.unwrap_or(Self(Instructions::Portable))
    }

    /// The fastest one that multiplies bf16 and sums in `f32`.
    pub(crate) fn bf16() -> Self {
        let best = Self::available().into_iter().rev().find(|level| level.group() == 2);
        best.unwrap_or(Self(Instructions::PortableBf16))
    }

    /// Whether the processor multiplies bf16 by itself.
    pub(crate) fn has_bf16() -> bool {
        Self::bf16().0 != Instructions::PortableBf16
    }

    /// The one with vectors of the same length that multiplies `f32`.
    pub(crate) fn exact(self) -> Self {
        Self(match self.0 {
            Instructions::PortableBf16 => Instructions::Portable,
            #[cfg(target_arch = "x86_64")]
            Instructions::Avx512Bf16 => Instructions::Avx512,
            other => other,
        })
    }

    /// The fastest one that multiplies `f32` in vectors of `lanes` numbers, or the portable one.
    pub(crate) fn vectors_of(lanes: usize) -> Self {
        let fits = |level: &Self| level.group() == 1 && level.lanes() == lanes;
        let best = Self::available().into_iter().rev().find(fits);
        best.unwrap_or(Self(Instructions::Portable))
    }

    /// All that this processor has, slowest first.
    pub(crate) fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "nothing is added"))]
        let mut levels = vec![Instructions::PortableBf16, Instructions::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") {
                levels.push(Instructions::Avx2);
            }
            if has!("avx512f")
                && has!("avx512vl")
                && has!("avx512dq")
                && has!("avx512bw")
                && has!("fma")
            {
                levels.push(Instructions::Avx512);
                if has!("avx512bf16") {
                    levels.push(Instructions::Avx512Bf16);
                }
            }
        }
        levels.into_iter().map(Self).collect()
    }

    /// Numbers in a vector.
    pub(crate) fn lanes(self) -> usize {
        self.run(Shape).0
    }

    /// Numbers in a word of an operand: 1 for `f32`, 2 for bf16.
    pub(crate) fn group(self) -> usize {
        self.run(Shape).1
    }

    /// Does the work with this level's instructions.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Out {
        match self.0 {
            Instructions::Portable => work.run(Portable::<false>),
            Instructions::PortableBf16 => work.run(Portable::<true>),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `available` has found these instructions in the processor.
            Instructions::Avx2 => unsafe { avx2(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Instructions::Avx512 => unsafe { avx512(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Instructions::Avx512Bf16 => unsafe { avx512_bf16(work) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<W: Work>(work: W) -> W::Out {
    work.run(Avx2)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
fn avx512<W: Work>(work: W) -> W::Out {
    work.run(Avx512::<false>)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,fma")]
fn avx512_bf16<W: Work>(work: W) -> W::Out {
    work.run(Avx512::<true>)
}

/// Asks a level for its lanes and group.
struct Shape;

impl Work for Shape {
    type Out = (usize, usize);

    fn run<S: Simd>(self, _simd: S) -> (usize, usize) {
        (S::LANES, S::GROUP)
    }
}
