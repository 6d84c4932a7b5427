//! How are the inner loops made fast?
//!
//! Each file holds one kernel: its equations, a plain reference beside the fast one, and the fast one,
//! written once, generic over the processor's instructions ([`simd`]) and compiled for each [`level`].
//! Here alone is `unsafe`; every kernel checks the shapes of its slices before it takes pointers.
//! Matrices lie as [`pack`] says.

pub(crate) mod adamw;
pub(crate) mod aligned;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod cell;
pub(crate) mod cell_back;
#[cfg(test)]
mod cell_tests;
pub(crate) mod elementwise;
pub(crate) mod int8;
pub(crate) mod level;
pub(crate) mod maker;
mod math;
pub(crate) mod outer;
pub(crate) mod pack;
mod portable;
pub(crate) mod product;
mod simd;
pub(crate) mod softmax;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub(crate) use level::Level;
