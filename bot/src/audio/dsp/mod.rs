//! Of what is the synthesizer built?
//!
//! Oscillators, filters, noise and the mathematics under them; they know no notes and no parts.

pub(crate) mod filter;
pub(crate) mod halfband;
pub(crate) mod math;
pub(crate) mod noise;
pub(crate) mod oscillator;
pub(crate) mod simd;
