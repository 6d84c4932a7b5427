//! What is done to vectors element by element?
//!
//! Plain loops, which the compiler turns into vectors at each level.
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::Simd;

/// `to += from`
pub(crate) struct Add<'a> {
    pub(crate) to: &'a mut [f32],
    pub(crate) from: &'a [f32],
}

impl Work for Add<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        for (to, from) in self.to.iter_mut().zip(self.from) {
            *to += from;
        }
    }
}

/// `to *= by`, element by element
pub(crate) struct Multiply<'a> {
    pub(crate) to: &'a mut [f32],
    pub(crate) by: &'a [f32],
}

impl Work for Multiply<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        for (to, by) in self.to.iter_mut().zip(self.by) {
            *to *= by;
        }
    }
}

/// `values *= by`
pub(crate) struct Scale<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) by: f32,
}

impl Work for Scale<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        for value in self.values {
            *value *= self.by;
        }
    }
}

/// The sum of squares; not finite if any number is not.
pub(crate) struct SquareSum<'a>(pub(crate) &'a [f32]);

impl Work for SquareSum<'_> {
    type Out = f64;

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> f64 {
        let mut total = 0.0f64;
        for part in self.0.chunks(1024) {
            // Sixteen sums, so that the compiler may keep them in registers.
            let mut sums = [0.0f32; 16];
            let chunks = part.chunks_exact(16);
            let rest: f32 = chunks.remainder().iter().map(|value| value * value).sum();
            for chunk in chunks {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += value * value;
                }
            }
            total += f64::from(sums.iter().sum::<f32>() + rest);
        }
        total
    }
}
