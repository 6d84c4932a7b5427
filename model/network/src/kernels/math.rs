//! How are the gates' non-linearities computed, a vector at once?
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::simd::Simd;

/// `e^x` to about 2e-7 relative, for |x| up to 87 (held within). Cephes' `expf` without branches.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::V) -> S::V {
    /// Adding it rounds to whole numbers, of up to 22 bits.
    const ROUND: f32 = 12_582_912.0;
    const POLYNOMIAL: [f32; 6] =
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let x = simd.max(simd.min(x, simd.splat(87.0)), simd.splat(-87.0));
    let n = simd.fma(x, simd.splat(std::f32::consts::LOG2_E), simd.splat(ROUND));
    let n = simd.sub(n, simd.splat(ROUND));
    let r = simd.fma(n, simd.splat(-0.693_359_4), x);
    let r = simd.fma(n, simd.splat(2.121_944_4e-4), r);
    let mut sum = simd.splat(POLYNOMIAL[0]);
    for factor in &POLYNOMIAL[1..] {
        sum = simd.fma(sum, r, simd.splat(*factor));
    }
    let sum = simd.fma(simd.mul(sum, r), r, simd.add(r, simd.splat(1.0)));
    simd.mul(sum, simd.pow2(n))
}

#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::V) -> S::V {
    let one = simd.splat(1.0);
    simd.recip(simd.add(one, exp(simd, simd.mul(x, simd.splat(-1.0)))))
}

#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::V) -> S::V {
    let half = sigmoid(simd, simd.add(x, x));
    simd.sub(simd.add(half, half), simd.splat(1.0))
}
