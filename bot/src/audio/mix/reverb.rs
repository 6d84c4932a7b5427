//! How does a room ring on?
//!
//! A feedback delay network of eight lines mixed by a Hadamard matrix (Jot 1991).

use crate::audio::dsp::filter::OnePole;
use crate::audio::dsp::halfband::HALF_RATE;
use crate::audio::dsp::simd::{LANES, Lanes};
use crate::audio::pcm::Frame;

/// Frames of each line at half the rate: primes from 30 to 68 ms, so that echoes never align.
const LINES: [usize; LANES] = [727, 839, 953, 1063, 1181, 1301, 1459, 1627];
/// Frames at half the rate before the reverb starts: 16 ms.
const PRE_DELAY: usize = 384;
/// A power of two above the longest line.
const RING: usize = 2048;

/// The tail of a room.
pub(super) struct Reverb {
    /// What each line keeps of its sound from pass to pass.
    gains: Lanes,
    /// What went into each line, by the time modulo [`RING`].
    ring: Vec<Lanes>,
    pre_delay: Vec<Frame>,
    now: usize,
    /// The state of each line's low-pass.
    damping: Lanes,
    low_cut: [OnePole; 2],
}

impl Reverb {
    /// `seconds` is the time in which the tail falls by 60 dB.
    pub(super) fn new(seconds: f32) -> Self {
        Self {
            gains: LINES.map(|n| 10.0_f32.powf(-3.0 * n as f32 / HALF_RATE / seconds)),
            ring: vec![[0.0; LANES]; RING],
            pre_delay: vec![[0.0; 2]; PRE_DELAY],
            now: 0,
            damping: [0.0; LANES],
            low_cut: [OnePole::at_rate(360.0, HALF_RATE); 2],
        }
    }

    /// The tail at the next frame.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled into each variant of its caller")]
    pub(super) fn next(&mut self, input: Frame) -> Frame {
        let arrived = std::mem::replace(&mut self.pre_delay[self.now % PRE_DELAY], input);
        let input = [self.low_cut[0].high(arrived[0]), self.low_cut[1].high(arrived[1])];
        let mut taps = [0.0; LANES];
        for line in 0..LANES {
            let heard = self.ring[(self.now + RING - LINES[line]) % RING][line];
            // The constant keeps the tail out of the range of denormals, which are slow.
            self.damping[line] += (heard - self.damping[line]) * 0.62 + 1e-20;
            taps[line] = self.damping[line] * self.gains[line];
        }
        let mut mixed = hadamard(taps);
        for line in 0..LANES {
            mixed[line] += input[line % 2];
        }
        self.ring[self.now % RING] = mixed;
        self.now += 1;
        [
            (taps[0] - taps[2] + taps[4] - taps[6]) * 0.5,
            (taps[1] - taps[3] + taps[5] - taps[7]) * 0.5,
        ]
    }
}

/// The orthogonal 8 × 8 Hadamard matrix, by three rounds of sums and differences.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn hadamard(mut x: Lanes) -> Lanes {
    for half in [4, 2, 1] {
        let mut y = [0.0; LANES];
        for index in 0..LANES {
            let other = index ^ half;
            y[index] = if index & half == 0 { x[index] + x[other] } else { x[other] - x[index] };
        }
        x = y;
    }
    x.map(|value| value * 0.353_553_4)
}
