//! How is a weight moved by its gradient?
//!
//! `AdamW` (Loshchilov and Hutter 2019) for step t, with s for clipping, the rate η and the decay λ:
//!
//! ```text
//! d = s · gradient
//! m = β₁ m + (1 − β₁) d,   m̂ = m / (1 − β₁ᵗ)
//! v = β₂ v + (1 − β₂) d²,  v̂ = v / (1 − β₂ᵗ)
//! w = w − η (m̂ / (√v̂ + ε) + λ w)
//! ```
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::level::Work;
use super::simd::Simd;

/// β₁ and β₂: how much of the moments is kept in a step.
pub(crate) const BETA: (f32, f32) = (0.9, 0.99);
/// ε
pub(crate) const EPSILON: f32 = 1e-8;

/// A weight and its moments.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub(super) w: f64,
    pub(super) m: f64,
    pub(super) v: f64,
}

/// The equations as they stand, for one weight.
#[cfg(test)]
pub(super) fn reference(own: Weight, d: f64, t: i32, rate: f64, decay: f64) -> Weight {
    let beta = (f64::from(BETA.0), f64::from(BETA.1));
    let m = beta.0 * own.m + (1.0 - beta.0) * d;
    let v = beta.1 * own.v + (1.0 - beta.1) * d * d;
    let (m_hat, v_hat) = (m / (1.0 - beta.0.powi(t)), v / (1.0 - beta.1.powi(t)));
    let direction = m_hat / (v_hat.sqrt() + f64::from(EPSILON));
    Weight { w: own.w - rate * (direction + decay * own.w), m, v }
}

/// What is the same for all weights in a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factors {
    /// η
    pub(crate) learning_rate: f32,
    /// s
    pub(crate) clipping: f32,
    /// η λ
    pub(crate) decay: f32,
    /// 1 / (1 − βᵗ) of both moments.
    pub(crate) corrections: (f32, f32),
}

/// A step of the optimiser; all slices are of one length.
pub(crate) struct AdamW<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) gradient: &'a [f32],
    /// m
    pub(crate) mean: &'a mut [f32],
    /// v
    pub(crate) square: &'a mut [f32],
    pub(crate) factors: Factors,
}

impl AdamW<'_> {
    /// The steps of the first `n` weights (or all, if there are fewer) and of the others.
    pub(crate) fn split_at(self, n: usize) -> (Self, Self) {
        let Self { weights, gradient, mean, square, factors } = self;
        let n = n.min(weights.len());
        let (weights, other_weights) = weights.split_at_mut(n);
        let (gradient, other_gradient) = gradient.split_at(n);
        let (mean, other_mean) = mean.split_at_mut(n);
        let (square, other_square) = square.split_at_mut(n);
        let others = Self {
            weights: other_weights,
            gradient: other_gradient,
            mean: other_mean,
            square: other_square,
            factors,
        };
        (AdamW { weights, gradient, mean, square, factors }, others)
    }
}

impl Work for AdamW<'_> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) {
        let n = self.weights.len();
        let (weights, gradient) = (&mut self.weights[..n], &self.gradient[..n]);
        let (mean, square) = (&mut self.mean[..n], &mut self.square[..n]);
        let Factors { learning_rate, clipping, decay, corrections } = self.factors;
        for j in 0..n {
            let d = gradient[j] * clipping;
            mean[j] = BETA.0 * mean[j] + (1.0 - BETA.0) * d;
            square[j] = BETA.1 * square[j] + (1.0 - BETA.1) * d * d;
            let spread = (square[j] * corrections.1).sqrt() + EPSILON;
            let direction = mean[j] * corrections.0 / spread;
            weights[j] -= learning_rate * direction + decay * weights[j];
        }
    }
}
