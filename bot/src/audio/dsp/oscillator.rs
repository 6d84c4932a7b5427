//! How does a saw wave sound without aliasing?
//!
//! A saw whose step is rounded over two samples on each side by the integral of a cubic B-spline
//! (poly-BLEP of the fourth order: Välimäki, Pekonen and Nam 2012). The phase is a wrapping 32-bit
//! count, so it never drifts, and nothing branches, so that eight notes run at once.

use super::simd::{BLOCK, Block, LANES, Lanes};
use crate::audio::pcm::SAMPLE_RATE;

/// One saw wave for each of eight notes.
#[derive(Clone, Debug)]
pub(crate) struct Saws {
    phase: [u32; LANES],
    step: [u32; LANES],
    /// Half the inverse of the frequency in cycles a sample, for the distance to the wave's jump.
    half_inverse: Lanes,
    gain: Lanes,
}

impl Saws {
    /// Eight silent waves.
    pub(crate) fn silent() -> Self {
        Self { phase: [0; LANES], step: [0; LANES], half_inverse: [1.0; LANES], gain: [0.0; LANES] }
    }

    /// Tunes the wave of one note; `phase` runs over the whole range of `u32` once a cycle. Above a
    /// quarter of the sample rate it is left out: it would be a sine that no one hears.
    pub(crate) fn tune(&mut self, lane: usize, hertz: f32, phase: u32, gain: f32) {
        let cycles = (hertz / SAMPLE_RATE as f32).max(1e-6);
        self.phase[lane] = phase;
        self.step[lane] = phase_step(cycles);
        self.half_inverse[lane] = 0.5 / cycles;
        self.gain[lane] = if cycles < 0.25 { gain } else { 0.0 };
    }

    /// Adds the next block, `pan[0]` of it to the left and `pan[1]` to the right.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
    pub(crate) fn add(&mut self, pan: [f32; 2], left: &mut Block, right: &mut Block) {
        let Self { mut phase, step, half_inverse, gain } = *self;
        let gains = pan.map(|pan| gain.map(|gain| gain * pan));
        for frame in 0..BLOCK {
            for lane in 0..LANES {
                let saw = phase[lane] as i32 as f32 * (1.0 / 2_147_483_648.0);
                phase[lane] = phase[lane].wrapping_add(step[lane]);
                // Jumps are over four samples apart, so that the nearest one counts alone.
                let distance = (1.0 - saw.abs()) * half_inverse[lane];
                let smooth = saw - rounding(distance).copysign(saw);
                left[frame][lane] += smooth * gains[0][lane];
                right[frame][lane] += smooth * gains[1][lane];
            }
        }
        self.phase = phase;
    }
}

/// By how much a wave is drawn towards 0, `distance` samples away from its jump by -2 or 2.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn rounding(distance: f32) -> f32 {
    let (far, near) = ((2.0 - distance).max(0.0), (1.0 - distance).max(0.0));
    let (far, near) = (far * far, near * near);
    (far * far - 4.0 * (near * near)) * (1.0 / 12.0)
}

/// The step of a wrapping 32-bit phase at a frequency in cycles a sample.
pub(crate) fn phase_step(cycles: f32) -> u32 {
    (f64::from(cycles.clamp(0.0, 0.5)) * 4_294_967_296.0) as u32
}

/// Left and right gain of equal power for `pan` from -1 (left) to 1 (right).
pub(crate) fn pan_gains(pan: f32) -> [f32; 2] {
    let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos(), angle.sin()]
}

/// The frequency of a MIDI key `cents` sharp, in hertz, at A4 = 440.
pub(crate) fn hertz(key: f32, cents: f32) -> f32 {
    440.0 * ((key - 69.0 + cents / 100.0) / 12.0).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power at one frequency, by the sum against a Hann-windowed complex wave.
    fn power(samples: &[f32], hertz: f64) -> f64 {
        let n = samples.len() as f64;
        let (mut re, mut im) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let turn = std::f64::consts::TAU * index as f64;
            let window = 0.5 - 0.5 * (turn / n).cos();
            let angle = turn * hertz / f64::from(SAMPLE_RATE);
            re += f64::from(*sample) * window * angle.cos();
            im += f64::from(*sample) * window * angle.sin();
        }
        (re * re + im * im) / (n * n)
    }

    fn played(hertz: f32) -> Vec<f32> {
        let mut saws = Saws::silent();
        saws.tune(3, hertz, 0, 1.0);
        let mut samples = Vec::new();
        for _ in 0..1500 {
            let (mut left, mut right) = ([[0.0; LANES]; BLOCK], [[0.0; LANES]; BLOCK]);
            saws.add([1.0, 0.0], &mut left, &mut right);
            samples.extend(left.map(|lanes| lanes[3]));
        }
        samples
    }

    #[test]
    fn the_fundamental_is_where_it_should_be() {
        let samples = played(440.0);
        assert!(power(&samples, 440.0) > 1e4 * power(&samples, 470.0));
        assert!((hertz(69.0, 0.0) - 440.0).abs() < 1e-3 && (hertz(81.0, 0.0) - 880.0).abs() < 1e-3);
    }

    #[test]
    fn aliases_lie_far_below_those_of_a_plain_saw() {
        // The harmonics of 1661 Hz above 24 kHz fold back between its own ones.
        let hertz = 1661.0;
        let smooth = played(hertz);
        let plain: Vec<f32> = (0..smooth.len())
            .map(|i| (i as f32 * hertz / SAMPLE_RATE as f32 + 0.5).fract() * 2.0 - 1.0)
            .collect();
        let fundamental = power(&smooth, f64::from(hertz));
        let decibels = |samples: &[f32], harmonic: u32| {
            let alias = 48_000.0 - f64::from(harmonic) * f64::from(hertz);
            10.0 * (power(samples, alias) / fundamental).log10()
        };
        // The 18th folds to 18 kHz, the 26th to 5 kHz: where the ear is keener they are weaker.
        for (harmonic, limit) in [(18, -50.0), (20, -55.0), (23, -70.0), (26, -80.0)] {
            let (ours, of_plain) = (decibels(&smooth, harmonic), decibels(&plain, harmonic));
            assert!(ours < limit && ours < of_plain - 25.0, "{harmonic}: {ours} for {of_plain} dB");
        }
    }
}
