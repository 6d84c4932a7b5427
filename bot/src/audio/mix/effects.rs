//! What do delay and reverb add to a dry sound?
//!
//! Both run at half the rate: what they lack above 10 kHz no one misses in a tail. Only what comes back
//! from the room is given; the dry sound is added by the mixer.

use super::delay::Delay;
use super::reverb::Reverb;
use crate::audio::dsp::halfband::{Decimator, Interpolator};
use crate::audio::dsp::simd::dispatched;
use crate::audio::pcm::Frame;
use crate::audio::settings::SoundSettings;

/// Delay and reverb, which ring on from stretch to stretch.
pub(super) struct Effects {
    delay: Delay,
    reverb: Reverb,
    /// How much of the lead and of the backing goes to the reverb.
    sends: [f32; 2],
    decimators: [Decimator; 2],
    interpolator: Interpolator,
}

impl Effects {
    /// `beat` is the length of a quarter note in frames; echoes come after dotted eighths.
    pub(super) fn new(sound: &SoundSettings, beat: f64) -> Self {
        let dotted_eighth = (beat * 0.75).min(96_000.0) as usize;
        Self {
            delay: Delay::new(dotted_eighth / 2, sound.delay),
            reverb: Reverb::new(2.4),
            sends: [sound.reverb, sound.reverb * 1.2],
            decimators: [Decimator::default(), Decimator::default()],
            interpolator: Interpolator::default(),
        }
    }

    /// What the room adds to the next stretch of lead and backing, which must be of the same, even
    /// length.
    pub(super) fn wet(&mut self, lead: &[Frame], backing: &[Frame]) -> Vec<Frame> {
        let [of_lead, of_backing] = &mut self.decimators;
        let mut lead = of_lead.next(lead);
        let backing = of_backing.next(backing);
        run(&mut self.delay, &mut self.reverb, self.sends, &mut lead, &backing);
        self.interpolator.next(&lead)
    }
}

dispatched! {
    /// Replaces `lead` by what comes back from the room.
    fn run(
        delay: &mut Delay,
        reverb: &mut Reverb,
        sends: [f32; 2],
        lead: &mut [Frame],
        backing: &[Frame],
    ) {
        for (frame, backing) in lead.iter_mut().zip(backing) {
            let echo = delay.next((frame[0] + frame[1]) * 0.5);
            let input = |side: usize| {
                (frame[side] + echo[side]) * sends[0] + backing[side] * sends[1]
            };
            let wet = reverb.next([input(0), input(1)]);
            *frame = [echo[0] + wet[0], echo[1] + wet[1]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energy(frames: &[Frame]) -> f32 {
        frames.iter().map(|f| f[0] * f[0] + f[1] * f[1]).sum()
    }

    #[test]
    fn a_reverb_falls_by_about_60_db_in_its_time() {
        let sound = SoundSettings { reverb: 0.5, delay: 0.0, ..SoundSettings::default() };
        let mut dry = vec![[0.0; 2]; 168_000];
        for (index, frame) in dry.iter_mut().take(4800).enumerate() {
            *frame = [(index as f32 * 0.13).sin(); 2];
        }
        let wet = Effects::new(&sound, 20_000.0).wet(&dry, &vec![[0.0; 2]; 168_000]);
        let early = energy(&wet[10_000..20_000]);
        let late = energy(&wet[125_200..135_200]);
        let fall = 10.0 * (late / early).log10();
        assert!((-80.0..-50.0).contains(&fall), "{fall}");
    }

    #[test]
    fn echoes_alternate_between_the_sides() {
        let sound = SoundSettings { reverb: 0.0, delay: 0.5, ..SoundSettings::default() };
        let mut dry = vec![[0.0; 2]; 12_000];
        dry[..32].fill([1.0, 1.0]);
        let wet = Effects::new(&sound, 4000.0).wet(&dry, &vec![[0.0; 2]; 12_000]);
        let side = |echo: usize, channel: usize| -> f32 {
            let from = echo * 3000;
            wet[from..from + 2900].iter().map(|f| f[channel] * f[channel]).sum()
        };
        assert!(side(1, 0) > 0.0 && side(1, 1) < side(1, 0) * 1e-3);
        assert!(side(2, 1) > 0.0 && side(3, 0) > 0.0);
        assert!(side(3, 0) < side(1, 0));
    }

    #[test]
    fn a_stretch_continues_where_the_last_one_stopped() {
        let sound = SoundSettings::default();
        let wave = |i: usize| [(i as f32 * 0.01).sin(), (i as f32 * 0.02).sin()];
        let dry: Vec<Frame> = (0..9600).map(wave).collect();
        let whole = Effects::new(&sound, 4000.0).wet(&dry, &dry);
        let mut effects = Effects::new(&sound, 4000.0);
        let pieces: Vec<Frame> =
            dry.chunks(2400).flat_map(|some| effects.wet(some, some)).collect();
        assert_eq!(whole, pieces);
    }
}
