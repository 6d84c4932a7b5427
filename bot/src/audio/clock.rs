//! Which frame of the sound belongs to which tick of the score?

use model::score::{Score, Tick};

use super::SAMPLE_RATE;

/// The score's tempo map in frames, for many look-ups.
pub(crate) struct Clock {
    /// Where each tempo starts: tick, frame, frames a tick from there on.
    marks: Vec<(u32, f64, f64)>,
    /// Frames a quarter note at the score's main tempo, for effects that follow the beat.
    pub(crate) beat: f64,
}

impl Clock {
    pub(crate) fn new(score: &Score) -> Self {
        let rate = f64::from(SAMPLE_RATE);
        let a_tick =
            |micros: u32| f64::from(micros) * 1e-6 * rate / f64::from(score.ticks_per_beat);
        let mut marks = vec![(0, 0.0, a_tick(500_000))];
        for tempo in &score.tempos {
            let frame = score.seconds_at(tempo.at) * rate;
            marks.push((tempo.at.0, frame, a_tick(tempo.micros_per_beat)));
        }
        Self { marks, beat: 60.0 / score.tempo_bpm() * rate }
    }

    /// The nearest frame.
    pub(crate) fn frame(&self, tick: Tick) -> usize {
        let after = self.marks.partition_point(|mark| mark.0 <= tick.0);
        let (at, frame, a_tick) = self.marks[after.saturating_sub(1)];
        (frame + f64::from(tick.0 - at) * a_tick).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::score::Tempo;

    #[test]
    fn frames_follow_the_tempo_map() {
        let score = Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: vec![
                Tempo { at: Tick(0), micros_per_beat: 500_000 },
                Tempo { at: Tick(960), micros_per_beat: 250_000 },
            ],
            time_signatures: vec![],
            key_signature: None,
            parts: vec![],
            end: Tick(1920),
        };
        let clock = Clock::new(&score);
        assert_eq!(clock.frame(Tick(0)), 0);
        assert_eq!(clock.frame(Tick(960)), 48_000);
        assert_eq!(clock.frame(Tick(1920)), 72_000);
    }
}
