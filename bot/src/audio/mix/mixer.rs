//! How do the buses become one mix?
//!
//! Stretch by stretch and in order, because everything here has a state: notes that still sound, the
//! filters of the lead's drive, delay and reverb, and the DC filter.
//! Everything but the lead's drive adds up, so the sum of the parts' own mixes is the mix of all.

use std::array;

use super::bus::{Buses, N_BUSES};
use super::effects::Effects;
use super::sidechain::Sidechain;
use crate::audio::dsp::filter::OnePole;
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::settings::SoundSettings;

/// Frames that are mixed at a time: few enough to stay near the processor, and even.
const AT_ONCE: usize = 4800;

/// Where the buses come together.
pub(super) struct Mixer<'a> {
    sidechain: Sidechain<'a>,
    lead_sidechain: Sidechain<'a>,
    effects: Effects,
    /// What still sounds of the stretches so far, for each bus.
    ringing: Buses,
    /// Its high-pass takes from the lead what is too low for one.
    low_cut: [OnePole; 2],
    /// Its high-pass is what lets a lead stand in front.
    presence: [OnePole; 2],
    dc: [OnePole; 2],
    /// Where the fade of the tail starts and ends.
    fade: (usize, usize),
    /// Frames mixed so far.
    at: usize,
}

impl<'a> Mixer<'a> {
    /// For a track of `n_frames`, of which `beat` are a quarter note.
    pub(super) fn new(
        kicks: &'a [usize],
        sound: &SoundSettings,
        beat: f64,
        n_frames: usize,
    ) -> Self {
        let tail = sound.tail_ms as usize * SAMPLE_RATE as usize * 3 / 4000;
        Self {
            sidechain: Sidechain::new(kicks, beat, sound.pump_db),
            // A lead that is ducked as far as its backing is lost in fast runs.
            lead_sidechain: Sidechain::new(kicks, beat, sound.pump_db * 0.8),
            effects: Effects::new(sound, beat),
            ringing: array::from_fn(|_| Vec::new()),
            low_cut: [OnePole::new(130.0); 2],
            presence: [OnePole::new(2600.0); 2],
            dc: [OnePole::new(18.0); 2],
            fade: (n_frames.saturating_sub(tail), n_frames),
            at: 0,
        }
    }

    /// Mixes the next stretch into `out`, whose length is even. The buses may sound on beyond it.
    pub(super) fn mix(&mut self, buses: &Buses, out: &mut [Frame]) {
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

    fn mix_some(&mut self, buses: [&mut [Frame]; N_BUSES], out: &mut [Frame]) {
        let [lead, backing, bass, drums] = buses;
        self.drive(lead);
        let wet = self.effects.wet(lead, backing);
        let gains = self.sidechain.gains(self.at, out.len());
        let lead_gains = self.lead_sidechain.gains(self.at, out.len());
        let bass_gains = self.sidechain.bass_gains(self.at, &gains);
        for (index, to) in out.iter_mut().enumerate() {
            let (gain, bass_gain) = (gains[index], bass_gains[index]);
            let fade = self.fade_at(self.at + index);
            for side in 0..2 {
                let ducked = (backing[index][side] + wet[index][side]) * gain
                    + lead[index][side] * lead_gains[index];
                let sum = ducked + bass[index][side] * bass_gain + drums[index][side];
                to[side] = self.dc[side].high(sum) * fade;
            }
        }
        self.at += out.len();
    }

    /// Rounds off the peaks of the lead, with the odd harmonics that make it sound thick, and lifts what is
    /// above them by up to 4 dB, so that a kick does not hide it.
    fn drive(&mut self, lead: &mut [Frame]) {
        for frame in lead {
            for (side, sample) in frame.iter_mut().enumerate() {
                let high = self.low_cut[side].high(*sample) * 1.25;
                let driven = high / (1.0 + 0.35 * high.abs());
                *sample = driven + 0.6 * self.presence[side].high(driven);
            }
        }
    }

    /// The gain at a frame: 1, and falling to 0 over the tail.
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
