//! How does a part sound on the polysynth?
//!
//! Each note has its saws, an amplitude envelope and a filter; notes that start together open their
//! filters alike. Onsets are exact to the frame; envelopes move in straight lines from block to block.
#![expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]

use std::ops::Range;

use music::score::{Note, Part};

use super::note::{self, SILENCE, TimedNote};
use super::part_player::{PartPlayer, within};
use super::patch::{self, Patch};
use crate::audio::dsp::filter::LowPass24;
use crate::audio::dsp::math::{exp, exp2};
use crate::audio::dsp::noise::Noise;
use crate::audio::dsp::oscillator::{Saws, hertz, pan_gains};
use crate::audio::dsp::simd::{BLOCK, LANES, Lanes, dispatched};
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::tempo_map::TempoMap;

/// The program byte whose patch plays a part that names none: Pad 3 (polysynth).
const POLYSYNTH: u8 = 90;

/// A part on the patch of its program.
pub(super) struct Polysynth {
    /// In order.
    notes: Vec<TimedNote>,
    patch: &'static Patch,
    seed: u64,
}

impl Polysynth {
    pub(super) fn new(part: &Part, tempo_map: &TempoMap<'_>, seed: u64) -> Self {
        let mut notes = Vec::with_capacity(part.notes.len());
        for chord in part.notes.chunk_by(|a, b| a.onset == b.onset) {
            let brightness = brightness(chord);
            for note in chord {
                let onset = tempo_map.frame(note.onset);
                notes.push(TimedNote {
                    onset,
                    gate: tempo_map.frame(note.end()) - onset,
                    key: f32::from(note.pitch.number()),
                    gain: note::volume(part) * (f32::from(note.velocity) / 110.0).powf(1.3),
                    brightness,
                    index: notes.len() as u64,
                });
            }
        }
        Self { notes, patch: patch::for_program(part.program.unwrap_or(POLYSYNTH)), seed }
    }

    fn within(&self, span: &Range<usize>) -> &[TimedNote] {
        within(&self.notes, span, |note| note.onset)
    }
}

impl PartPlayer for Polysynth {
    fn end(&self, span: &Range<usize>) -> usize {
        note::end(self.within(span), release(self.patch))
    }

    fn play(&self, span: &Range<usize>, out: &mut [Frame]) {
        for eight in note::eights(self.within(span)) {
            play_eight(&eight, self.patch, self.seed, span.start, out);
        }
    }
}

/// How far the notes of a chord open the filter, in octaves: harder ones further, and half the way from
/// middle C to the middle of the chord.
fn brightness(chord: &[Note]) -> f32 {
    let middle =
        chord.iter().map(|n| f32::from(n.pitch.number())).sum::<f32>() / chord.len() as f32;
    let hardest = chord.iter().map(|n| n.velocity).max().unwrap_or(100);
    (middle - 60.0) / 24.0 + (f32::from(hardest) - 110.0) / 40.0
}

/// The release of a patch in frames.
fn release(patch: &Patch) -> usize {
    (patch.release * SAMPLE_RATE as f32) as usize
}

dispatched! {
    fn play_eight(
        eight: &[&TimedNote],
        patch: &Patch,
        seed: u64,
        origin: usize,
        out: &mut [Frame],
    ) {
        let release = release(patch);
        let gates = note::lanes(eight, 0.0, |note| note.gate as f32);
        let gains = note::lanes(eight, 0.0, |note| note.gain * patch.gain);
        let cutoffs = note::lanes(eight, 0.0, |note| patch.cutoff_hz * exp2(note.brightness));
        let mut saws = tuned(eight, patch, seed);
        let mut filter = LowPass24::default();
        let mut from = envelope(patch, 0.0, &gates, release as f32);
        for start in (0..note::longest_gate(eight) + release).step_by(BLOCK) {
            let mut block = SILENCE;
            let [left, right] = &mut block;
            for (saw, pan) in &mut saws {
                saw.add(*pan, left, right);
            }
            let to = envelope(patch, (start + BLOCK) as f32, &gates, release as f32);
            for frame in 0..BLOCK {
                for lane in 0..LANES {
                    let gain = note::gain(from[lane], to[lane], frame) * gains[lane];
                    // The constant keeps the filter of a note that has ended out of the range of
                    // denormals, which are slow.
                    left[frame][lane] = left[frame][lane] * gain + 1e-18;
                    right[frame][lane] = right[frame][lane] * gain + 1e-18;
                }
            }
            from = to;
            let seconds = start as f32 / SAMPLE_RATE as f32;
            let open = exp2(patch.open_octaves * exp(-seconds / patch.close));
            let hertz = cutoffs.map(|cutoff| (cutoff * open).min(18_000.0));
            filter.next(&hertz, patch.resonance, left, right);
            note::add(&block, start, eight, release, origin, out);
        }
    }
}

/// The oscillators of the patch for eight notes, each starting anywhere in its cycle, with their pans.
fn tuned(eight: &[&TimedNote], patch: &Patch, seed: u64) -> Vec<(Saws, [f32; 2])> {
    let oscillators = patch.oscillators.iter();
    let mut saws: Vec<_> =
        oscillators.map(|oscillator| (Saws::silent(), pan_gains(oscillator.pan))).collect();
    for (lane, note) in eight.iter().enumerate() {
        let mut noise = Noise::new(seed, note.index ^ 0xA11CE);
        let mut phase = 0;
        for (oscillator, (saw, _)) in patch.oscillators.iter().zip(&mut saws) {
            let hertz = hertz(note.key, oscillator.cents);
            if oscillator.completes_square {
                saw.tune(lane, hertz, phase ^ 0x8000_0000, -oscillator.gain);
            } else {
                phase = noise.word() as u32;
                saw.tune(lane, hertz, phase, oscillator.gain);
            }
        }
    }
    saws
}

/// The amplitude envelopes `at` frames after the onset; they reach 0 exactly.
#[inline(always)]
fn envelope(patch: &Patch, at: f32, gates: &Lanes, release: f32) -> Lanes {
    let mut levels = [0.0; LANES];
    for lane in 0..LANES {
        let seconds = at.min(gates[lane]) * (1.0 / SAMPLE_RATE as f32);
        let rise = (seconds / patch.attack).min(1.0);
        let fall = exp(-(seconds - patch.attack).max(0.0) / (patch.decay * 0.5));
        let held = rise * (patch.sustain + (1.0 - patch.sustain) * fall);
        let left = 1.0 - ((at - gates[lane]).max(0.0) / release.max(1.0)).min(1.0);
        levels[lane] = held * left * left;
    }
    levels
}
