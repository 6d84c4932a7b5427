//! How do logits become probabilities?
#![expect(unsafe_code, reason = "pointers into slices whose lengths were checked once")]

use super::level::Work;
use super::math::exp;
use super::simd::Simd;

/// Replaces logits by `e^(logit − max)`; returns max and sum.
pub(crate) struct Softmax<'a>(pub(crate) &'a mut [f32]);

impl Work for Softmax<'_> {
    type Out = (f32, f32);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (f32, f32) {
        /// At least the lanes of any level.
        const MOST: usize = 16;
        assert!(S::LANES <= MOST, "lanes have room");
        let whole = self.0.len() - self.0.len() % S::LANES;
        let (vectors, rest) = self.0.split_at_mut(whole);
        let mut lanes = [f32::NEG_INFINITY; MOST];
        // SAFETY: `lanes` has room for a vector, and chunks are as long as one.
        unsafe {
            let mut most = simd.load(lanes.as_ptr());
            for chunk in vectors.chunks_exact(S::LANES) {
                most = simd.max(simd.load(chunk.as_ptr()), most);
            }
            simd.store(lanes.as_mut_ptr(), most);
        }
        let max = lanes.iter().chain(rest.iter()).copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sums = [0.0f32; MOST];
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
