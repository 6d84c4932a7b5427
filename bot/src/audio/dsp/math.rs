//! How are sines and powers computed eight at a time, with the same bits on every machine?
//!
//! Polynomials without branches, which the compiler turns into vector code; the system's own
//! functions do neither. Each is good to about 1e-6, far below what can be heard.
#![expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]

use std::f32::consts::{LOG2_E, PI};

/// 2 to the power of `x`, which is held within -126 and 126.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    // Adding and taking away 1.5 · 2²³ rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-126.0, 126.0);
    let whole = (x + ROUND) - ROUND;
    let rest = (x - whole) * std::f32::consts::LN_2;
    let series = 1.0
        + rest
            * (1.0
                + rest * (0.5 + rest * (1.0 / 6.0 + rest * (1.0 / 24.0 + rest * (1.0 / 120.0)))));
    series * f32::from_bits((((whole as i32) + 127) << 23) as u32)
}

/// e to the power of `x`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    exp2(x * LOG2_E)
}

/// The hyperbolic tangent.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp2(x * (2.0 * LOG2_E)) + 1.0)
}

/// The sine of `half_turns` · π, for -1 to 1.
#[inline(always)]
pub(crate) fn sine(half_turns: f32) -> f32 {
    let size = half_turns.abs();
    odd_series(PI * size.min(1.0 - size)).copysign(half_turns)
}

/// The tangent of `half_turns` · π, for 0 to 0.45.
#[inline(always)]
pub(crate) fn tangent(half_turns: f32) -> f32 {
    odd_series(PI * half_turns) / odd_series(PI * (0.5 - half_turns))
}

/// The sine of `x` for 0 to π / 2, by its Taylor series.
#[inline(always)]
fn odd_series(x: f32) -> f32 {
    let square = x * x;
    let tail = 1.0 / 362_880.0 - square * (1.0 / 39_916_800.0);
    let tail = 1.0 / 120.0 - square * (1.0 / 5040.0 - square * tail);
    x * (1.0 - square * (1.0 / 6.0 - square * tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_good_to_a_few_millionths() {
        for step in -4000..=4000 {
            let x = step as f32 / 4000.0;
            let near = |ours: f32, exact: f64, what: &str| {
                let error = (f64::from(ours) - exact).abs() / exact.abs().max(1.0);
                assert!(error < 4e-6, "{what} at {x}: {ours} for {exact}");
            };
            near(exp2(x * 20.0) / (f64::from(x) * 20.0).exp2() as f32, 1.0, "exp2");
            near(exp(x * 9.0) / (f64::from(x) * 9.0).exp() as f32, 1.0, "exp");
            near(tanh(x * 7.0), (f64::from(x) * 7.0).tanh(), "tanh");
            near(sine(x), (f64::from(x) * std::f64::consts::PI).sin(), "sine");
            let half = x.abs() * 0.45;
            near(tangent(half), (f64::from(half) * std::f64::consts::PI).tan(), "tangent");
        }
    }
}
