//! How are the gates' non-linearities computed, a vector at once?
//!
//! ```text
//! eˣ = 2ⁿ · eʳ,  n = round(x · log₂ e),  r = x − n · ln 2,  eʳ by a polynomial
//! σ(x) = 1 / (1 + e⁻ˣ)
//! tanh x = 2 σ(2x) − 1
//! ```
#![expect(clippy::inline_always, reason = "must be compiled for each level")]

use super::simd::Simd;

/// eˣ to about 2e-7 relative; x is held within −87 and 87, and NaN stays NaN. Cephes' `expf` without
/// branches.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::V) -> S::V {
    /// Adding it rounds to whole numbers, of up to 22 bits.
    const ROUND: f32 = 12_582_912.0;
    const POLYNOMIAL: [f32; 6] =
        [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    // In this order: of a number and NaN, `min` and `max` return the second.
    let x = simd.max(simd.splat(-87.0), simd.min(simd.splat(87.0), x));
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

/// σ(x) to about 3e-7; NaN stays NaN.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::V) -> S::V {
    let one = simd.splat(1.0);
    simd.recip(simd.add(one, exp(simd, simd.mul(x, simd.splat(-1.0)))))
}

/// tanh x to about 5e-7; NaN stays NaN.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::V) -> S::V {
    let half = sigmoid(simd, simd.add(x, x));
    simd.sub(simd.add(half, half), simd.splat(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::level::{Level, Work};
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Function {
        Exp,
        Sigmoid,
        Tanh,
    }

    struct Apply<'a>(Function, &'a mut [f32]);

    impl Work for Apply<'_> {
        type Out = ();

        #[inline(always)]
        #[expect(unsafe_code, reason = "loads whole chunks of as many numbers")]
        fn run<S: Simd>(self, simd: S) {
            for chunk in self.1.chunks_exact_mut(S::LANES) {
                // SAFETY: the chunk is as long as a vector.
                unsafe {
                    let x = simd.load(chunk.as_ptr());
                    let y = match self.0 {
                        Function::Exp => exp(simd, x),
                        Function::Sigmoid => sigmoid(simd, x),
                        Function::Tanh => tanh(simd, x),
                    };
                    simd.store(chunk.as_mut_ptr(), y);
                }
            }
        }
    }

    impl Function {
        fn exactly(self, x: f64) -> f64 {
            match self {
                Self::Exp => x.clamp(-87.0, 87.0).exp(),
                Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                Self::Tanh => x.tanh(),
            }
        }
    }

    const ALL: [Function; 3] = [Function::Exp, Function::Sigmoid, Function::Tanh];

    #[test]
    fn functions_are_those_of_the_standard_library() {
        let inputs: Vec<f32> = (-3200..3200).map(|i| i as f32 * 0.031_25).collect();
        for level in Level::available() {
            for function in ALL {
                let mut outputs = inputs.clone();
                level.run(Apply(function, &mut outputs));
                for (x, y) in inputs.iter().zip(outputs) {
                    let exact = function.exactly(f64::from(*x));
                    let scale = if matches!(function, Function::Exp) { exact } else { 1.0 };
                    let off = (f64::from(y) - exact).abs() / scale;
                    assert!(off < 6e-7, "{level:?}, {function:?} of {x}: {y} for {exact}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_number_stays_so_and_touches_no_other_lane() {
        for level in Level::available() {
            for function in ALL {
                for bad in 0..level.lanes() {
                    let mut numbers = vec![0.5; level.lanes()];
                    numbers[bad] = f32::NAN;
                    level.run(Apply(function, &mut numbers));
                    for (idx, y) in numbers.iter().enumerate() {
                        assert_eq!(y.is_nan(), idx == bad, "{level:?}, {function:?}: {numbers:?}");
                    }
                }
                let mut numbers = [f32::INFINITY, f32::NEG_INFINITY].repeat(level.lanes() / 2);
                level.run(Apply(function, &mut numbers));
                assert!(numbers.iter().all(|y| y.is_finite()), "{level:?}, {function:?}");
            }
        }
    }
}
