//! How does a mix come to its loudness without clipping?
//!
//! Gain, a soft clip that rounds the highest peaks off, and a look-ahead limiter that listens
//! between the samples (four times oversampled), so that no converter and no lossy coder overshoots
//! by much. The gain is found by measuring, at most three times.

use std::thread;

use super::filter::Smooth;
use super::loudness::loudness;
use super::{Frame, SAMPLE_RATE, Sound};

/// Frames that the limiter looks ahead: 2 ms.
const AHEAD: usize = 96;
/// Pieces that are limited on their own; each starts on what came before it to be in the same state.
const PIECE: usize = 10 * SAMPLE_RATE as usize;
const WARM_UP: usize = SAMPLE_RATE as usize;

/// The finished track.
pub(crate) fn finish(mut mix: Vec<Frame>, sound: &Sound) -> Vec<Frame> {
    prepare(&mut mix, sound);
    let Some(before) = loudness(&mix) else { return mix };
    let mut gain_db = (sound.loudness_lufs - before).min(40.0);
    let mut done = Vec::new();
    for _ in 0..3 {
        let gain = 10.0_f32.powf(gain_db as f32 / 20.0);
        done = limited(&mix, gain, 10.0_f32.powf(sound.ceiling_dbtp as f32 / 20.0));
        let missing = loudness(&done).map_or(0.0, |now| sound.loudness_lufs - now);
        if missing.abs() < 0.3 {
            break;
        }
        // Each decibel that goes in comes out smaller, as the limiter takes part of it.
        gain_db = (gain_db + missing * 1.25).min(40.0);
    }
    done
}

/// No constant part, and the tail faded to silence.
fn prepare(mix: &mut [Frame], sound: &Sound) {
    let mut constant = [Smooth::new(18.0), Smooth::new(18.0)];
    for frame in mix.iter_mut() {
        for (sample, constant) in frame.iter_mut().zip(&mut constant) {
            *sample = constant.high(*sample);
        }
    }
    let fade =
        (sound.tail_ms as usize * SAMPLE_RATE as usize * 3 / 4000).clamp(1, mix.len().max(1));
    let start = mix.len().saturating_sub(fade);
    for (index, frame) in mix[start..].iter_mut().enumerate() {
        let gone = (index + 1) as f32 / fade as f32;
        let gain = (1.0 - gone) * (1.0 - gone);
        *frame = frame.map(|sample| sample * gain);
    }
}

fn limited(mix: &[Frame], gain: f32, ceiling: f32) -> Vec<Frame> {
    let mut out = vec![[0.0; 2]; mix.len()];
    let n_workers = thread::available_parallelism().map_or(1, usize::from);
    let n_pieces = mix.len().div_ceil(PIECE).max(1);
    let share = n_pieces.div_ceil(n_workers) * PIECE;
    thread::scope(|scope| {
        for (worker, some) in out.chunks_mut(share).enumerate() {
            scope.spawn(move || {
                for (index, piece) in some.chunks_mut(PIECE).enumerate() {
                    limit_piece(mix, worker * share + index * PIECE, gain, ceiling, piece);
                }
            });
        }
    });
    out
}

/// Fills `piece`, which starts at frame `from` of the mix.
fn limit_piece(mix: &[Frame], from: usize, gain: f32, ceiling: f32, piece: &mut [Frame]) {
    let start = from.saturating_sub(WARM_UP);
    let end = (from + piece.len() + 2 * AHEAD).min(mix.len());
    let clip = |sample: f32| soft_clip(sample * gain);
    let loud: Vec<Frame> = mix[start..end].iter().map(|frame| frame.map(clip)).collect();
    let mut gains: Vec<f32> = peaks(&loud).iter().map(|peak| ceiling / peak.max(ceiling)).collect();
    look_ahead(&mut gains);
    release(&mut gains);
    smooth(&mut gains);
    let skipped = from - start;
    for ((to, from), gain) in piece.iter_mut().zip(&loud[skipped..]).zip(&gains[skipped..]) {
        *to = from.map(|sample| sample * gain);
    }
}

/// Unchanged up to 0.7, then rounded towards 1.25.
fn soft_clip(sample: f32) -> f32 {
    const KNEE: f32 = 0.7;
    const ROOM: f32 = 0.55;
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    (KNEE + ROOM * ((size - KNEE) / ROOM).tanh()).copysign(sample)
}

/// The height of the wave around each frame, at four times the rate.
fn peaks(frames: &[Frame]) -> Vec<f32> {
    let mut peaks: Vec<f32> = frames.iter().map(|f| f[0].abs().max(f[1].abs())).collect();
    let kernels = kernels();
    let half = TAPS / 2;
    if frames.len() < TAPS {
        return peaks;
    }
    for channel in 0..2 {
        let samples: Vec<f32> = frames.iter().map(|frame| frame[channel]).collect();
        for block in (half..frames.len() - half).step_by(64) {
            let end = (block + 64).min(frames.len() - half);
            let around = &samples[block - half..end + half];
            // Between samples a wave rises at most about half above them.
            if around.iter().all(|sample| sample.abs() < 0.5) {
                continue;
            }
            for kernel in &kernels {
                for (index, peak) in peaks[block..end].iter_mut().enumerate() {
                    let window = &around[index + 1..index + 1 + TAPS];
                    let between: f32 = window.iter().zip(kernel).map(|(s, k)| s * k).sum();
                    *peak = peak.max(between.abs());
                }
            }
        }
    }
    peaks
}

const TAPS: usize = 12;

/// Windowed sinc kernels for the points a quarter, a half and three quarters after a sample.
fn kernels() -> [[f32; TAPS]; 3] {
    [0.25, 0.5, 0.75].map(|after: f64| {
        std::array::from_fn(|tap| {
            let x = tap as f64 - (TAPS as f64 / 2.0 - 1.0) - after;
            let angle = std::f64::consts::PI * x;
            let window = 0.5 + 0.5 * (angle / (TAPS as f64 / 2.0)).cos();
            (angle.sin() / angle * window) as f32
        })
    })
}

/// Each gain becomes the lowest of itself and the `AHEAD` after it.
fn look_ahead(gains: &mut [f32]) {
    let mut lowest: std::collections::VecDeque<(usize, f32)> = std::collections::VecDeque::new();
    for index in (0..gains.len()).rev() {
        let gain = gains[index];
        while lowest.back().is_some_and(|(_, other)| *other >= gain) {
            lowest.pop_back();
        }
        lowest.push_back((index, gain));
        while lowest.front().is_some_and(|(at, _)| *at > index + AHEAD) {
            lowest.pop_front();
        }
        gains[index] = lowest.front().map_or(gain, |(_, gain)| *gain);
    }
}

/// Gains rise slowly: most of the way in 60 ms.
fn release(gains: &mut [f32]) {
    let share = 1.0 - (-1.0 / (0.06 * SAMPLE_RATE as f32)).exp();
    let mut held = 1.0_f32;
    for gain in gains {
        held = if *gain < held { *gain } else { held + (*gain - held) * share };
        *gain = held;
    }
}

/// The mean of each gain and the `AHEAD` before it, so that a gain falls in a ramp and arrives in
/// time.
fn smooth(gains: &mut [f32]) {
    let mut window = [1.0_f32; AHEAD];
    let mut sum = AHEAD as f64;
    for (index, gain) in gains.iter_mut().enumerate() {
        let oldest = &mut window[index % AHEAD];
        sum += f64::from(*gain) - f64::from(*oldest);
        *oldest = *gain;
        *gain = (sum / AHEAD as f64) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::levels;

    fn drums(n_frames: usize, level: f32) -> Vec<Frame> {
        let wave = |i: usize| {
            let t = (i % 24_000) as f32 / 48e3;
            level * (t * 377.0).sin() * (-t * 9.0).exp() + 0.1 * (i as f32 * 0.05).sin()
        };
        (0..n_frames).map(|i| [wave(i), wave(i + 7)]).collect()
    }

    #[test]
    fn a_quiet_and_a_loud_mix_come_to_the_same_loudness_below_the_ceiling() {
        for level in [0.01, 0.6, 30.0] {
            let sound = Sound::default();
            let done = finish(drums(48_000 * 15, level), &sound);
            let levels = levels(&done);
            assert!((levels.loudness_lufs - sound.loudness_lufs).abs() < 1.0, "{levels:?}");
            assert!(levels.true_peak_dbtp < sound.ceiling_dbtp + 0.3, "{levels:?}");
        }
    }

    #[test]
    fn silence_stays_silent_and_nothing_is_not_a_number() {
        let done = finish(vec![[0.0; 2]; 100_000], &Sound::default());
        assert!(done.iter().flatten().all(|sample| sample.abs() < 1e-12));
        assert!(finish(Vec::new(), &Sound::default()).is_empty());
    }

    #[test]
    fn the_seams_between_pieces_are_not_heard() {
        let mix = drums(PIECE + 48_000, 2.0);
        let pieces = limited(&mix, 1.0, 0.8);
        let mut whole = vec![[0.0; 2]; mix.len()];
        limit_piece(&mix, 0, 1.0, 0.8, &mut whole);
        let differs = pieces.iter().flatten().zip(whole.iter().flatten());
        assert!(differs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 1e-4);
    }
}
