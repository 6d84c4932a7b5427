//! How does a part sound on the polysynth?
//!
//! Each note has its saws, a loudness envelope and a filter; notes that start together open their
//! filters alike. Onsets are exact to the frame, envelopes move in straight lines from block to block.
#![expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]

use music::score::Part;

use super::clock::Clock;
use super::filter::LowPass24;
use super::lanes::{BLOCK, LANES, Lanes, dispatched};
use super::math::{exp, exp2};
use super::noise::Noise;
use super::oscillator::{Saws, hertz, panned};
use super::patch::Patch;
use super::strike::{self, Strike};
use super::{Frame, SAMPLE_RATE};

/// The notes of a part, whose volume is `volume` (1 as written in the patch), in order.
pub(crate) fn strikes(part: &Part, volume: f32, clock: &Clock) -> Vec<Strike> {
    let mut strikes = Vec::with_capacity(part.notes.len());
    for chord in part.notes.chunk_by(|a, b| a.onset == b.onset) {
        let middle =
            chord.iter().map(|n| f32::from(n.pitch.number())).sum::<f32>() / chord.len() as f32;
        let hardest = chord.iter().map(|n| n.velocity).max().unwrap_or(100);
        for note in chord {
            let onset = clock.frame(note.onset);
            strikes.push(Strike {
                onset,
                gate: clock.frame(note.end()) - onset,
                key: f32::from(note.pitch.number()),
                gain: volume * (f32::from(note.velocity) / 110.0).powf(1.3),
                // The filter follows half the way from middle C to the middle of the chord.
                bright: (middle - 60.0) / 24.0 + (f32::from(hardest) - 110.0) / 40.0,
                index: strikes.len() as u64,
            });
        }
    }
    strikes
}

/// Adds the strikes to `out`, which starts at frame `origin` and reaches to their [`end`].
pub(crate) fn play(strikes: &[Strike], patch: &Patch, seed: u64, origin: usize, out: &mut [Frame]) {
    for eight in strike::eights(strikes) {
        play_eight(&eight, patch, seed, origin, out);
    }
}

/// Where the last of the strikes falls silent.
pub(crate) fn end(strikes: &[Strike], patch: &Patch) -> usize {
    strike::end(strikes, release(patch))
}

fn release(patch: &Patch) -> usize {
    (patch.release * SAMPLE_RATE as f32) as usize
}

dispatched! {
    fn play_eight(
        eight: &[&Strike],
        patch: &Patch,
        seed: u64,
        origin: usize,
        out: &mut [Frame],
    ) {
        let release = release(patch);
        let n_frames = eight.iter().map(|strike| strike.gate).max().unwrap_or(0) + release;
        let (mut gates, mut gains, mut cutoffs) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for (lane, strike) in eight.iter().enumerate() {
            gates[lane] = strike.gate as f32;
            gains[lane] = strike.gain * patch.gain;
            cutoffs[lane] = patch.cutoff_hz * exp2(strike.bright);
        }
        let mut saws = tuned(eight, patch, seed);
        let mut filter = LowPass24::default();
        let mut from = levels(patch, 0.0, &gates, release as f32);
        for start in (0..n_frames).step_by(BLOCK) {
            let (mut left, mut right) = ([[0.0; LANES]; BLOCK], [[0.0; LANES]; BLOCK]);
            for (saw, pan) in &mut saws {
                saw.add(*pan, &mut left, &mut right);
            }
            let to = levels(patch, (start + BLOCK) as f32, &gates, release as f32);
            for frame in 0..BLOCK {
                let along = frame as f32 * (1.0 / BLOCK as f32);
                for lane in 0..LANES {
                    let gain = (from[lane] + (to[lane] - from[lane]) * along) * gains[lane];
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
            filter.next(&hertz, patch.resonance, &mut left, &mut right);
            for (lane, strike) in eight.iter().enumerate() {
                if start <= strike.gate + release {
                    let at = strike.onset - origin + start;
                    strike::lay(&left, &right, lane, out.get_mut(at..).unwrap_or_default());
                }
            }
        }
    }
}

/// Every voice of the patch for eight notes, each starting anywhere in its cycle, with its pan.
fn tuned(eight: &[&Strike], patch: &Patch, seed: u64) -> Vec<(Saws, [f32; 2])> {
    let mut saws: Vec<_> =
        patch.voices.iter().map(|voice| (Saws::silent(), panned(voice.pan))).collect();
    for (lane, strike) in eight.iter().enumerate() {
        let mut noise = Noise::new(seed, strike.index ^ 0xA11CE);
        let mut phase = 0;
        for (voice, (saw, _)) in patch.voices.iter().zip(&mut saws) {
            let hertz = hertz(strike.key, voice.cents);
            if voice.squares {
                saw.tune(lane, hertz, phase ^ 0x8000_0000, -voice.gain);
            } else {
                phase = noise.word() as u32;
                saw.tune(lane, hertz, phase, voice.gain);
            }
        }
    }
    saws
}

/// The loudness envelopes `at` frames after the onset; they reach 0 exactly.
#[inline(always)]
fn levels(patch: &Patch, at: f32, gates: &Lanes, release: f32) -> Lanes {
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
