//! How is a sound brought to half its sample rate and back?
//!
//! A half-band filter of eleven taps (a windowed sinc rounded to whole 512ths), which is flat to
//! 7 kHz at 48 kHz and delays by a fifth of a millisecond.

use crate::audio::pcm::{Frame, SAMPLE_RATE};

/// Half of [`SAMPLE_RATE`].
pub(crate) const HALF_RATE: f32 = SAMPLE_RATE as f32 / 2.0;

/// The filter's taps at odd distances from its middle, whose own is one half.
const TAPS: [f32; 3] = [150.0 / 512.0, -25.0 / 512.0, 3.0 / 512.0];
/// Frames before the first that the filter still looks at.
const PAST: usize = 10;

/// Halves the sample rate.
#[derive(Default)]
pub(crate) struct Decimator {
    past: [Frame; PAST],
}

impl Decimator {
    /// Half as many frames as the next stretch, which must be of even length.
    pub(crate) fn next(&mut self, frames: &[Frame]) -> Vec<Frame> {
        let mut window = self.past.to_vec();
        window.extend(frames);
        self.past.copy_from_slice(&window[frames.len()..]);
        let half = |some: &[Frame]| {
            let side = |s: usize| {
                let pair = |distance: usize| some[5 - distance][s] + some[5 + distance][s];
                some[5][s] * 0.5 + pair(1) * TAPS[0] + pair(3) * TAPS[1] + pair(5) * TAPS[2]
            };
            [side(0), side(1)]
        };
        window.windows(PAST + 1).step_by(2).take(frames.len() / 2).map(half).collect()
    }
}

/// Doubles the sample rate.
#[derive(Default)]
pub(crate) struct Interpolator {
    past: [Frame; 5],
}

impl Interpolator {
    /// Twice as many frames as the next stretch.
    pub(crate) fn next(&mut self, frames: &[Frame]) -> Vec<Frame> {
        let mut window = self.past.to_vec();
        window.extend(frames);
        self.past.copy_from_slice(&window[frames.len()..]);
        let two = |some: &[Frame]| {
            let side = |s: usize| {
                let pair = |distance: usize| some[2 - distance][s] + some[3 + distance][s];
                2.0 * (pair(0) * TAPS[0] + pair(1) * TAPS[1] + pair(2) * TAPS[2])
            };
            [some[2], [side(0), side(1)]]
        };
        window.windows(6).take(frames.len()).flat_map(two).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_tones_pass_and_high_ones_do_not() {
        let heard = |hertz: f32| {
            let tone = |i: usize| [(i as f32 * hertz * std::f32::consts::TAU / 48e3).sin(); 2];
            let tone: Vec<Frame> = (0..9600).map(tone).collect();
            let (mut down, mut up) = (Decimator::default(), Interpolator::default());
            let back: Vec<Frame> =
                tone.chunks(480).flat_map(|some| up.next(&down.next(some))).collect();
            let highest = back[4800..].iter().map(|f| f[0].abs()).fold(0.0, f32::max);
            20.0 * highest.log10()
        };
        assert!(heard(1000.0).abs() < 0.1 && heard(7000.0).abs() < 1.0);
        assert!(heard(20_000.0) < -40.0, "{}", heard(20_000.0));
    }
}
