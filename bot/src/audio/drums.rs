//! How do kick, snare, hats, crash and riser sound?
//!
//! Each drum is made once from sines and noise and then placed at every stroke. A kick and a hat
//! end when the next one starts. The riser is made anew for each of its notes.

use std::collections::BTreeMap;

use music::score::{Note, Part};

use super::clock::Clock;
use super::filter::{Filter, Shape, Smooth};
use super::math::{exp, exp2, sine, tanh};
use super::noise::Noise;
use super::oscillator::hertz;
use super::{Frame, SAMPLE_RATE, Sound};
use crate::arrange::drum;

const RATE: f32 = SAMPLE_RATE as f32;

/// A stroke on a drum.
#[derive(Clone, Debug)]
pub(crate) struct Stroke {
    /// The frame at which it starts.
    pub(crate) onset: usize,
    key: u8,
    /// The pitch class to which it is tuned; 0 for all but kicks.
    root: u8,
    gain: f32,
    /// Frames until it is cut off by the next one.
    room: usize,
}

/// The drums of a part and when they are struck.
pub(crate) struct Kit {
    /// In order.
    pub(crate) strokes: Vec<Stroke>,
    made: BTreeMap<(u8, u8), Vec<Frame>>,
}

impl Kit {
    /// The strokes of a part on channel 9, with the sound of every drum in it. `root_of` gives the
    /// pitch class to which a kick at a frame is tuned.
    pub(crate) fn new(
        part: &Part,
        sound: &Sound,
        clock: &Clock,
        seed: u64,
        root_of: impl Fn(usize) -> u8,
    ) -> Self {
        let mut next = BTreeMap::new();
        let mut strokes: Vec<Stroke> = Vec::with_capacity(part.notes.len());
        for note in part.notes.iter().rev() {
            let onset = clock.frame(note.onset);
            let key = note.pitch.number();
            let following = next.insert(key, onset).map_or(usize::MAX, |next| next - onset);
            let choked = matches!(key, drum::KICK | drum::HAT | drum::OPEN_HAT);
            strokes.push(Stroke {
                onset,
                key,
                root: if key == drum::KICK { root_of(onset) } else { 0 },
                gain: (f32::from(note.velocity) / 110.0).powf(1.4),
                room: if choked { following } else { usize::MAX },
            });
        }
        strokes.reverse();
        let mut made = BTreeMap::new();
        for stroke in &strokes {
            let make = || make(stroke.key, stroke.root, sound, seed);
            made.entry((stroke.key, stroke.root)).or_insert_with(make);
        }
        Self { strokes, made }
    }

    fn drum(&self, stroke: &Stroke) -> &[Frame] {
        self.made.get(&(stroke.key, stroke.root)).map_or(&[], Vec::as_slice)
    }

    /// Where the last of some strokes falls silent.
    pub(crate) fn end(&self, strokes: &[Stroke]) -> usize {
        let ends = strokes.iter().map(|stroke| stroke.onset + self.drum(stroke).len());
        ends.max().unwrap_or(0)
    }

    /// Adds some of the strokes to `out`, which starts at frame `origin` and reaches to their end.
    pub(crate) fn play(&self, strokes: &[Stroke], origin: usize, out: &mut [Frame]) {
        for stroke in strokes {
            place(
                self.drum(stroke),
                stroke,
                out.get_mut(stroke.onset - origin..).unwrap_or_default(),
            );
        }
    }
}

fn place(drum: &[Frame], stroke: &Stroke, out: &mut [Frame]) {
    /// Frames in which a choked drum fades.
    const FADE: usize = 192;
    let n_frames = drum.len().min(stroke.room);
    for (index, (to, from)) in out.iter_mut().zip(&drum[..n_frames]).enumerate() {
        let left = (n_frames - index) as f32 / FADE as f32;
        let gain = if n_frames < drum.len() { stroke.gain * left.min(1.0) } else { stroke.gain };
        to[0] += from[0] * gain;
        to[1] += from[1] * gain;
    }
}

/// A sine of height 1, `cycles` after its start.
fn wave(cycles: f32) -> f32 {
    let half_turns = 2.0 * (cycles - cycles.floor());
    sine(if half_turns > 1.0 { half_turns - 2.0 } else { half_turns })
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
            let fall = 210.0 * exp(-t / 0.028) + 1500.0 * exp(-t / 0.0055);
            phase = (phase + (bottom + fall) / RATE).fract();
            let along = index as f32 / n_frames as f32;
            let hard = (t / 0.05).min(1.0);
            let drive = 1.3 + sound.kick_drive * (3.0 + 13.0 * hard);
            let body = wave(phase) * (1.0 - along.powi(3)).max(0.0);
            // The offset adds even harmonics; the high-pass takes its constant part away.
            let shaped = tanh(body * drive + 0.22 * sound.kick_drive * hard);
            let click = noise.sample() * 0.5 * exp(-t / 0.0022);
            let end = ((n_frames - index) as f32 / (0.02 * RATE)).min(1.0);
            let tail = 1.0 - 0.42 * along;
            let sample = thin.high(soft.low(shaped) + click) * tail * end * 0.66;
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
            let tone = wave(196.0 * t) * exp(-t / 0.05) + 0.5 * wave(331.0 * t) * exp(-t / 0.03);
            let clap = (0..3).map(|i| t - 0.009 * i as f32).rfind(|t| *t >= 0.0);
            let burst = exp(-clap.unwrap_or(t) / 0.012) * 0.55 + exp(-t / 0.075);
            let middle = noise.sample();
            let end = ((0.42 - t) / 0.05).min(1.0);
            let side = |channel: usize, noise: &mut Noise| {
                let own = noise.sample();
                let hiss = filters[channel].next(&bright, middle * 0.8 + own * 0.45).high;
                let tail = room[channel].low(own) * 0.5 * exp(-t / 0.13);
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
            let envelope = exp(-t / seconds) * ((length - t) / 0.02).min(1.0) * 0.62;
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
            let envelope = 0.55 * exp(-t / 0.08) + 0.45 * exp(-t / 0.6);
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
            phase = (phase + bottom * (1.0 + 0.6 * exp(-t / 0.04)) / RATE).fract();
            let sample = wave(phase) * exp(-t / 0.12) * ((0.4 - t) / 0.05).min(1.0);
            [sample * 0.7; 2]
        })
        .collect()
}

/// A noise that rises over a note.
#[derive(Clone, Debug)]
pub(crate) struct Rise {
    /// The frame at which it starts.
    pub(crate) onset: usize,
    n_frames: usize,
    gain: f32,
    index: u64,
}

impl Rise {
    /// Where it stops.
    pub(crate) fn end(&self) -> usize {
        self.onset + self.n_frames
    }
}

/// The rises of a part, whose volume is `volume`, in order.
pub(crate) fn rises(part: &Part, volume: f32, clock: &Clock) -> Vec<Rise> {
    let rise = |note: &Note| {
        let onset = clock.frame(note.onset);
        Rise {
            onset,
            n_frames: clock.frame(note.end()) - onset,
            gain: volume * 0.34 * f32::from(note.velocity) / 110.0,
            index: u64::from(note.onset.0),
        }
    };
    part.notes.iter().map(rise).collect()
}

/// Adds a rise to `out`, which starts at frame `origin`.
pub(crate) fn rise(rise: &Rise, seed: u64, origin: usize, out: &mut [Frame]) {
    let mut noise = Noise::new(seed, rise.index ^ 0x5EE9);
    let mut filters = [Filter::default(); 2];
    let mut shape = Shape::new(300.0, 1.4);
    let n_frames = rise.n_frames;
    let frames = out.iter_mut().skip(rise.onset - origin).take(n_frames);
    for (index, frame) in frames.enumerate() {
        let along = index as f32 / n_frames as f32;
        if index % 32 == 0 {
            shape = Shape::new(320.0 * exp2(5.0 * along), 1.4);
        }
        let end = ((n_frames - index) as f32 / (0.02 * RATE)).min(1.0);
        for (channel, filter) in frame.iter_mut().zip(&mut filters) {
            let band = filter.next(&shape, noise.sample()).band;
            *channel += band * rise.gain * along * along * end;
        }
    }
}
