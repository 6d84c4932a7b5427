//! How do kick, snare, hats, crash and riser sound?
//!
//! Each drum is made once from sines and noise and then placed at every stroke. A kick and a hat
//! end when the next one starts.

use std::collections::BTreeMap;
use std::f32::consts::TAU;

use model::score::{Note, Part};

use super::clock::Clock;
use super::filter::{Filter, Shape, Smooth};
use super::noise::Noise;
use super::oscillator::hertz;
use super::{Frame, SAMPLE_RATE, Sound};
use crate::arrange::drum;

const RATE: f32 = SAMPLE_RATE as f32;

/// Adds every drum stroke of a part on channel 9 to `out`. `root_of` gives the pitch class to which
/// a kick at a frame is tuned.
pub(crate) fn play(
    part: &Part,
    sound: &Sound,
    clock: &Clock,
    seed: u64,
    root_of: &dyn Fn(usize) -> u8,
    out: &mut [Frame],
) {
    let mut made: BTreeMap<(u8, u8), Vec<Frame>> = BTreeMap::new();
    for (index, note) in part.notes.iter().enumerate() {
        let onset = clock.frame(note.onset);
        if onset >= out.len() {
            break;
        }
        let key = note.pitch.number();
        let root = if key == drum::KICK { root_of(onset) } else { 0 };
        let drum = made.entry((key, root)).or_insert_with(|| make(key, root, sound, seed));
        let next = part.notes[index + 1..].iter().find(|n| n.pitch == note.pitch);
        let room = next.map_or(usize::MAX, |n| clock.frame(n.onset) - onset);
        let choked = matches!(key, drum::KICK | drum::HAT | drum::OPEN_HAT);
        place(drum, note, if choked { room } else { usize::MAX }, &mut out[onset..]);
    }
}

fn place(drum: &[Frame], note: &Note, room: usize, out: &mut [Frame]) {
    /// Frames in which a choked drum fades.
    const FADE: usize = 192;
    let gain = (f32::from(note.velocity) / 110.0).powf(1.4);
    let n_frames = drum.len().min(room);
    for (index, (to, from)) in out.iter_mut().zip(&drum[..n_frames]).enumerate() {
        let left = (n_frames - index) as f32 / FADE as f32;
        let gain = if n_frames < drum.len() { gain * left.min(1.0) } else { gain };
        to[0] += from[0] * gain;
        to[1] += from[1] * gain;
    }
}

fn make(key: u8, root: u8, sound: &Sound, seed: u64) -> Vec<Frame> {
    let noise = Noise::new(seed, u64::from(key));
    match key {
        35 | drum::KICK => kick(root, sound, noise),
        37..=40 => snare(noise),
        46 => hat(noise, 0.19),
        49 | 51..=53 | 55 | 57 | 59 => crash(noise),
        41 | 43 | 45 | 47 | 48 | 50 => tom(key),
        _ => hat(noise, 0.035),
    }
}

/// A sine that falls to the root, ever more distorted, with a click in front.
fn kick(root: u8, sound: &Sound, mut noise: Noise) -> Vec<Frame> {
    let n_frames = (sound.kick_ms * 1e-3 * RATE) as usize;
    // The root between 43 Hz (F1) and 82 Hz (E2).
    let bottom = hertz(29.0 + f32::from((root + 12 - 5) % 12), 0.0);
    let mut phase = 0.0_f32;
    let mut soft = Smooth::new(7000.0);
    let mut thin = Smooth::new(30.0);
    (0..n_frames)
        .map(|index| {
            let t = index as f32 / RATE;
            let fall = 210.0 * (-t / 0.028).exp() + 1500.0 * (-t / 0.0055).exp();
            phase = (phase + (bottom + fall) / RATE).fract();
            let along = index as f32 / n_frames as f32;
            let hard = (t / 0.05).min(1.0);
            let drive = 1.3 + sound.kick_drive * (3.0 + 13.0 * hard);
            let body = (TAU * phase).sin() * (1.0 - along.powi(3)).max(0.0);
            // The offset adds even harmonics; the high-pass takes its constant part away.
            let shaped = (body * drive + 0.22 * sound.kick_drive * hard).tanh();
            let click = noise.sample() * 0.5 * (-t / 0.0022).exp();
            let end = ((n_frames - index) as f32 / (0.02 * RATE)).min(1.0);
            let tail = 1.0 - 0.42 * along;
            let sample = thin.high(soft.low(shaped) + click) * tail * end * 0.78;
            [sample, sample]
        })
        .collect()
}

/// Two tones and two layers of noise, the later one wide like a small room.
fn snare(mut noise: Noise) -> Vec<Frame> {
    let bright = Shape::new(1900.0, 0.8);
    let mut filters = [Filter::default(); 2];
    let mut room = [Smooth::new(3500.0), Smooth::new(3500.0)];
    (0..(0.42 * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            let tone = (TAU * 196.0 * t).sin() * (-t / 0.05).exp()
                + 0.5 * (TAU * 331.0 * t).sin() * (-t / 0.03).exp();
            let clap = (0..3).map(|i| t - 0.009 * i as f32).rfind(|t| *t >= 0.0);
            let burst = (-clap.unwrap_or(t) / 0.012).exp() * 0.55 + (-t / 0.075).exp();
            let middle = noise.sample();
            let end = ((0.42 - t) / 0.05).min(1.0);
            let side = |channel: usize, noise: &mut Noise| {
                let own = noise.sample();
                let hiss = filters[channel].next(&bright, middle * 0.8 + own * 0.45).high;
                let tail = room[channel].low(own) * 0.5 * (-t / 0.13).exp();
                (tone * 0.42 + hiss * burst * 0.4 + tail * 0.5) * end * 1.05
            };
            let mut side = side;
            [side(0, &mut noise), side(1, &mut noise)]
        })
        .collect()
}

fn hat(mut noise: Noise, seconds: f32) -> Vec<Frame> {
    let shape = Shape::new(7800.0, 1.1);
    let mut filters = [Filter::default(); 2];
    let length = seconds * 5.0;
    (0..(length * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            let envelope = (-t / seconds).exp() * ((length - t) / 0.02).min(1.0) * 0.62;
            let middle = noise.sample();
            let mut side = |filter: &mut Filter| {
                filter.next(&shape, middle * 0.75 + noise.sample() * 0.5).high * envelope
            };
            let [left, right] = &mut filters;
            [side(left), side(right)]
        })
        .collect()
}

fn crash(mut noise: Noise) -> Vec<Frame> {
    let shape = Shape::new(4200.0, 0.8);
    let mut filters = [Filter::default(); 2];
    let length = 2.4;
    (0..(length * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            let envelope = 0.55 * (-t / 0.08).exp() + 0.45 * (-t / 0.6).exp();
            let level = envelope * ((length - t) / 0.4).min(1.0) * 0.6;
            let mut side = |filter: &mut Filter| filter.next(&shape, noise.sample()).high * level;
            let [left, right] = &mut filters;
            [side(left), side(right)]
        })
        .collect()
}

fn tom(key: u8) -> Vec<Frame> {
    let bottom = 60.0 + 12.0 * f32::from(key - 41);
    let mut phase = 0.0_f32;
    (0..(0.4 * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            phase = (phase + bottom * (1.0 + 0.6 * (-t / 0.04).exp()) / RATE).fract();
            let sample = (TAU * phase).sin() * (-t / 0.12).exp() * ((0.4 - t) / 0.05).min(1.0);
            [sample * 0.7; 2]
        })
        .collect()
}

/// Adds the noise that rises over each note of a part to `out`.
pub(crate) fn riser(part: &Part, clock: &Clock, seed: u64, out: &mut [Frame]) {
    for note in &part.notes {
        let onset = clock.frame(note.onset);
        let n_frames = clock.frame(note.end()) - onset;
        let mut noise = Noise::new(seed, u64::from(note.onset.0) ^ 0x5EE9);
        let mut filters = [Filter::default(); 2];
        let mut shape = Shape::new(300.0, 1.4);
        let gain = 0.34 * f32::from(note.velocity) / 110.0;
        for (index, frame) in out.iter_mut().skip(onset).take(n_frames).enumerate() {
            let along = index as f32 / n_frames as f32;
            if index % 32 == 0 {
                shape = Shape::new(320.0 * (5.0 * along).exp2(), 1.4);
            }
            let end = ((n_frames - index) as f32 / (0.02 * RATE)).min(1.0);
            for (channel, filter) in frame.iter_mut().zip(&mut filters) {
                let band = filter.next(&shape, noise.sample()).band;
                *channel += band * gain * along * along * end;
            }
        }
    }
}
