//! How does each drum sound?
//!
//! Each is made of sines and noise, as a whole: from its stroke until it has died away.

use crate::audio::dsp::filter::{Coefficients, OnePole, StateVariable};
use crate::audio::dsp::math::{exp, sine, tanh};
use crate::audio::dsp::noise::Noise;
use crate::audio::dsp::oscillator::hertz;
use crate::audio::pcm::{Frame, SAMPLE_RATE};
use crate::audio::settings::SoundSettings;
use crate::part::PartKind;

const RATE: f32 = SAMPLE_RATE as f32;

/// The sound of a drum; silence for a part that isn't one. `root` is the pitch class to which a kick
/// is tuned.
pub(super) fn render(drum: PartKind, root: u8, sound: &SoundSettings, noise: Noise) -> Vec<Frame> {
    match drum {
        PartKind::Kick => kick(root, sound, noise),
        PartKind::Snare => snare(noise),
        PartKind::Hat => hat(noise, 0.035),
        PartKind::OpenHat => hat(noise, 0.19),
        PartKind::Crash => crash(noise),
        _ => Vec::new(),
    }
}

/// Whether a stroke ends the sound of the stroke before it on the same drum.
pub(super) fn is_choked(drum: PartKind) -> bool {
    matches!(drum, PartKind::Kick | PartKind::Hat | PartKind::OpenHat)
}

/// A sine that falls to the `root`, ever more distorted, with a click in front.
fn kick(root: u8, sound: &SoundSettings, mut noise: Noise) -> Vec<Frame> {
    let n_frames = (sound.kick_ms * 1e-3 * RATE) as usize;
    // The root between 43 Hz (F1) and 82 Hz (E2).
    let bottom = hertz(29.0 + f32::from((root + 12 - 5) % 12), 0.0);
    let mut phase = 0.0_f32;
    let mut soft = OnePole::new(7000.0);
    let mut thin = OnePole::new(30.0);
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
    let coefficients = Coefficients::new(1900.0, 0.8);
    let mut filters = [StateVariable::default(); 2];
    let mut room = [OnePole::new(3500.0), OnePole::new(3500.0)];
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
                let hiss = filters[channel].next(&coefficients, middle * 0.8 + own * 0.45).high;
                let tail = room[channel].low(own) * 0.5 * exp(-t / 0.13);
                (tone * 0.42 + hiss * burst * 0.4 + tail * 0.5) * end * 1.05
            };
            let mut side = side;
            [side(0, &mut noise), side(1, &mut noise)]
        })
        .collect()
}

/// Noise that falls to a third in `seconds`.
fn hat(mut noise: Noise, seconds: f32) -> Vec<Frame> {
    let coefficients = Coefficients::new(7800.0, 1.1);
    let mut filters = [StateVariable::default(); 2];
    let length = seconds * 5.0;
    (0..(length * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            let envelope = exp(-t / seconds) * ((length - t) / 0.02).min(1.0) * 0.62;
            let middle = noise.sample();
            let mut side = |filter: &mut StateVariable| {
                filter.next(&coefficients, middle * 0.75 + noise.sample() * 0.5).high * envelope
            };
            let [left, right] = &mut filters;
            [side(left), side(right)]
        })
        .collect()
}

/// Noise that falls fast at first and then for long.
fn crash(mut noise: Noise) -> Vec<Frame> {
    let coefficients = Coefficients::new(4200.0, 0.8);
    let mut filters = [StateVariable::default(); 2];
    let length = 2.4;
    (0..(length * RATE) as usize)
        .map(|index| {
            let t = index as f32 / RATE;
            let envelope = 0.55 * exp(-t / 0.08) + 0.45 * exp(-t / 0.6);
            let level = envelope * ((length - t) / 0.4).min(1.0) * 0.6;
            let mut side = |filter: &mut StateVariable| {
                filter.next(&coefficients, noise.sample()).high * level
            };
            let [left, right] = &mut filters;
            [side(left), side(right)]
        })
        .collect()
}

/// A sine of height 1, `cycles` after its start.
fn wave(cycles: f32) -> f32 {
    let half_turns = 2.0 * (cycles - cycles.floor());
    sine(if half_turns > 1.0 { half_turns - 2.0 } else { half_turns })
}
