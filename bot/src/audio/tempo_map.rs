//! Which frame of the sound belongs to which tick of the score?

use music::score::{Score, Tick};

use super::pcm::SAMPLE_RATE;

/// The score's tempo map in frames.
pub(crate) struct TempoMap<'a> {
    score: &'a Score,
    /// Frames a quarter note at the score's main tempo, for effects that follow the beat.
    pub(crate) beat: f64,
}

impl<'a> TempoMap<'a> {
    pub(crate) fn new(score: &'a Score) -> Self {
        Self { score, beat: 60.0 / score.tempo_bpm() * f64::from(SAMPLE_RATE) }
    }

    /// The nearest frame.
    pub(crate) fn frame(&self, tick: Tick) -> usize {
        (self.score.seconds_at(tick) * f64::from(SAMPLE_RATE)).round() as usize
    }
}
