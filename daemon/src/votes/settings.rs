//! How do ratings act?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How ratings act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How strongly ratings act on training: the weight of a song that is liked without reserve is
    /// e to this power (1.5: 4.5 times the usual), of one disliked the inverse. 0 switches ratings
    /// off in training, above 3 a few votes drown the library. 0 to 5.
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
