//! How do echoes go from side to side?

use crate::audio::dsp::filter::OnePole;
use crate::audio::dsp::halfband::HALF_RATE;
use crate::audio::pcm::Frame;

/// A ping-pong delay.
pub(super) struct Delay {
    /// How much of the input goes in.
    send: f32,
    /// What is delayed, as a ring.
    line: Vec<Frame>,
    at: usize,
    damping: [OnePole; 2],
    low_cut: [OnePole; 2],
}

impl Delay {
    /// An echo every `period` frames at half the rate.
    pub(super) fn new(period: usize, send: f32) -> Self {
        Self {
            send,
            line: vec![[0.0; 2]; period.max(1)],
            at: 0,
            damping: [OnePole::at_rate(4200.0, HALF_RATE); 2],
            low_cut: [OnePole::at_rate(260.0, HALF_RATE); 2],
        }
    }

    /// The echoes at the next frame, of which `sample` is the input.
    #[inline(always)]
    pub(super) fn next(&mut self, sample: f32) -> Frame {
        const FEEDBACK: f32 = 0.42;
        let line = &mut self.line[self.at];
        let [left, right] = *line;
        let inputs = [sample * self.send + right * FEEDBACK, left * (FEEDBACK + 0.4)];
        for side in 0..2 {
            line[side] = self.low_cut[side].high(self.damping[side].low(inputs[side]));
        }
        self.at += 1;
        if self.at == self.line.len() {
            self.at = 0;
        }
        [left, right]
    }
}
