//! How does the bass of a drop sound?
//!
//! Two saws and a sine under them, distorted, one note at a time. With swell, a note starts low and
//! grows towards its end: the reverse bass between the kicks.
#![expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]

use std::ops::Range;

use music::score::{Note, Part};

use super::note::{self, SILENCE, Stereo, TimedNote};
use super::part_player::{PartPlayer, within};
use crate::audio::dsp::filter::LowPass24;
use crate::audio::dsp::math::{exp, sine, tanh};
use crate::audio::dsp::oscillator::{Saws, hertz, pan_gains, phase_step};
use crate::audio::dsp::simd::{BLOCK, LANES, Lanes, dispatched};
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::settings::SoundSettings;
use crate::audio::tempo_map::TempoMap;

/// Frames in which a note falls silent.
const RELEASE: usize = 480;

/// A part on the bass.
pub(super) struct Bass {
    /// In order.
    notes: Vec<TimedNote>,
    /// See [`SoundSettings::bass_swell`].
    swell: f32,
    /// See [`SoundSettings::bass_drive`].
    drive: f32,
}

impl Bass {
    pub(super) fn new(part: &Part, tempo_map: &TempoMap<'_>, sound: &SoundSettings) -> Self {
        let timed = |(index, note): (usize, &Note)| {
            let onset = tempo_map.frame(note.onset);
            TimedNote {
                onset,
                gate: tempo_map.frame(note.end()) - onset,
                key: f32::from(note.pitch.number()),
                gain: note::volume(part) * f32::from(note.velocity) / 110.0,
                brightness: 0.0,
                index: index as u64,
            }
        };
        let notes = part.notes.iter().enumerate().map(timed).collect();
        Self { notes, swell: sound.bass_swell, drive: sound.bass_drive }
    }

    fn within(&self, span: &Range<usize>) -> &[TimedNote] {
        within(&self.notes, span, |note| note.onset)
    }
}

impl PartPlayer for Bass {
    fn end(&self, span: &Range<usize>) -> usize {
        note::end(self.within(span), RELEASE)
    }

    fn play(&self, span: &Range<usize>, out: &mut [Frame]) {
        for eight in note::eights(self.within(span)) {
            play_eight(&eight, self.swell, self.drive, span.start, out);
        }
    }
}

dispatched! {
    fn play_eight(
        eight: &[&TimedNote],
        swell: f32,
        drive: f32,
        origin: usize,
        out: &mut [Frame],
    ) {
        let gates = note::lanes(eight, 1.0, |note| note.gate.max(1) as f32);
        let gains = note::lanes(eight, 0.0, |note| note.gain * 0.36);
        let mut saws = tuned(eight);
        let mut sub = Sub::new(eight);
        let pans = [pan_gains(-0.5), pan_gains(0.5)];
        let mut filter = LowPass24::default();
        let mut from = envelope(swell, 0.0, &gates);
        for start in (0..note::longest_gate(eight) + RELEASE).step_by(BLOCK) {
            let mut block = SILENCE;
            let [left, right] = &mut block;
            for (saw, pan) in saws.iter_mut().zip(pans) {
                saw.add(pan, left, right);
            }
            filter.next(&cutoffs(swell, start as f32, &gates), 0.3, left, right);
            let to = envelope(swell, (start + BLOCK) as f32, &gates);
            distort(&mut block, &mut sub, 1.0 + 7.0 * drive, [&from, &to], &gains);
            from = to;
            note::add(&block, start, eight, RELEASE, origin, out);
        }
    }
}

/// The saws of eight notes.
fn tuned(eight: &[&TimedNote]) -> [Saws; 2] {
    let mut saws = [Saws::silent(), Saws::silent()];
    for (lane, note) in eight.iter().enumerate() {
        saws[0].tune(lane, hertz(note.key, -5.0), 0, 0.6);
        saws[1].tune(lane, hertz(note.key, 6.0), 1 << 30, 0.6);
    }
    saws
}

/// The sine under each of eight notes, as a wrapping 32-bit phase.
struct Sub {
    phase: [u32; LANES],
    step: [u32; LANES],
}

impl Sub {
    fn new(eight: &[&TimedNote]) -> Self {
        let mut step = [0; LANES];
        for (step, note) in step.iter_mut().zip(eight) {
            *step = phase_step(hertz(note.key, 0.0) / SAMPLE_RATE as f32);
        }
        Self { phase: [0; LANES], step }
    }
}

/// The filter's cutoffs in hertz `at` frames after the onset: falling when plucked, rising with swell.
#[inline(always)]
fn cutoffs(swell: f32, at: f32, gates: &Lanes) -> Lanes {
    let mut cutoffs = [0.0; LANES];
    for lane in 0..LANES {
        let along = (at / gates[lane]).min(1.0);
        let open = 260.0 + 1500.0 * (1.0 - swell) * exp(-6.0 * along);
        cutoffs[lane] = open + 900.0 * swell * along;
    }
    cutoffs
}

/// Drives the saws together with their sine, adds the clean sine, and applies the envelope that goes from
/// `levels[0]` to `levels[1]`.
#[inline(always)]
fn distort(block: &mut Stereo, sub: &mut Sub, drive: f32, levels: [&Lanes; 2], gains: &Lanes) {
    let Sub { mut phase, step } = *sub;
    let [from, to] = levels;
    for frame in 0..BLOCK {
        for lane in 0..LANES {
            let gain = note::gain(from[lane], to[lane], frame) * gains[lane];
            let sub = sine(phase[lane] as i32 as f32 * (1.0 / 2_147_483_648.0));
            phase[lane] = phase[lane].wrapping_add(step[lane]);
            for channel in &mut *block {
                let sample = &mut channel[frame][lane];
                let driven = tanh((*sample * 0.7 + sub * 0.6) * drive);
                *sample = gain * (driven * 0.62 + sub * 0.5);
            }
        }
    }
    sub.phase = phase;
}

/// The amplitude envelopes `at` frames after the onset; they reach 0 exactly.
#[inline(always)]
fn envelope(swell: f32, at: f32, gates: &Lanes) -> Lanes {
    let mut levels = [0.0; LANES];
    for lane in 0..LANES {
        let attack = (at * (1.0 / 96.0)).min(1.0);
        let along = (at / gates[lane]).min(1.0);
        let plucked = 1.0 - 0.25 * along;
        // To the power of three quarters.
        let root = along.sqrt();
        let grown = 0.25 + 0.75 * root * root.sqrt();
        let left = 1.0 - ((at - gates[lane]).max(0.0) * (1.0 / RELEASE as f32)).min(1.0);
        levels[lane] = attack * (plucked + (grown - plucked) * swell) * left * left;
    }
    levels
}
