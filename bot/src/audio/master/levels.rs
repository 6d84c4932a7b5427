//! How loud is a finished sound, and how high are its peaks?
//!
//! ITU-R BS.1770-4 and EBU R 128, by the crate `ebur128`: slower than [`super::meter`], which is held against it.

use ebur128::{EbuR128, Mode};

use crate::audio::pcm::{Frame, SAMPLE_RATE};

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
