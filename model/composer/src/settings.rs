//! What can be set about training a network of songs?

use bounds::{OutOfRange, require};
use network::train::Hyperparameters;
use serde::{Deserialize, Serialize};

/// Everything about training that can be set: what concerns any network, and what concerns songs. In
/// files, the two lie side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What shapes the training of any network.
    #[serde(flatten)]
    pub hyperparameters: Hyperparameters,
    /// Times that all songs are read at most when training continues from an earlier version; new
    /// songs and ratings need fewer than a start from nothing. 1 to 10000.
    pub continue_epochs: usize,
    /// Songs are transposed at random by up to so many semitones, so that every key is learned from
    /// every song. 0 to 11.
    pub transpose: i32,
    /// Share of the music read in training that is of other genres, if the library has any: one network
    /// plays all genres, and a genre of few songs learns from the others what music is. More helps small
    /// genres, takes longer and blurs large ones. 0 to 0.9.
    pub replay: f64,
    /// Share of the tunes that is held out to measure what was learned. 0 to 0.5.
    pub valid_share: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hyperparameters: Hyperparameters::default(),
            continue_epochs: 6,
            transpose: 5,
            replay: 0.5,
            valid_share: 0.1,
        }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.hyperparameters.check()?;
        let times = (1..=10_000).contains(&self.continue_epochs);
        let allowed = "a whole number from 1 to 10000";
        require(times, "continue_epochs", self.continue_epochs, allowed)?;
        let share = (0.0..=0.9).contains(&self.replay);
        require(share, "replay", self.replay, "a number from 0 to 0.9")?;
        let share = (0.0..=0.5).contains(&self.valid_share);
        require(share, "valid_share", self.valid_share, "a number from 0 to 0.5")?;
        let semitones = (0..=11).contains(&self.transpose);
        require(semitones, "transpose", self.transpose, "a whole number from 0 to 11")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed_and_bad_values_are_named() {
        assert_eq!(Settings::default().check(), Ok(()));
        let key = |settings: Settings| settings.check().map_err(|error| error.key);
        assert_eq!(key(Settings { replay: f64::NAN, ..Settings::default() }), Err("replay"));
        assert_eq!(key(Settings { transpose: 12, ..Settings::default() }), Err("transpose"));
        let hyperparameters = Hyperparameters { layers: 9, ..Hyperparameters::default() };
        assert_eq!(key(Settings { hyperparameters, ..Settings::default() }), Err("layers"));
    }
}
