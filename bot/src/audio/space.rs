//! How does a dry sound get a room around it?
//!
//! A ping-pong delay of a dotted eighth, and a feedback delay network of eight lines mixed by a
//! Hadamard matrix (Jot 1991). Both run at half the rate: what they lack above 10 kHz no one misses
//! in a tail. Only what comes back from the room is given; the dry sound is added elsewhere.

use super::filter::Smooth;
use super::halves::{Down, Up};
use super::lanes::{LANES, Lanes, dispatched};
use super::{Frame, SAMPLE_RATE, Sound};

const HALF_RATE: f32 = SAMPLE_RATE as f32 / 2.0;

/// Delay and reverb, which go on from stretch to stretch.
pub(crate) struct Space {
    delay: Delay,
    reverb: Reverb,
    /// How much of the lead and of the other parts goes to the reverb.
    sends: [f32; 2],
    down: [Down; 2],
    up: Up,
}

impl Space {
    /// `beat` is the length of a quarter note in frames.
    pub(crate) fn new(sound: &Sound, beat: f64) -> Self {
        let dotted_eighth = (beat * 0.75).min(96_000.0) as usize;
        Self {
            delay: Delay::new(dotted_eighth / 2, sound.delay),
            reverb: Reverb::new(2.4),
            sends: [sound.reverb, sound.reverb * 1.2],
            down: [Down::default(), Down::default()],
            up: Up::default(),
        }
    }

    /// What the room adds to the next stretch of lead and backing, which must be of the same, even
    /// length.
    pub(crate) fn wet(&mut self, lead: &[Frame], backing: &[Frame]) -> Vec<Frame> {
        let [lead_down, backing_down] = &mut self.down;
        let mut lead = lead_down.next(lead);
        let backing = backing_down.next(backing);
        run(&mut self.delay, &mut self.reverb, self.sends, &mut lead, &backing);
        self.up.next(&lead)
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

/// Echoes from side to side.
struct Delay {
    send: f32,
    lines: Vec<Frame>,
    at: usize,
    dull: [Smooth; 2],
    thin: [Smooth; 2],
}

impl Delay {
    /// An echo every `period` frames at half the rate.
    fn new(period: usize, send: f32) -> Self {
        Self {
            send,
            lines: vec![[0.0; 2]; period.max(1)],
            at: 0,
            dull: [Smooth::at_rate(4200.0, HALF_RATE); 2],
            thin: [Smooth::at_rate(260.0, HALF_RATE); 2],
        }
    }

    #[inline(always)]
    fn next(&mut self, sample: f32) -> Frame {
        const FEEDBACK: f32 = 0.42;
        let line = &mut self.lines[self.at];
        let [left, right] = *line;
        let inputs = [sample * self.send + right * FEEDBACK, left * (FEEDBACK + 0.4)];
        for side in 0..2 {
            line[side] = self.thin[side].high(self.dull[side].low(inputs[side]));
        }
        self.at += 1;
        if self.at == self.lines.len() {
            self.at = 0;
        }
        [left, right]
    }
}

/// Frames of each line at half the rate: primes from 30 to 68 ms, so that echoes never align.
const LINES: [usize; LANES] = [727, 839, 953, 1063, 1181, 1301, 1459, 1627];
/// Frames at half the rate before the reverb starts: 16 ms.
const PRE_DELAY: usize = 384;
/// A power of two above the longest line.
const RING: usize = 2048;

/// A room's tail.
struct Reverb {
    gains: Lanes,
    /// What went into each line, and when.
    ring: Vec<Lanes>,
    before: Vec<Frame>,
    now: usize,
    dull: Lanes,
    thin: [Smooth; 2],
}

impl Reverb {
    /// `seconds` is the time to fall by 60 dB.
    fn new(seconds: f32) -> Self {
        Self {
            gains: LINES.map(|n| 10.0_f32.powf(-3.0 * n as f32 / HALF_RATE / seconds)),
            ring: vec![[0.0; LANES]; RING],
            before: vec![[0.0; 2]; PRE_DELAY],
            now: 0,
            dull: [0.0; LANES],
            thin: [Smooth::at_rate(360.0, HALF_RATE); 2],
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled into each variant of its caller")]
    fn next(&mut self, input: Frame) -> Frame {
        let arrived = std::mem::replace(&mut self.before[self.now % PRE_DELAY], input);
        let input = [self.thin[0].high(arrived[0]), self.thin[1].high(arrived[1])];
        let mut taps = [0.0; LANES];
        for line in 0..LANES {
            let heard = self.ring[(self.now + RING - LINES[line]) % RING][line];
            // The constant keeps the tail out of the range of denormals, which are slow.
            self.dull[line] += (heard - self.dull[line]) * 0.62 + 1e-20;
            taps[line] = self.dull[line] * self.gains[line];
        }
        let mut mixed = hadamard(taps);
        for line in 0..LANES {
            mixed[line] += input[line % 2];
        }
        self.ring[self.now % RING] = mixed;
        self.now += 1;
        [
            (taps[0] - taps[2] + taps[4] - taps[6]) * 0.5,
            (taps[1] - taps[3] + taps[5] - taps[7]) * 0.5,
        ]
    }
}

/// The orthogonal 8 × 8 Hadamard matrix, by three rounds of sums and differences.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn hadamard(mut x: Lanes) -> Lanes {
    for half in [4, 2, 1] {
        let mut y = [0.0; LANES];
        for index in 0..LANES {
            let other = index ^ half;
            y[index] = if index & half == 0 { x[index] + x[other] } else { x[other] - x[index] };
        }
        x = y;
    }
    x.map(|value| value * 0.353_553_4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn energy(frames: &[Frame]) -> f32 {
        frames.iter().map(|f| f[0] * f[0] + f[1] * f[1]).sum()
    }

    #[test]
    fn a_reverb_falls_by_about_60_db_in_its_time() {
        let sound = Sound { reverb: 0.5, delay: 0.0, ..Sound::default() };
        let mut dry = vec![[0.0; 2]; 168_000];
        for (index, frame) in dry.iter_mut().take(4800).enumerate() {
            *frame = [(index as f32 * 0.13).sin(); 2];
        }
        let wet = Space::new(&sound, 20_000.0).wet(&dry, &vec![[0.0; 2]; 168_000]);
        let early = energy(&wet[10_000..20_000]);
        let late = energy(&wet[125_200..135_200]);
        let fall = 10.0 * (late / early).log10();
        assert!((-80.0..-50.0).contains(&fall), "{fall}");
    }

    #[test]
    fn echoes_alternate_between_the_sides() {
        let sound = Sound { reverb: 0.0, delay: 0.5, ..Sound::default() };
        let mut dry = vec![[0.0; 2]; 12_000];
        dry[..32].fill([1.0, 1.0]);
        let wet = Space::new(&sound, 4000.0).wet(&dry, &vec![[0.0; 2]; 12_000]);
        let side = |echo: usize, channel: usize| -> f32 {
            let from = echo * 3000;
            wet[from..from + 2900].iter().map(|f| f[channel] * f[channel]).sum()
        };
        assert!(side(1, 0) > 0.0 && side(1, 1) < side(1, 0) * 1e-3);
        assert!(side(2, 1) > 0.0 && side(3, 0) > 0.0);
        assert!(side(3, 0) < side(1, 0));
    }

    #[test]
    fn a_stretch_goes_on_where_the_last_one_stopped() {
        let sound = Sound::default();
        let wave = |i: usize| [(i as f32 * 0.01).sin(), (i as f32 * 0.02).sin()];
        let dry: Vec<Frame> = (0..9600).map(wave).collect();
        let whole = Space::new(&sound, 4000.0).wet(&dry, &dry);
        let mut space = Space::new(&sound, 4000.0);
        let pieces: Vec<Frame> = dry.chunks(2400).flat_map(|some| space.wet(some, some)).collect();
        assert_eq!(whole, pieces);
    }
}
