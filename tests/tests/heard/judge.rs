//! Does a sound hold the music that its MIDI file says?

use std::f64::consts::TAU;

use crate::decoded::RATE;
use crate::spectrum::{STEPS, magnitudes};

/// A note in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) onset: f64,
    pub(crate) end: f64,
    pub(crate) key: u8,
}

/// The tempo in beats a minute, between 80 and 200: where the onsets and their multiples repeat best.
pub(crate) fn tempo(onsets: &[f64]) -> f64 {
    let strength = |bpm: f64| -> f64 {
        let beat = |multiple: f64| {
            let step = TAU * bpm / 60.0 * multiple / STEPS;
            let (mut re, mut im) = (0.0, 0.0);
            for (index, onset) in onsets.iter().enumerate() {
                let (sin, cos) = (step * index as f64).sin_cos();
                re += onset * cos;
                im += onset * sin;
            }
            (re * re + im * im).sqrt()
        };
        beat(1.0) + beat(2.0) + 0.5 * beat(4.0)
    };
    let best = |from: f64, to: f64, step: f64| {
        let n = ((to - from) / step) as usize;
        let all = (0..=n).map(|i| from + i as f64 * step);
        all.max_by(|a, b| strength(*a).total_cmp(&strength(*b))).unwrap_or(from)
    };
    let coarse = best(80.0, 200.0, 0.25);
    best(coarse - 0.3, coarse + 0.3, 0.02)
}

/// Seconds by which the sound is late, up to 0.3 either way: where its onsets meet the written ones.
pub(crate) fn lag(onsets: &[f64], notes: &[Heard]) -> f64 {
    let reach = (0.3 * STEPS) as isize;
    let match_at = |lag: isize| -> f64 {
        let at = |note: &Heard| (note.onset * STEPS).round() as isize + lag;
        notes.iter().filter_map(|note| onsets.get(usize::try_from(at(note)).ok()?)).sum()
    };
    let best = (-reach..=reach).max_by(|a, b| match_at(*a).total_cmp(&match_at(*b)));
    best.unwrap_or(0) as f64 / STEPS
}

/// How far from the written key the analysis looks, in semitones.
const REACH: i32 = 12;

/// How strongly each key around a note's own sounds while the note does.
pub(crate) struct Strengths([f64; 2 * REACH as usize + 1]);

impl Strengths {
    pub(crate) fn of(samples: &[f32], note: &Heard) -> Self {
        let spectrum = spectrum_of(samples, note);
        let lowest = i32::from(note.key) - REACH;
        Self(std::array::from_fn(|index| harmonics(&spectrum, f64::from(lowest + index as i32))))
    }

    fn at(&self, away: i32) -> f64 {
        self.0[(away + REACH) as usize]
    }

    /// Whether the key `away` from the written one sounds: whether its harmonics stand out more than
    /// those of its neighbours up to a whole tone away.
    pub(crate) fn has(&self, away: i32) -> bool {
        [-2, -1, 1, 2].iter().all(|further| self.at(away) > self.at(away + further))
    }
}

/// Semitones by which the sound is higher than the notes, -11 to 11: where most of their harmonics are.
pub(crate) fn transposition(notes: &[Strengths]) -> i32 {
    let sum = |away: i32| notes.iter().map(|note| note.at(away)).sum::<f64>();
    (1 - REACH..REACH).max_by(|a, b| sum(*a).total_cmp(&sum(*b))).unwrap_or(0)
}

const SIZE: usize = 32_768;

/// Past the attack, and long enough to tell semitones apart.
fn spectrum_of(samples: &[f32], note: &Heard) -> Vec<f64> {
    let at = ((note.onset + 0.01) * RATE) as usize;
    let length = ((note.end - note.onset - 0.01).clamp(0.06, 0.3) * RATE) as usize;
    magnitudes(samples, at, length, SIZE)
}

/// The levels of a key's first eight harmonics, in sum.
fn harmonics(spectrum: &[f64], key: f64) -> f64 {
    let fundamental = 440.0 * ((key - 69.0) / 12.0).exp2();
    let level = |hertz: f64| {
        let around = |cents: f64| hertz * (cents / 1200.0).exp2() / RATE * SIZE as f64;
        let (from, to) = (around(-20.0).floor() as usize, around(20.0).ceil() as usize);
        let top = spectrum[from.min(SIZE / 2 - 1)..(to + 1).min(SIZE / 2)].iter();
        (top.copied().fold(0.0, f64::max) + 1e-7).ln()
    };
    (1..=8).map(|harmonic| level(f64::from(harmonic) * fundamental)).sum()
}

/// Mean power in decibels.
pub(crate) fn level(samples: &[f32], from: f64, to: f64) -> f64 {
    let start = ((from * RATE) as usize).min(samples.len());
    let end = ((to * RATE) as usize).clamp(start, samples.len());
    let some = &samples[start..end];
    let power = some.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / some.len().max(1) as f64;
    10.0 * (power + 1e-12).log10()
}

/// What is below `hertz` (or above, if `high`), by two first-order filters in a row.
pub(crate) fn filtered(samples: &[f32], hertz: f64, high: bool) -> Vec<f32> {
    let share = 1.0 - (-TAU * hertz / RATE).exp();
    let mut held = [0.0; 2];
    let once = |sample: &f32| {
        let mut sample = f64::from(*sample);
        for state in &mut held {
            *state += (sample - *state) * share;
            sample = if high { sample - *state } else { *state };
        }
        sample as f32
    };
    samples.iter().map(once).collect()
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
