//! How are frequencies taken away?
//!
//! State-variable filters in the trapezoidal form (Simper 2013, "Linear trapezoidal integrated
//! SVF"), which stay stable while their cutoff moves; two in a row make a 24 dB low-pass.

use super::{Frame, SAMPLE_RATE};

/// Where a filter cuts and how sharply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    a1: f32,
    a2: f32,
    a3: f32,
    damping: f32,
}

impl Shape {
    /// `quality` 0.707 is flat up to the cutoff; more rings there.
    pub(crate) fn new(hertz: f32, quality: f32) -> Self {
        let rate = SAMPLE_RATE as f32;
        let g = (std::f32::consts::PI * hertz.clamp(10.0, rate * 0.45) / rate).tan();
        let damping = 1.0 / quality.max(0.3);
        let a1 = 1.0 / (1.0 + g * (g + damping));
        Self { a1, a2: g * a1, a3: g * g * a1, damping }
    }
}

/// What comes out of one sample.
pub(crate) struct Bands {
    pub(crate) low: f32,
    pub(crate) band: f32,
    pub(crate) high: f32,
}

/// A second-order filter of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    first: f32,
    second: f32,
}

impl Filter {
    pub(crate) fn next(&mut self, shape: &Shape, sample: f32) -> Bands {
        let rest = sample - self.second;
        let band = shape.a1 * self.first + shape.a2 * rest;
        let low = self.second + shape.a2 * self.first + shape.a3 * rest;
        self.first = 2.0 * band - self.first;
        self.second = 2.0 * low - self.second;
        Bands { low, band, high: sample - shape.damping * band - low }
    }
}

/// Two low-passes in a row on both channels: 24 dB an octave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LowPass24 {
    stages: [[Filter; 2]; 2],
}

impl LowPass24 {
    /// The two stages' shapes; `resonance` 0 is a Butterworth response.
    pub(crate) fn shapes(hertz: f32, resonance: f32) -> [Shape; 2] {
        [Shape::new(hertz, 0.541), Shape::new(hertz, 1.307 * (1.0 + resonance))]
    }

    pub(crate) fn next(&mut self, shapes: &[Shape; 2], mut frame: Frame) -> Frame {
        for (stage, shape) in self.stages.iter_mut().zip(shapes) {
            frame = [stage[0].next(shape, frame[0]).low, stage[1].next(shape, frame[1]).low];
        }
        frame
    }
}

/// A first-order low-pass of one channel; what it leaves out is the high-pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Smooth {
    share: f32,
    state: f32,
}

impl Smooth {
    pub(crate) fn new(hertz: f32) -> Self {
        let share = 1.0 - (-std::f32::consts::TAU * hertz / SAMPLE_RATE as f32).exp();
        Self { share, state: 0.0 }
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
        let shapes = LowPass24::shapes(500.0, 0.0);
        let level = |hertz: f32| {
            let mut filter = LowPass24::default();
            let wave = |i: usize| {
                let cycles = (i as f64 * f64::from(hertz) / 48e3).fract();
                (cycles * std::f64::consts::TAU).sin() as f32
            };
            let out: Vec<f32> =
                (0..24_000).map(|i| filter.next(&shapes, [wave(i); 2])[1]).collect();
            out[12_000..].iter().map(|y| y.abs()).fold(0.0, f32::max)
        };
        assert!((20.0 * level(100.0).log10()).abs() < 0.2);
        let fall = 20.0 * (level(4000.0) / level(2000.0)).log10();
        assert!((-25.0..-24.0).contains(&fall), "{fall}");
    }
}
