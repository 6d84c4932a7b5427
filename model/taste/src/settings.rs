//! How strongly do votes act?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How votes act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How strongly votes act on training: a song that is expected to be liked without reserve
    /// weighs e to this power (1.5: 4.5 times the usual), one disliked the inverse. A track of
    /// Kickback's own weighs as much beyond 1 if it is liked, and nothing if it is not. 0 switches
    /// votes off in training, above 3 a few votes drown the library. 0 to 5.
    pub gain: f64,
    /// Samples that a track is chosen from by what listeners liked so far; each costs as much time
    /// as the first. 1 takes what comes. 1 to 16.
    pub candidates: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { gain: 1.5, candidates: 4 }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        require((0.0..=5.0).contains(&self.gain), "gain", self.gain, "a number from 0 to 5")?;
        let candidates = (1..=16).contains(&self.candidates);
        require(candidates, "candidates", self.candidates, "a whole number from 1 to 16")
    }
}
