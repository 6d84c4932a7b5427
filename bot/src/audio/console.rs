//! How do the buses become one mix?
//!
//! Stretch by stretch and in order, because everything here remembers what went before: notes that
//! still sound, the lead's drive, delay and reverb, and the filter that takes constant parts away.
//! Everything but the lead's drive adds up, so the sum of the parts' own mixes is the mix of all.

use std::array;

use super::cast::{Bus, Buses};
use super::filter::Smooth;
use super::pump::Pump;
use super::space::Space;
use super::{Frame, SAMPLE_RATE, Sound};

/// Where the buses come together.
pub(crate) struct Console<'a> {
    pump: Pump<'a>,
    space: Space,
    /// What still sounds of the stretches so far, for each bus.
    ringing: Buses,
    /// Takes what is too low for a lead away.
    thin: [Smooth; 2],
    /// Finds what lets a lead stand in front.
    presence: [Smooth; 2],
    constant: [Smooth; 2],
    /// Where the fade of the tail starts and ends.
    fade: (usize, usize),
    at: usize,
}

impl<'a> Console<'a> {
    /// For a track of `n_frames`, of which `beat` are a quarter note.
    pub(crate) fn new(pump: Pump<'a>, sound: &Sound, beat: f64, n_frames: usize) -> Self {
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize * 3 / 4000;
        Self {
            pump,
            space: Space::new(sound, beat),
            ringing: array::from_fn(|_| Vec::new()),
            thin: [Smooth::new(130.0); 2],
            presence: [Smooth::new(2600.0); 2],
            constant: [Smooth::new(18.0); 2],
            fade: (n_frames.saturating_sub(tail), n_frames),
            at: 0,
        }
    }

    /// Mixes the next stretch into `out`, whose length is even. The buses may sound on beyond it.
    pub(crate) fn mix(&mut self, buses: &Buses, out: &mut [Frame]) {
        let n_frames = out.len();
        let [mut lead, backing, bass, drums] = [Bus::Lead, Bus::Backing, Bus::Bass, Bus::Drums]
            .map(|bus| {
                let ringing = &mut self.ringing[bus as usize];
                add(&buses[bus as usize], ringing);
                take(ringing, n_frames)
            });
        self.drive(&mut lead);
        let wet = self.space.wet(&lead, &backing);
        let gains = self.pump.gains(self.at, n_frames);
        let bass_gains = self.pump.bass_gains(self.at, &gains);
        for (index, (to, gain)) in out.iter_mut().zip(gains).enumerate() {
            let bass_gain = bass_gains[index];
            let fade = self.fade_at(self.at + index);
            for side in 0..2 {
                let pumped = (lead[index][side] + backing[index][side] + wet[index][side]) * gain;
                let sum = pumped + bass[index][side] * bass_gain + drums[index][side];
                to[side] = self.constant[side].high(sum) * fade;
            }
        }
        self.at += n_frames;
    }

    /// Rounds the peaks of the lead's chords off, with the odd harmonics that make them sound thick,
    /// and lifts what is above them by up to 4 dB, so that a kick does not hide them.
    fn drive(&mut self, lead: &mut [Frame]) {
        for frame in lead {
            for (side, sample) in frame.iter_mut().enumerate() {
                let high = self.thin[side].high(*sample) * 1.25;
                let driven = high / (1.0 + 0.35 * high.abs());
                *sample = driven + 0.6 * self.presence[side].high(driven);
            }
        }
    }

    /// Falls to 0 over the tail.
    fn fade_at(&self, frame: usize) -> f32 {
        let (start, end) = self.fade;
        if frame < start {
            return 1.0;
        }
        let left = end.saturating_sub(frame + 1) as f32 / (end - start).max(1) as f32;
        left * left
    }
}

fn add(some: &[Frame], all: &mut Vec<Frame>) {
    let both = some.len().min(all.len());
    for (to, from) in all.iter_mut().zip(&some[..both]) {
        to[0] += from[0];
        to[1] += from[1];
    }
    all.extend(&some[both..]);
}

/// Takes the first `n_frames` away, with silence where there is nothing.
fn take(all: &mut Vec<Frame>, n_frames: usize) -> Vec<Frame> {
    let rest = all.split_off(n_frames.min(all.len()));
    let mut first = std::mem::replace(all, rest);
    first.resize(n_frames, [0.0; 2]);
    first
}
