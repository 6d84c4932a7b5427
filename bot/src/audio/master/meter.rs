//! How loud is a track, measured while it is rendered?
//!
//! Integrated loudness of ITU-R BS.1770-4: a filter that weighs frequencies as the ear does, blocks of 400 ms
//! every 100 ms, and two gates. Peaks are the limiter's business.

use crate::audio::pcm::{Frame, SAMPLE_RATE};

/// Frames whose energy is summed up at a time: a quarter of a block.
pub(crate) const STEP: usize = SAMPLE_RATE as usize / 10;

/// A direct-form filter of the second order in both channels: b0, b1, b2, a1, a2.
#[derive(Clone, Debug)]
struct Biquad {
    factors: [f64; 5],
    /// The delayed sums of both channels.
    first: [f64; 2],
    second: [f64; 2],
}

/// The two filters of the recommendation, at 48 kHz (tables 1 and 2).
const HEAD: [f64; 5] = [
    1.535_124_859_586_97,
    -2.691_696_189_406_38,
    1.198_392_810_852_85,
    -1.690_659_293_182_41,
    0.732_480_774_215_85,
];
const LOW_CUT: [f64; 5] = [1.0, -2.0, 1.0, -1.990_047_454_833_98, 0.990_072_250_366_21];

impl Biquad {
    fn new(factors: [f64; 5]) -> Self {
        Self { factors, first: [0.0; 2], second: [0.0; 2] }
    }

    fn next(&mut self, x: [f64; 2]) -> [f64; 2] {
        let [b0, b1, b2, a1, a2] = self.factors;
        let mut y = [0.0; 2];
        for side in 0..2 {
            y[side] = b0 * x[side] + self.first[side];
            self.first[side] = b1 * x[side] - a1 * y[side] + self.second[side];
            self.second[side] = b2 * x[side] - a2 * y[side];
        }
        y
    }
}

/// A loudness meter that is fed one stretch after another.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    filters: [Biquad; 2],
    /// Mean square of each step, both channels together.
    energies: Vec<f64>,
    sum: f64,
    n_frames: usize,
}

impl Default for Meter {
    fn default() -> Self {
        let filters = [Biquad::new(HEAD), Biquad::new(LOW_CUT)];
        Self { filters, energies: Vec::new(), sum: 0.0, n_frames: 0 }
    }
}

impl Meter {
    /// Takes the next stretch in.
    pub(crate) fn measure(&mut self, frames: &[Frame]) {
        let mut rest = frames;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(STEP - self.n_frames));
            let [head, low_cut] = &mut self.filters;
            let mut sum = self.sum;
            for frame in now {
                let heard = low_cut.next(head.next(frame.map(f64::from)));
                sum += heard[0] * heard[0] + heard[1] * heard[1];
            }
            self.sum = sum;
            self.n_frames += now.len();
            if self.n_frames == STEP {
                self.energies.push(self.sum / STEP as f64);
                (self.sum, self.n_frames) = (0.0, 0);
            }
            rest = later;
        }
    }

    /// The energy of every whole step so far.
    pub(crate) fn energies(self) -> Vec<f64> {
        self.energies
    }

    /// Integrated loudness in LUFS; `None` for silence.
    pub(crate) fn loudness(&self) -> Option<f64> {
        loudness(&self.energies)
    }
}

/// Integrated loudness of steps in a row, of which `energies` are the mean squares, in LUFS; `None` where all of it is below the gate.
pub(crate) fn loudness(energies: &[f64]) -> Option<f64> {
    let lufs = |energy: f64| 10.0 * energy.log10() - 0.691;
    let blocks: Vec<f64> = energies.windows(4).map(|four| four.iter().sum::<f64>() / 4.0).collect();
    let above = |gate: f64| {
        let heard: Vec<f64> = blocks.iter().copied().filter(|block| lufs(*block) > gate).collect();
        (!heard.is_empty()).then(|| heard.iter().sum::<f64>() / heard.len() as f64)
    };
    let ungated = above(-70.0)?;
    above(lufs(ungated) - 10.0).map(lufs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::master::levels::levels;

    #[test]
    fn it_agrees_with_a_full_meter() {
        let wave = |i: usize| {
            let t = i as f32 / 48e3;
            let level = if (i / 96_000).is_multiple_of(2) { 0.5 } else { 0.02 };
            [level * (t * 900.0).sin(), level * (t * 7000.0).sin() + 0.1 * (t * 200.0).sin()]
        };
        let frames: Vec<Frame> = (0..480_000).map(wave).collect();
        let mut meter = Meter::default();
        for some in frames.chunks(7001) {
            meter.measure(some);
        }
        let (ours, theirs) = (meter.loudness().expect("a sound"), levels(&frames).loudness_lufs);
        assert!((ours - theirs).abs() < 0.01, "{ours} for {theirs}");
        assert_eq!(Meter::default().loudness(), None);
    }
}
