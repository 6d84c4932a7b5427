//! How does a dry sound get a room around it?
//!
//! A ping-pong delay of a dotted eighth, and a feedback delay network of eight lines mixed by a
//! Hadamard matrix (Jot 1991). The reverb runs at half the rate: what it lacks above 10 kHz no one
//! misses in a tail.

use super::filter::Smooth;
use super::{Frame, SAMPLE_RATE};

/// Adds echoes every `period` frames, from side to side.
pub(crate) fn delay(frames: &mut [Frame], period: usize, send: f32) {
    const FEEDBACK: f32 = 0.42;
    let period = period.max(1);
    let mut lines = [vec![0.0_f32; period], vec![0.0_f32; period]];
    let mut dull = [Smooth::new(4200.0), Smooth::new(4200.0)];
    let mut thin = [Smooth::new(260.0), Smooth::new(260.0)];
    let mut at = 0;
    for frame in frames {
        let [left, right] = [lines[0][at], lines[1][at]];
        let middle = (frame[0] + frame[1]) * 0.5;
        lines[0][at] = thin[0].high(dull[0].low(middle * send + right * FEEDBACK));
        lines[1][at] = thin[1].high(dull[1].low(left * (FEEDBACK + 0.4)));
        frame[0] += left;
        frame[1] += right;
        at = if at + 1 == period { 0 } else { at + 1 };
    }
}

/// Frames of each line at half the rate: primes from 30 to 68 ms, so that echoes never align.
const LINES: [usize; 8] = [727, 839, 953, 1063, 1181, 1301, 1459, 1627];
/// Frames at half the rate before the reverb starts: 16 ms.
const PRE_DELAY: usize = 384;

/// Adds reverberation; `seconds` is the time to fall by 60 dB.
pub(crate) fn reverb(frames: &mut [Frame], send: f32, seconds: f32) {
    let half_rate = SAMPLE_RATE as f32 / 2.0;
    let gains = LINES.map(|n| 10.0_f32.powf(-3.0 * n as f32 / half_rate / seconds));
    let mut lines = LINES.map(|n| vec![0.0_f32; n]);
    let mut at = [0_usize; 8];
    let mut dull = [0.0_f32; 8];
    let mut thin = [Smooth::new(360.0), Smooth::new(360.0)];
    let mut before = [[0.0_f32; 2]; PRE_DELAY];
    let mut last = [0.0_f32; 2];
    for (pair, two) in frames.chunks_exact_mut(2).enumerate() {
        let arrived = &mut before[pair % PRE_DELAY];
        let input = [thin[0].high(arrived[0]), thin[1].high(arrived[1])];
        *arrived = [(two[0][0] + two[1][0]) * 0.5 * send, (two[0][1] + two[1][1]) * 0.5 * send];
        let mut taps = [0.0_f32; 8];
        for line in 0..8 {
            let heard = lines[line][at[line]];
            dull[line] += (heard - dull[line]) * 0.62 + 1e-20;
            taps[line] = dull[line] * gains[line];
        }
        let wet = [
            (taps[0] - taps[2] + taps[4] - taps[6]) * 0.5,
            (taps[1] - taps[3] + taps[5] - taps[7]) * 0.5,
        ];
        let mixed = hadamard(taps);
        for line in 0..8 {
            lines[line][at[line]] = mixed[line] + input[line % 2];
            at[line] = if at[line] + 1 == LINES[line] { 0 } else { at[line] + 1 };
        }
        // Back at the full rate, the frame between two of the reverb's is their mean.
        for channel in 0..2 {
            two[0][channel] += (last[channel] + wet[channel]) * 0.5;
            two[1][channel] += wet[channel];
        }
        last = wet;
    }
}

/// The orthogonal 8 × 8 Hadamard matrix, by three rounds of sums and differences.
fn hadamard(mut x: [f32; 8]) -> [f32; 8] {
    for half in [4, 2, 1] {
        let mut y = [0.0; 8];
        for index in 0..8 {
            let other = index ^ half;
            y[index] = if index & half == 0 { x[index] + x[other] } else { x[other] - x[index] };
        }
        x = y;
    }
    x.map(|value| value * 0.353_553_4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energy(frames: &[Frame]) -> f32 {
        frames.iter().map(|f| f[0] * f[0] + f[1] * f[1]).sum()
    }

    #[test]
    fn a_reverb_falls_by_about_60_db_in_its_time() {
        let mut dry = vec![[0.0; 2]; 144_000];
        for (index, frame) in dry.iter_mut().take(4800).enumerate() {
            *frame = [(index as f32 * 0.13).sin(); 2];
        }
        let mut wet = dry.clone();
        reverb(&mut wet, 0.5, 2.0);
        let early = energy(&wet[10_000..20_000]);
        let late = energy(&wet[106_000..116_000]);
        let fall = 10.0 * (late / early).log10();
        assert!((-75.0..-45.0).contains(&fall), "{fall}");
    }

    #[test]
    fn echoes_alternate_between_the_sides() {
        let mut wet = vec![[0.0; 2]; 5000];
        wet[0] = [1.0, 1.0];
        delay(&mut wet, 1000, 0.5);
        let side = |from: usize, channel: usize| -> f32 {
            wet[from..from + 900].iter().map(|f| f[channel] * f[channel]).sum()
        };
        assert!(side(1000, 0) > 0.0 && side(1000, 1) < 1e-12);
        assert!(side(2000, 1) > 0.0 && side(3000, 0) > 0.0);
        assert!(side(3000, 0) < side(1000, 0));
    }
}
