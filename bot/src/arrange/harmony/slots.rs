//! Where may a chord change?
//!
//! At the bar lines, and in the middle of bars of four and of six beats. A bar of three quarters
//! is divided where it is six eighths in truth: there, more notes begin on the fourth eighth than
//! on the fifth.

use music::song::{STEPS_PER_BEAT, Song};

/// How a song is divided into slots of one chord each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Steps of the grid a slot.
    pub steps: u32,
    /// Slots in the song; at least 1.
    pub n_slots: usize,
    /// Slots a bar: 1 or 2.
    pub per_bar: usize,
}

impl Slots {
    /// The slots of a song.
    pub fn of(song: &Song) -> Self {
        let per_bar = match song.beats_per_bar() {
            4 | 6 => 2,
            3 if is_six_eighths(song) => 2,
            _ => 1,
        };
        let steps = song.steps_per_bar() / per_bar as u32;
        Self { steps, n_slots: song.n_bars() as usize * per_bar, per_bar }
    }

    /// Whether a slot starts within a bar.
    pub fn is_mid_bar(&self, slot: usize) -> bool {
        !slot.is_multiple_of(self.per_bar)
    }
}

fn is_six_eighths(song: &Song) -> bool {
    let eighth = STEPS_PER_BEAT / 2;
    let begin_on = |nth: u32| {
        let begins = song.notes().iter().filter(|n| n.onset % song.steps_per_bar() == nth * eighth);
        begins.count()
    };
    begin_on(3) > begin_on(4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    fn slots(beats_per_bar: u32, onsets: &[u32]) -> Slots {
        let notes = onsets
            .iter()
            .map(|onset| GridNote::new(*onset, Voice::Lead, Pitch::new(60).expect("a pitch"), 12));
        Slots::of(&Song::new(120.0, beats_per_bar, 2, notes))
    }

    #[test]
    fn bars_of_four_are_halved_and_a_waltz_is_not() {
        assert_eq!(slots(4, &[0]), Slots { steps: 48, n_slots: 4, per_bar: 2 });
        assert_eq!(slots(3, &[0, 24, 48]), Slots { steps: 72, n_slots: 2, per_bar: 1 });
        assert_eq!(slots(3, &[0, 24, 36, 60]), Slots { steps: 36, n_slots: 4, per_bar: 2 });
        assert_eq!(slots(5, &[0]), Slots { steps: 120, n_slots: 2, per_bar: 1 });
        assert!(slots(4, &[0]).is_mid_bar(1) && !slots(4, &[0]).is_mid_bar(2));
    }
}
