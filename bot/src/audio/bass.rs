//! How does the bass of a drop sound?
//!
//! Two saws and a sine under them, distorted, one note at a time. With swell, a note starts low and
//! grows to its end, which makes the reverse bass between the kicks.

use std::f32::consts::TAU;

use model::score::{Note, Part};

use super::clock::Clock;
use super::filter::LowPass24;
use super::oscillator::{BLOCK, Saw, hertz};
use super::{Frame, SAMPLE_RATE, Sound};

/// Frames in which a note falls silent.
const RELEASE: usize = 480;

/// Adds the part to `out`.
pub(crate) fn play(part: &Part, sound: &Sound, clock: &Clock, out: &mut [Frame]) {
    for note in &part.notes {
        let onset = clock.frame(note.onset);
        if onset >= out.len() {
            break;
        }
        strike(note, sound, clock, &mut out[onset..]);
    }
}

fn strike(note: &Note, sound: &Sound, clock: &Clock, out: &mut [Frame]) {
    let gate = clock.frame(note.end()) - clock.frame(note.onset);
    let n_frames = (gate + RELEASE).min(out.len());
    let key = f32::from(note.pitch.number());
    let mut saws =
        [Saw::new(hertz(key, -5.0), 0, 0.6, -0.5), Saw::new(hertz(key, 6.0), 1 << 30, 0.6, 0.5)];
    let turn = TAU * hertz(key, 0.0) / SAMPLE_RATE as f32;
    let drive = 1.0 + 7.0 * sound.bass_drive;
    let gain = 0.36 * f32::from(note.velocity) / 110.0;
    let mut filter = LowPass24::default();
    for start in (0..n_frames).step_by(BLOCK) {
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        for saw in &mut saws {
            saw.add(&mut left, &mut right);
        }
        let along = (start as f32 / gate.max(1) as f32).min(1.0);
        let open = 260.0 + 1500.0 * (1.0 - sound.bass_swell) * (-6.0 * along).exp();
        let shapes = LowPass24::shapes(open + 900.0 * sound.bass_swell * along, 0.3);
        let end = (start + BLOCK).min(n_frames);
        for (index, frame) in out[start..end].iter_mut().enumerate() {
            let at = start + index;
            let envelope = gain * level(sound, at, gate);
            let sub = (at as f32 * turn).sin();
            let low = filter.next(&shapes, [left[index], right[index]]);
            for (channel, low) in frame.iter_mut().zip(low) {
                let driven = ((low * 0.7 + sub * 0.6) * drive).tanh();
                *channel += envelope * (driven * 0.62 + sub * 0.5);
            }
        }
    }
}

fn level(sound: &Sound, at: usize, gate: usize) -> f32 {
    let attack = (at as f32 / 96.0).min(1.0);
    let along = (at as f32 / gate.max(1) as f32).min(1.0);
    let plucked = 1.0 - 0.25 * along;
    let grown = 0.25 + 0.75 * along.powf(0.8);
    let gone = (at.saturating_sub(gate) as f32 / RELEASE as f32).min(1.0);
    attack * (plucked + (grown - plucked) * sound.bass_swell) * (1.0 - gone).powi(2)
}
