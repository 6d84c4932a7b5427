//! How do the buses become one mix?
//!
//! Stretch by stretch and in order, because everything here remembers what went before: notes that
//! still sound, the lead's drive, delay and reverb, and the filter that takes constant parts away.
//! Everything but the lead's drive adds up, so the sum of the parts' own mixes is the mix of all.

use std::array;

use super::cast::Buses;
use super::filter::Smooth;
use super::pump::Pump;
use super::space::Space;
use super::{Frame, SAMPLE_RATE, Sound};

/// Frames that are mixed at a time: few enough to stay near the processor, and even.
const AT_ONCE: usize = 4800;

/// Where the buses come together.
pub(crate) struct Console<'a> {
    pump: Pump<'a>,
    lead_pump: Pump<'a>,
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
    pub(crate) fn new(kicks: &'a [usize], sound: &Sound, beat: f64, n_frames: usize) -> Self {
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize * 3 / 4000;
        Self {
            pump: Pump::new(kicks, beat, sound.pump_db),
            // A lead that goes down as far as its background is lost in fast runs.
            lead_pump: Pump::new(kicks, beat, sound.pump_db * 0.8),
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
        let mut ringing = std::mem::take(&mut self.ringing);
        for (bus, ringing) in buses.iter().zip(&mut ringing) {
            add(bus, ringing);
            ringing.resize(ringing.len().max(out.len()), [0.0; 2]);
        }
        for (index, out) in out.chunks_mut(AT_ONCE).enumerate() {
            let span = index * AT_ONCE..index * AT_ONCE + out.len();
            self.mix_some(ringing.each_mut().map(|bus| &mut bus[span.clone()]), out);
        }
        for ringing in &mut ringing {
            ringing.drain(..out.len());
        }
        self.ringing = ringing;
    }

    fn mix_some(&mut self, buses: [&mut [Frame]; 4], out: &mut [Frame]) {
        let [lead, backing, bass, drums] = buses;
        self.drive(lead);
        let wet = self.space.wet(lead, backing);
        let gains = self.pump.gains(self.at, out.len());
        let lead_gains = self.lead_pump.gains(self.at, out.len());
        let bass_gains = self.pump.bass_gains(self.at, &gains);
        for (index, to) in out.iter_mut().enumerate() {
            let (gain, bass_gain) = (gains[index], bass_gains[index]);
            let fade = self.fade_at(self.at + index);
            for side in 0..2 {
                let pumped = (backing[index][side] + wet[index][side]) * gain
                    + lead[index][side] * lead_gains[index];
                let sum = pumped + bass[index][side] * bass_gain + drums[index][side];
                to[side] = self.constant[side].high(sum) * fade;
            }
        }
        self.at += out.len();
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
