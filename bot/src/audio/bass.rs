//! How does the bass of a drop sound?
//!
//! Two saws and a sine under them, distorted, one note at a time. With swell, a note starts low and
//! grows to its end, which makes the reverse bass between the kicks.
#![expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]

use music::score::Part;

use super::clock::Clock;
use super::filter::LowPass24;
use super::lanes::{BLOCK, LANES, Lanes, dispatched};
use super::math::{exp, sine, tanh};
use super::oscillator::{Saws, hertz, panned, turns};
use super::strike::{self, Strike};
use super::{Frame, SAMPLE_RATE, Sound};

/// Frames in which a note falls silent.
const RELEASE: usize = 480;

/// The notes of a part, whose volume is `volume`, in order.
pub(crate) fn strikes(part: &Part, volume: f32, clock: &Clock) -> Vec<Strike> {
    let strike = |(index, note): (usize, &music::score::Note)| {
        let onset = clock.frame(note.onset);
        Strike {
            onset,
            gate: clock.frame(note.end()) - onset,
            key: f32::from(note.pitch.number()),
            gain: volume * f32::from(note.velocity) / 110.0,
            bright: 0.0,
            index: index as u64,
        }
    };
    part.notes.iter().enumerate().map(strike).collect()
}

/// Where the last of the strikes falls silent.
pub(crate) fn end(strikes: &[Strike]) -> usize {
    strike::end(strikes, RELEASE)
}

/// Adds the strikes to `out`, which starts at frame `origin` and reaches to their [`end`].
pub(crate) fn play(strikes: &[Strike], sound: &Sound, origin: usize, out: &mut [Frame]) {
    for eight in strike::eights(strikes) {
        play_eight(&eight, sound, origin, out);
    }
}

dispatched! {
    fn play_eight(eight: &[&Strike], sound: &Sound, origin: usize, out: &mut [Frame]) {
        let n_frames = eight.iter().map(|strike| strike.gate).max().unwrap_or(0) + RELEASE;
        let (mut gates, mut gains) = ([1.0; LANES], [0.0; LANES]);
        let (mut phase, mut step) = ([0_u32; LANES], [0_u32; LANES]);
        let mut saws = [Saws::silent(), Saws::silent()];
        for (lane, strike) in eight.iter().enumerate() {
            gates[lane] = strike.gate.max(1) as f32;
            gains[lane] = strike.gain * 0.36;
            step[lane] = turns(hertz(strike.key, 0.0) / SAMPLE_RATE as f32);
            saws[0].tune(lane, hertz(strike.key, -5.0), 0, 0.6);
            saws[1].tune(lane, hertz(strike.key, 6.0), 1 << 30, 0.6);
        }
        let pans = [panned(-0.5), panned(0.5)];
        let drive = 1.0 + 7.0 * sound.bass_drive;
        let mut filter = LowPass24::default();
        let mut from = levels(sound, 0.0, &gates);
        for start in (0..n_frames).step_by(BLOCK) {
            let (mut left, mut right) = ([[0.0; LANES]; BLOCK], [[0.0; LANES]; BLOCK]);
            for (saw, pan) in saws.iter_mut().zip(pans) {
                saw.add(pan, &mut left, &mut right);
            }
            let mut cutoffs = [0.0; LANES];
            for lane in 0..LANES {
                let along = (start as f32 / gates[lane]).min(1.0);
                let open = 260.0 + 1500.0 * (1.0 - sound.bass_swell) * exp(-6.0 * along);
                cutoffs[lane] = open + 900.0 * sound.bass_swell * along;
            }
            filter.next(&cutoffs, 0.3, &mut left, &mut right);
            let to = levels(sound, (start + BLOCK) as f32, &gates);
            for frame in 0..BLOCK {
                let along = frame as f32 * (1.0 / BLOCK as f32);
                for lane in 0..LANES {
                    let gain = (from[lane] + (to[lane] - from[lane]) * along) * gains[lane];
                    let sub = sine(phase[lane] as i32 as f32 * (1.0 / 2_147_483_648.0));
                    phase[lane] = phase[lane].wrapping_add(step[lane]);
                    for channel in [&mut left, &mut right] {
                        let sample = &mut channel[frame][lane];
                        let driven = tanh((*sample * 0.7 + sub * 0.6) * drive);
                        *sample = gain * (driven * 0.62 + sub * 0.5);
                    }
                }
            }
            from = to;
            for (lane, strike) in eight.iter().enumerate() {
                if start <= strike.gate + RELEASE {
                    let at = strike.onset - origin + start;
                    strike::lay(&left, &right, lane, out.get_mut(at..).unwrap_or_default());
                }
            }
        }
    }
}

/// The loudness envelopes `at` frames after the onset; they reach 0 exactly.
#[inline(always)]
fn levels(sound: &Sound, at: f32, gates: &Lanes) -> Lanes {
    let mut levels = [0.0; LANES];
    for lane in 0..LANES {
        let attack = (at * (1.0 / 96.0)).min(1.0);
        let along = (at / gates[lane]).min(1.0);
        let plucked = 1.0 - 0.25 * along;
        // To the power of three quarters.
        let root = along.sqrt();
        let grown = 0.25 + 0.75 * root * root.sqrt();
        let left = 1.0 - ((at - gates[lane]).max(0.0) * (1.0 / RELEASE as f32)).min(1.0);
        levels[lane] = attack * (plucked + (grown - plucked) * sound.bass_swell) * left * left;
    }
    levels
}
