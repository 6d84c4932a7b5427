//! How are tracks sampled, unless a wish says otherwise?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How tracks are sampled unless a wish says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Length of the melody in bars, before arrangement. 1 to 256.
    pub bars: u32,
    /// Below 1 plays safer and repeats more, above 1 wilder; 0 always takes the likeliest. 0 to 3.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability are drawn from; lower is
    /// safer, 1 draws from all. Above 0, up to 1.
    pub top_p: f64,
    /// The longest run of notes (interval and rhythm) that a melody may share with a song its version
    /// was learned from; one that shares more is drawn again. Lower is more original and takes more
    /// draws. 4 to 1000.
    pub max_copied_notes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bars: 16, temperature: 1.0, top_p: 0.97, max_copied_notes: 16 }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        require((1..=256).contains(&self.bars), "bars", self.bars, "a whole number from 1 to 256")?;
        let temperature = (0.0..=3.0).contains(&self.temperature);
        require(temperature, "temperature", self.temperature, "a number from 0 to 3")?;
        let top_p = self.top_p > 0.0 && self.top_p <= 1.0;
        require(top_p, "top_p", self.top_p, "a number above 0, up to 1")?;
        let copied = self.max_copied_notes;
        let in_range = (4..=1000).contains(&copied);
        require(in_range, "max_copied_notes", copied, "a whole number from 4 to 1000")
    }
}
