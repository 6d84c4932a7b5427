//! How do logits become probabilities?
//!
//! ```text
//! y[v] = e^(logit[v] − max),  p[v] = y[v] / Σ y
//! ```
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::math::exp;
use super::simd::{MAX_LANES, Simd};

/// The greatest of the logits, and the y of the equation.
#[cfg(test)]
pub(super) fn reference(logits: &[f64]) -> (f64, Vec<f64>) {
    let mut max = f64::NEG_INFINITY;
    for logit in logits {
        max = max.max(*logit);
    }
    (max, logits.iter().map(|logit| (logit - max).exp()).collect())
}

/// Replaces logits by `e^(logit − max)`; returns max and sum. The sum is NaN if any logit is.
pub(crate) struct Softmax<'a>(pub(crate) &'a mut [f32]);

impl Work for Softmax<'_> {
    type Out = (f32, f32);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (f32, f32) {
        let whole = self.0.len() - self.0.len() % S::LANES;
        let (vectors, rest) = self.0.split_at_mut(whole);
        let mut lanes = [f32::NEG_INFINITY; MAX_LANES];
        // SAFETY: `lanes` has room for a vector, and chunks are as long as one.
        unsafe {
            let mut most = simd.load(lanes.as_ptr());
            for chunk in vectors.chunks_exact(S::LANES) {
                most = simd.max(simd.load(chunk.as_ptr()), most);
            }
            simd.store(lanes.as_mut_ptr(), most);
        }
        let max = lanes.iter().chain(rest.iter()).copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = [0.0f32; MAX_LANES];
        // SAFETY: as above.
        unsafe {
            let (mut sum, shift) = (simd.splat(0.0), simd.splat(max));
            for chunk in vectors.chunks_exact_mut(S::LANES) {
                let value = exp(simd, simd.sub(simd.load(chunk.as_ptr()), shift));
                simd.store(chunk.as_mut_ptr(), value);
                sum = simd.add(sum, value);
            }
            simd.store(sums.as_mut_ptr(), sum);
        }
        let mut sum: f32 = sums.iter().sum();
        for value in rest {
            *value = (*value - max).exp();
            sum += *value;
        }
        (max, sum)
    }
}
