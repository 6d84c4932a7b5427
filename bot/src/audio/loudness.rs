//! How loud is a sound, and how high are its peaks?
//!
//! ITU-R BS.1770-4 and EBU R 128, by the crate `ebur128`.

use std::thread;

use ebur128::{EbuR128, Mode};

use super::{Frame, SAMPLE_RATE};

/// What a meter shows of a whole track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Integrated loudness; negative infinity for silence.
    pub loudness_lufs: f64,
    /// The highest true peak of both channels.
    pub true_peak_dbtp: f64,
}

/// Loudness and true peak, measured slowly and exactly in one pass.
pub fn levels(frames: &[Frame]) -> Levels {
    let Ok(mut meter) = EbuR128::new(2, SAMPLE_RATE, Mode::I | Mode::TRUE_PEAK) else {
        return Levels { loudness_lufs: f64::NAN, true_peak_dbtp: f64::NAN };
    };
    let heard = meter.add_frames_f32(frames.as_flattened()).is_ok();
    let peak = (0..2).filter_map(|channel| meter.true_peak(channel).ok()).fold(0.0, f64::max);
    Levels {
        loudness_lufs: meter.loudness_global().ok().filter(|_| heard).unwrap_or(f64::NAN),
        true_peak_dbtp: 20.0 * peak.log10(),
    }
}

/// Integrated loudness, measured in pieces of ten seconds on several threads.
///
/// Differs from [`levels`] by what falls on the seams, well under 0.1 dB. `None` for silence.
pub(crate) fn loudness(frames: &[Frame]) -> Option<f64> {
    let meter = |piece: &[Frame]| {
        let mut meter = EbuR128::new(2, SAMPLE_RATE, Mode::I).ok()?;
        meter.add_frames_f32(piece.as_flattened()).ok()?;
        Some(meter)
    };
    let n_workers = thread::available_parallelism().map_or(1, usize::from);
    let pieces: Vec<&[Frame]> = frames.chunks(10 * SAMPLE_RATE as usize).collect();
    let share = pieces.len().div_ceil(n_workers).max(1);
    let meters: Vec<EbuR128> = thread::scope(|scope| {
        let work = |some: &[&[Frame]]| some.iter().filter_map(|p| meter(p)).collect::<Vec<_>>();
        let started: Vec<_> =
            pieces.chunks(share).map(|some| scope.spawn(move || work(some))).collect();
        started.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect()
    });
    let loudness = EbuR128::loudness_global_multiple(meters.iter()).ok()?;
    loudness.is_finite().then_some(loudness)
}
