//! How are peaks kept below a ceiling, inaudibly?
//!
//! The height of the wave is taken between samples too, for sixteen frames at a time; the gain falls
//! in a ramp before a peak comes and rises slowly after it. Between steps it moves in straight lines.

use crate::audio::dsp::math::tanh;
use crate::audio::dsp::simd::dispatched;
use crate::audio::pcm::{Frame, SAMPLE_RATE};

/// Frames that share a peak, and from one gain to the next.
pub(super) const STEP: usize = 16;
/// Frames before and after a stretch that its peaks depend on.
pub(super) const MARGIN: usize = TAPS / 2;
/// Steps by which the limiter looks ahead: 2 ms.
const AHEAD: usize = 6;

dispatched! {
    /// Amplifies and clips a stretch with [`MARGIN`] frames around it, and finds the height of the
    /// wave in each of its steps.
    pub(super) fn peaks(around: &mut [Frame], gain: f32, peaks: &mut [f32]) {
        clip(around, gain);
        let kernels = kernels();
        for (index, peak) in peaks.iter_mut().enumerate() {
            // The last step may be cut short.
            let end = (index * STEP + STEP + 2 * MARGIN).min(around.len());
            let mut window = [[0.0_f32; STEP + 2 * MARGIN]; 2];
            for (at, frame) in around[index * STEP..end].iter().enumerate() {
                (window[0][at], window[1][at]) = (frame[0], frame[1]);
            }
            let mut highest = [0.0_f32; STEP];
            for samples in &window {
                for (at, highest) in highest.iter_mut().enumerate() {
                    *highest = highest.max(samples[MARGIN + at].abs());
                }
            }
            // Between samples a wave rises at most about half above them.
            if highest.iter().any(|height| *height > 0.45) {
                for samples in &window {
                    raise_between(samples, &kernels, &mut highest);
                }
            }
            *peak = highest.into_iter().fold(0.0, f32::max);
        }
    }
}

/// Raises the height at each sample to that of the wave between it and the next one.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn raise_between(
    samples: &[f32; STEP + 2 * MARGIN],
    kernels: &[[f32; TAPS]; 3],
    highest: &mut [f32; STEP],
) {
    for kernel in kernels {
        let mut between = [0.0_f32; STEP];
        for (tap, factor) in kernel.iter().enumerate() {
            for (at, sum) in between.iter_mut().enumerate() {
                *sum += samples[at + 1 + tap] * factor;
            }
        }
        for (highest, between) in highest.iter_mut().zip(between) {
            *highest = highest.max(between.abs());
        }
    }
}

dispatched! {
    /// Amplifies, clips and limits a stretch in place; `gains` starts with its first step's.
    pub(super) fn apply(piece: &mut [Frame], gain: f32, gains: &[f32]) {
        clip(piece, gain);
        for (step, frames) in piece.chunks_mut(STEP).enumerate() {
            let (from, to) = (gains[step], gains[step + 1]);
            for (index, frame) in frames.iter_mut().enumerate() {
                let gain = from + (to - from) * (index as f32 * (1.0 / STEP as f32));
                frame[0] *= gain;
                frame[1] *= gain;
            }
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn clip(frames: &mut [Frame], gain: f32) {
    for some in frames.as_flattened_mut().chunks_mut(2 * STEP) {
        let mut is_over = 0;
        for sample in some.iter_mut() {
            *sample *= gain;
            is_over |= u32::from(sample.abs() > KNEE);
        }
        // Most of a track is below the knee, where the clip would leave it as it is, slowly.
        if is_over != 0 {
            for sample in some {
                *sample = soft_clip(*sample);
            }
        }
    }
}

/// Where the clip begins.
const KNEE: f32 = 0.7;

/// Unchanged up to 0.7, then rounded towards 1.25.
#[inline(always)]
fn soft_clip(sample: f32) -> f32 {
    const ROOM: f32 = 0.55;
    let size = sample.abs();
    let over = (size - KNEE).max(0.0);
    (size.min(KNEE) + ROOM * tanh(over / ROOM)).copysign(sample)
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

/// The gain at the start of each step, and one more at the end of the last.
pub(super) fn gains(peaks: &[f32], ceiling: f32) -> Vec<f32> {
    let wanted = |index: usize| peaks.get(index).map_or(1.0, |peak| ceiling / peak.max(ceiling));
    // The gain between two steps must suit both.
    let mut gains: Vec<f32> = (0..=peaks.len())
        .map(|index| wanted(index).min(index.checked_sub(1).map_or(1.0, wanted)))
        .collect();
    look_ahead(&mut gains);
    release(&mut gains);
    smooth(&mut gains);
    gains
}

/// Each gain becomes the lowest of itself and the `AHEAD` after it.
fn look_ahead(gains: &mut [f32]) {
    for index in 0..gains.len() {
        let end = (index + AHEAD + 1).min(gains.len());
        gains[index] = gains[index..end].iter().copied().fold(1.0, f32::min);
    }
}

/// Gains rise slowly: most of the way in 60 ms.
fn release(gains: &mut [f32]) {
    let share = 1.0 - (-(STEP as f32) / (0.06 * SAMPLE_RATE as f32)).exp();
    let mut held = 1.0_f32;
    for gain in gains {
        held = if *gain < held { *gain } else { held + (*gain - held) * share };
        *gain = held;
    }
}

/// The mean of each gain and the `AHEAD` before it, so that a gain falls in a ramp and arrives in
/// time.
fn smooth(gains: &mut [f32]) {
    let mut before = [1.0_f32; AHEAD + 1];
    for (index, gain) in gains.iter_mut().enumerate() {
        before[index % (AHEAD + 1)] = *gain;
        *gain = before.iter().sum::<f32>() / (AHEAD + 1) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_peak_passes_and_quiet_music_is_left_alone() {
        let mut peaks = vec![0.2; 2000];
        (peaks[700], peaks[701], peaks[1500]) = (1.2, 0.9, 1.0);
        let gains = gains(&peaks, 0.8);
        for (step, peak) in peaks.iter().enumerate() {
            assert!(gains[step] * peak <= 0.8001 && gains[step + 1] * peak <= 0.8001, "{step}");
        }
        assert!(gains[..690].iter().all(|gain| *gain > 0.9999));
    }

    #[test]
    fn a_peak_between_samples_is_seen() {
        // A wave of a quarter of the sample rate whose samples all miss its tops.
        let wave = |i: usize| [0.5 * (std::f32::consts::FRAC_PI_2 * (i as f32 + 0.5)).sin(); 2];
        let mut around: Vec<Frame> = (0..320 + 2 * MARGIN).map(wave).collect();
        let mut found = vec![0.0; 20];
        peaks(&mut around, 1.3, &mut found);
        assert!(found[10] > 0.63 && found[10] < 0.67, "{found:?}");
    }
}
