//! Where do noise and random phases come from?
//!
//! A splitmix64 sequence (Steele, Lea and Flood 2014): one word of state, the same on every
//! machine, and fast enough for a sample at a time. Not for anything that must be unpredictable.

/// A reproducible sequence of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    /// The sequence of `seed` for one purpose; those of different purposes are unrelated.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Self(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// 64 random bits.
    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// White noise, -1 to 1.
    pub(crate) fn sample(&mut self) -> f32 {
        (self.word() >> 40) as f32 * (2.0 / (1u32 << 24) as f32) - 1.0
    }
}
