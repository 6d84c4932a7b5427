//! How does a mix come to its loudness without clipping?
//!
//! Gain, a soft clip that rounds off the highest peaks, and a look-ahead limiter that also looks between
//! the samples (four times oversampled), so that no converter and no lossy coder overshoots by much.
//! The gain is found by measuring what would come out, at most four times; then the mix is changed in
//! place. Peaks and gains are kept for sixteen frames at a time.

pub(crate) mod levels;
mod limiter;
pub(crate) mod meter;

use limiter::STEP;
use meter::Meter;
use rayon::prelude::*;

use super::pcm::{Frame, SAMPLE_RATE};
use super::settings::SoundSettings;

/// Frames of a thread's share: whole steps of limiter and meter.
const PIECE: usize = 3 * SAMPLE_RATE as usize;
/// Frames that are worked on at a time: few enough to stay in the processor's cache.
const AT_ONCE: usize = meter::STEP;
/// Frames after which the meter's filters have forgotten where they started.
const WARM_UP: usize = 2 * meter::STEP;
/// What clip and limiter take from a usual mix, so that the first attempt is often right.
const USUALLY_TAKEN_DB: f64 = 2.8;
/// The most by which a quiet mix is amplified.
const MOST_DB: f64 = 40.0;

/// Masters a mix of a known loudness in LUFS in place; `None` is silence and stays so.
pub(crate) fn finish(mix: &mut [Frame], loudness: Option<f64>, sound: &SoundSettings) {
    let Some(loudness) = loudness else { return };
    let best = search(mix, loudness, sound);
    mix.par_chunks_mut(PIECE).enumerate().for_each(|(index, piece)| {
        limiter::apply(piece, best.gain, &best.gains[index * PIECE / STEP..]);
    });
}

/// A gain before clip and limiter, and what it leads to.
struct Attempt {
    gain: f32,
    /// The limiter's gains, one a step.
    gains: Vec<f32>,
    /// By how much the result is too quiet.
    missing_db: f64,
}

/// The gain that comes closest to the loudness wanted, in at most four attempts.
fn search(mix: &[Frame], loudness: f64, sound: &SoundSettings) -> Attempt {
    let ceiling = 10.0_f32.powf(sound.ceiling_dbtp as f32 / 20.0);
    let mut gain_db = (sound.loudness_lufs - loudness + USUALLY_TAKEN_DB).min(MOST_DB);
    let mut best = Attempt { gain: 1.0, gains: Vec::new(), missing_db: f64::INFINITY };
    // How much of each decibel that goes in comes out, as the limiter takes part of it: by the last two
    // attempts, and at first about what is usual.
    let (mut share, mut last) = (0.6, None);
    for _ in 0..4 {
        let gain = 10.0_f32.powf(gain_db as f32 / 20.0);
        let gains = limiter::gains(&peaks(mix, gain), ceiling);
        let missing_db = measured(mix, gain, &gains).map_or(0.0, |now| sound.loudness_lufs - now);
        if missing_db.abs() < best.missing_db.abs() {
            best = Attempt { gain, gains, missing_db };
        }
        if missing_db.abs() < 0.2 {
            break;
        }
        if let Some((gain_before, missing_before)) = last {
            let rise: f64 = (missing_before - missing_db) / (gain_db - gain_before);
            share = if rise.is_finite() { rise.clamp(0.25, 1.0) } else { share };
        }
        last = Some((gain_db, missing_db));
        gain_db = (gain_db + missing_db / share).min(MOST_DB);
    }
    best
}

/// The height of the wave in each step once gain and clip have passed.
fn peaks(mix: &[Frame], gain: f32) -> Vec<f32> {
    let mut peaks = vec![0.0; mix.len().div_ceil(STEP)];
    let pieces = peaks.par_chunks_mut(AT_ONCE / STEP).enumerate();
    pieces.for_each_init(Vec::new, |around, (index, peaks)| {
        let from = index * AT_ONCE;
        let end = (from + AT_ONCE).min(mix.len());
        let margin = limiter::MARGIN;
        around.clear();
        around.resize(margin.saturating_sub(from), [0.0; 2]);
        around.extend(&mix[from.saturating_sub(margin)..(end + margin).min(mix.len())]);
        around.resize(end - from + 2 * margin, [0.0; 2]);
        limiter::peaks(around, gain, peaks);
    });
    peaks
}

/// The loudness that the limiter would leave.
fn measured(mix: &[Frame], gain: f32, gains: &[f32]) -> Option<f64> {
    let energies = (0..mix.len().div_ceil(PIECE)).into_par_iter().flat_map_iter(|index| {
        let from = index * PIECE;
        let start = from.saturating_sub(WARM_UP);
        let mut meter = Meter::default();
        let mut limited = Vec::new();
        for (index, some) in mix[start..(from + PIECE).min(mix.len())].chunks(AT_ONCE).enumerate() {
            limited.clear();
            limited.extend(some);
            limiter::apply(&mut limited, gain, &gains[(start + index * AT_ONCE) / STEP..]);
            meter.measure(&limited);
        }
        meter.energies().split_off((from - start) / meter::STEP)
    });
    meter::loudness(&energies.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::levels::levels;
    use super::*;

    fn drums(n_frames: usize, level: f32) -> Vec<Frame> {
        let wave = |i: usize| {
            let t = (i % 24_000) as f32 / 48e3;
            level * (t * 377.0).sin() * (-t * 9.0).exp() + 0.1 * (i as f32 * 0.05).sin()
        };
        (0..n_frames).map(|i| [wave(i), wave(i + 7)]).collect()
    }

    fn finished(mut mix: Vec<Frame>, sound: &SoundSettings) -> Vec<Frame> {
        let mut meter = Meter::default();
        meter.measure(&mix);
        finish(&mut mix, meter.loudness(), sound);
        mix
    }

    #[test]
    fn a_quiet_and_a_loud_mix_come_to_the_same_loudness_below_the_ceiling() {
        for level in [0.01, 0.6, 30.0] {
            let sound = SoundSettings { loudness_lufs: -12.0, ..SoundSettings::default() };
            let levels = levels(&finished(drums(48_000 * 15 + 77, level), &sound));
            assert!((levels.loudness_lufs - sound.loudness_lufs).abs() < 0.5, "{levels:?}");
            assert!(levels.true_peak_dbtp < sound.ceiling_dbtp + 0.3, "{levels:?}");
        }
    }

    #[test]
    fn silence_stays_silent_and_nothing_is_not_a_number() {
        let done = finished(vec![[0.0; 2]; 100_000], &SoundSettings::default());
        assert!(done.iter().flatten().all(|sample| sample.abs() < 1e-12));
        assert!(finished(Vec::new(), &SoundSettings::default()).is_empty());
        let odd = finished(drums(PIECE + 1, 2.0), &SoundSettings::default());
        assert!(odd.iter().flatten().all(|sample| sample.is_finite()));
    }

    #[test]
    fn the_seams_between_pieces_are_not_heard() {
        let mix = drums(PIECE * 2 + 48_000, 2.0);
        let mut whole = vec![[0.0; 2]; limiter::MARGIN];
        whole.extend(&mix);
        whole.extend([[0.0; 2]; limiter::MARGIN]);
        let mut at_once = vec![0.0; mix.len().div_ceil(STEP)];
        limiter::peaks(&mut whole, 1.5, &mut at_once);
        assert_eq!(peaks(&mix, 1.5), at_once);
    }
}
