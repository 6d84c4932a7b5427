//! How are frequencies filtered out?
//!
//! State-variable filters in the trapezoidal form (Simper 2013, "Linear trapezoidal integrated
//! SVF"), which stay stable while their cutoff moves; two in a row make a 24 dB low-pass, for eight
//! notes at once.

use super::math;
use super::simd::{BLOCK, Block, LANES, Lanes};
use crate::audio::pcm::SAMPLE_RATE;

/// Cutoff and resonance of a filter, as its coefficients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coefficients {
    a1: f32,
    a2: f32,
    a3: f32,
    damping: f32,
}

impl Coefficients {
    /// Cut at `hertz`; a `quality` of 0.707 is flat up to the cutoff, more rings there.
    pub(crate) fn new(hertz: f32, quality: f32) -> Self {
        let g = math::tangent((hertz / SAMPLE_RATE as f32).clamp(2e-4, 0.45));
        let damping = 1.0 / quality.max(0.3);
        let a1 = 1.0 / (1.0 + g * (g + damping));
        Self { a1, a2: g * a1, a3: g * g * a1, damping }
    }
}

/// What a filter makes of one sample.
pub(crate) struct Outputs {
    /// The band-pass.
    pub(crate) band: f32,
    /// The high-pass.
    pub(crate) high: f32,
}

/// A state-variable filter of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StateVariable {
    first: f32,
    second: f32,
}

impl StateVariable {
    /// The outputs for the next sample.
    pub(crate) fn next(&mut self, coefficients: &Coefficients, sample: f32) -> Outputs {
        let rest = sample - self.second;
        let band = coefficients.a1 * self.first + coefficients.a2 * rest;
        let low = self.second + coefficients.a2 * self.first + coefficients.a3 * rest;
        self.first = 2.0 * band - self.first;
        self.second = 2.0 * low - self.second;
        Outputs { band, high: sample - coefficients.damping * band - low }
    }
}

/// Two low-passes in a row, 24 dB an octave, for eight notes in both channels.
#[derive(Clone, Debug, Default)]
pub(crate) struct LowPass24 {
    /// For each stage and channel, the state of both integrators.
    state: [[[Lanes; 2]; 2]; 2],
}

impl LowPass24 {
    /// The next block in place, cut at `hertz`; `resonance` 0 is a Butterworth response.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
    pub(crate) fn next(
        &mut self,
        hertz: &Lanes,
        resonance: f32,
        left: &mut Block,
        right: &mut Block,
    ) {
        let qualities = [0.541, 1.307 * (1.0 + resonance)];
        for (state, quality) in self.state.iter_mut().zip(qualities) {
            let (mut a1, mut a2, mut a3) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let coefficients = Coefficients::new(hertz[lane], quality);
                (a1[lane], a2[lane], a3[lane]) =
                    (coefficients.a1, coefficients.a2, coefficients.a3);
            }
            let [[mut first_l, mut second_l], [mut first_r, mut second_r]] = *state;
            for frame in 0..BLOCK {
                for lane in 0..LANES {
                    let step = |sample: &mut f32, first: &mut f32, second: &mut f32| {
                        let rest = *sample - *second;
                        let band = a1[lane] * *first + a2[lane] * rest;
                        let low = *second + a2[lane] * *first + a3[lane] * rest;
                        *first = 2.0 * band - *first;
                        *second = 2.0 * low - *second;
                        *sample = low;
                    };
                    step(&mut left[frame][lane], &mut first_l[lane], &mut second_l[lane]);
                    step(&mut right[frame][lane], &mut first_r[lane], &mut second_r[lane]);
                }
            }
            *state = [[first_l, second_l], [first_r, second_r]];
        }
    }
}

/// A first-order filter of one channel: the low-pass, and what it leaves out as the high-pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnePole {
    share: f32,
    state: f32,
}

impl OnePole {
    pub(crate) fn new(hertz: f32) -> Self {
        Self::at_rate(hertz, SAMPLE_RATE as f32)
    }

    /// For samples at another rate than [`SAMPLE_RATE`].
    pub(crate) fn at_rate(hertz: f32, rate: f32) -> Self {
        Self { share: 1.0 - math::exp(-std::f32::consts::TAU * hertz / rate), state: 0.0 }
    }

    pub(crate) fn low(&mut self, sample: f32) -> f32 {
        // The constant keeps the state out of the range of denormals, which are slow.
        self.state += (sample - self.state) * self.share + 1e-20;
        self.state
    }

    pub(crate) fn high(&mut self, sample: f32) -> f32 {
        sample - self.low(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_pass_falls_24_db_an_octave() {
        let level = |hertz: f64| {
            let mut filter = LowPass24::default();
            let mut highest = 0.0_f32;
            for block in 0..750 {
                let mut left = [[0.0; LANES]; BLOCK];
                for (frame, lanes) in left.iter_mut().enumerate() {
                    let cycles = ((block * BLOCK + frame) as f64 * hertz / 48e3).fract();
                    lanes[5] = (cycles * std::f64::consts::TAU).sin() as f32;
                }
                filter.next(&[500.0; LANES], 0.0, &mut left, &mut [[0.0; LANES]; BLOCK]);
                if block > 375 {
                    highest = left.iter().map(|lanes| lanes[5].abs()).fold(highest, f32::max);
                }
            }
            highest
        };
        assert!((20.0 * level(100.0).log10()).abs() < 0.2);
        let fall = 20.0 * (level(4000.0) / level(2000.0)).log10();
        assert!((-25.0..-24.0).contains(&fall), "{fall}");
    }
}
