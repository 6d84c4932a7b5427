//! How does a part sound on the polysynth?
//!
//! Notes that start together share one filter, as on a paraphonic synthesizer; each keeps its own
//! oscillators and loudness envelope. Onsets are exact to the frame, envelopes move once a block.

use model::score::{Note, Part};

use super::clock::Clock;
use super::filter::LowPass24;
use super::noise::Noise;
use super::oscillator::{BLOCK, Saw, hertz};
use super::patch::Patch;
use super::{Frame, SAMPLE_RATE};

struct Key {
    saws: Vec<Saw>,
    gain: f32,
    /// Frames until it is let go.
    gate: usize,
}

/// Adds the part to `out`.
pub(crate) fn play(part: &Part, patch: &Patch, clock: &Clock, seed: u64, out: &mut [Frame]) {
    for (index, chord) in part.notes.chunk_by(|a, b| a.onset == b.onset).enumerate() {
        let onset = clock.frame(chord[0].onset);
        if onset >= out.len() {
            break;
        }
        let mut noise = Noise::new(seed, index as u64 ^ 0xA11CE);
        let keys = chord.iter().map(|note| key(note, patch, clock, &mut noise)).collect();
        strike(keys, chord, patch, &mut out[onset..]);
    }
}

fn key(note: &Note, patch: &Patch, clock: &Clock, noise: &mut Noise) -> Key {
    let number = f32::from(note.pitch.number());
    let mut phase = 0;
    let saw = |voice: &super::patch::Voice| {
        let (start, gain) = if voice.squares {
            (phase ^ 0x8000_0000, -voice.gain)
        } else {
            phase = noise.word() as u32;
            (phase, voice.gain)
        };
        Saw::new(hertz(number, voice.cents), start, gain, voice.pan)
    };
    Key {
        saws: patch.voices.iter().map(saw).collect(),
        gain: patch.gain * (f32::from(note.velocity) / 110.0).powf(1.3),
        gate: clock.frame(note.end()) - clock.frame(note.onset),
    }
}

fn strike(mut keys: Vec<Key>, chord: &[Note], patch: &Patch, out: &mut [Frame]) {
    let release = (patch.release * SAMPLE_RATE as f32) as usize;
    let longest = keys.iter().map(|key| key.gate).max().unwrap_or(0) + release;
    let n_frames = longest.min(out.len());
    // The filter follows half the way from middle C to the middle of the chord.
    let middle =
        chord.iter().map(|n| f32::from(n.pitch.number())).sum::<f32>() / chord.len() as f32;
    let hardest = chord.iter().map(|n| n.velocity).max().unwrap_or(100);
    let brightness = (f32::from(hardest) - 110.0) / 40.0;
    let base = patch.cutoff_hz * ((middle - 60.0) / 24.0 + brightness).exp2();
    let mut filter = LowPass24::default();
    for start in (0..n_frames).step_by(BLOCK) {
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        for key in &mut keys {
            key.add(patch, start, release, &mut left, &mut right);
        }
        let seconds = start as f32 / SAMPLE_RATE as f32;
        let open = patch.open_octaves * (-seconds / patch.close).exp();
        let shapes = LowPass24::shapes((base * open.exp2()).min(18_000.0), patch.resonance);
        let end = (start + BLOCK).min(n_frames);
        for (frame, (l, r)) in out[start..end].iter_mut().zip(left.into_iter().zip(right)) {
            let [l, r] = filter.next(&shapes, [l, r]);
            frame[0] += l;
            frame[1] += r;
        }
    }
}

impl Key {
    fn add(
        &mut self,
        patch: &Patch,
        start: usize,
        release: usize,
        left: &mut [f32; BLOCK],
        right: &mut [f32; BLOCK],
    ) {
        if start > self.gate + release {
            return;
        }
        let from = self.gain * level(patch, start, self.gate, release);
        let to = self.gain * level(patch, start + BLOCK, self.gate, release);
        let (mut l, mut r) = ([0.0; BLOCK], [0.0; BLOCK]);
        for saw in &mut self.saws {
            saw.add(&mut l, &mut r);
        }
        for index in 0..BLOCK {
            let gain = from + (to - from) * (index as f32 / BLOCK as f32);
            left[index] += l[index] * gain;
            right[index] += r[index] * gain;
        }
    }
}

/// The loudness envelope `at` frames after the onset; reaches 0 exactly.
fn level(patch: &Patch, at: usize, gate: usize, release: usize) -> f32 {
    let seconds = at.min(gate) as f32 / SAMPLE_RATE as f32;
    let rise = (seconds / patch.attack).min(1.0);
    let fall = (-(seconds - patch.attack).max(0.0) / (patch.decay * 0.5)).exp();
    let held = rise * (patch.sustain + (1.0 - patch.sustain) * fall);
    let gone = at.saturating_sub(gate) as f32 / release.max(1) as f32;
    held * (1.0 - gone.min(1.0)).powi(2)
}
