//! What is done to every weight and its gradient, one by one?
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

/// `to += from`, a row of words
pub(crate) struct AddWords<'a> {
    pub(crate) to: &'a mut [f32],
    pub(crate) from: &'a [u32],
}

impl Work for AddWords<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        if S::GROUP == 1 {
            for (to, from) in self.to.iter_mut().zip(self.from) {
                *to += f32::from_bits(*from);
            }
        } else {
            for (to, from) in self.to.chunks_exact_mut(2).zip(self.from) {
                to[0] += f32::from_bits(from << 16);
                to[1] += f32::from_bits(from & 0xffff_0000);
            }
        }
    }
}

/// `to *= by`, one by one
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

/// The sum of squares.
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

/// One step of the optimiser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// Learning rate.
    pub(crate) learning: f32,
    /// What gradients are multiplied by first (clipping).
    pub(crate) scale: f32,
    /// Weight decay, the rate included.
    pub(crate) decay: f32,
    /// Bias corrections of both moments.
    pub(crate) corrections: (f32, f32),
}

/// `AdamW` (Loshchilov and Hutter 2019) with betas of 0.9 and 0.99.
pub(crate) struct AdamW<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) gradient: &'a [f32],
    pub(crate) mean: &'a mut [f32],
    pub(crate) square: &'a mut [f32],
    pub(crate) rate: Rate,
}

/// How much of the moments is kept in a step.
pub(crate) const BETA: (f32, f32) = (0.9, 0.99);

impl Work for AdamW<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let n = self.weights.len();
        let (weights, gradient) = (&mut self.weights[..n], &self.gradient[..n]);
        let (mean, square) = (&mut self.mean[..n], &mut self.square[..n]);
        let Rate { learning, scale, decay, corrections } = self.rate;
        for j in 0..n {
            let g = gradient[j] * scale;
            mean[j] = BETA.0 * mean[j] + (1.0 - BETA.0) * g;
            square[j] = BETA.1 * square[j] + (1.0 - BETA.1) * g * g;
            let direction = mean[j] * corrections.0 / ((square[j] * corrections.1).sqrt() + 1e-8);
            weights[j] -= learning * direction + decay * weights[j];
        }
    }
}
