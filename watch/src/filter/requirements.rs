//! What does a song need to be taken?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// What a song needs to be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Requirements {
    /// The fewest bars, from the first note to the last. Lower takes short loops, from which the
    /// network learns little but their repetition.
    pub min_bars: u32,
    /// The fewest notes of the lead. Lower takes files whose melody is a few stray notes.
    pub min_lead_notes: usize,
    /// The fewest different pitch classes of the lead. At 1, drum rhythms on one pitch would pass.
    pub min_lead_pitch_classes: usize,
    /// The fewest lead notes a bar, on average over the bars in which any voice strikes a note.
    pub min_lead_notes_a_bar: f64,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            min_bars: 3,
            min_lead_notes: 12,
            min_lead_pitch_classes: 3,
            min_lead_notes_a_bar: 0.5,
        }
    }
}

impl Requirements {
    /// Whether all values are allowed.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let in_range = (1..=128).contains(&self.min_bars);
        require(in_range, "min_bars", self.min_bars, "1 to 128 bars")?;
        let in_range = (1..=1000).contains(&self.min_lead_notes);
        require(in_range, "min_lead_notes", self.min_lead_notes, "1 to 1000 notes")?;
        let classes = self.min_lead_pitch_classes;
        let in_range = (1..=7).contains(&classes);
        require(in_range, "min_lead_pitch_classes", classes, "1 to 7 pitch classes")?;
        let in_range = (0.0..=16.0).contains(&self.min_lead_notes_a_bar);
        require(in_range, "min_lead_notes_a_bar", self.min_lead_notes_a_bar, "0 to 16 notes a bar")
    }
}
