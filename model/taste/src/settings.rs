//! How strongly do votes act?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

use crate::ballots::HALF_LIFE_DAYS;

/// How votes act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How strongly votes act on training: by what factor the differences between songs that listeners
    /// should like and others count. 1: the best liked weigh up to 9 times the usual, as far as the taste
    /// is known; a third of the library counts in any case. 0 switches votes off in training, 2 follows
    /// them boldly. A track with votes weighs up to e to this power less 1 if it is liked, and nothing if it
    /// is not. 0 to 5.
    pub gain: f64,
    /// Samples that a track is chosen from by what listeners liked so far, themselves the most promising of
    /// four times as many that are begun; 64 of 16 bars take a third of a second on two cores. 1 takes
    /// what comes. 1 to 256.
    pub candidates: u32,
    /// Whether candidates take after songs that listeners should like more often than after others.
    pub request: bool,
    /// Whether candidates are also drawn at lower and higher temperatures than the one that is set, the more
    /// often the better tracks of that kind were liked, in all genres and communities.
    pub boldness: bool,
    /// Days in which a vote loses half its weight against the latest ones. 1 to 10000.
    pub half_life_days: f64,
    /// Share of the chat's tracks that is made plainly, as if nobody had voted: against the votes on them
    /// it shows whether the choice by taste is of use. 0 to 1.
    pub plain_share: f64,
    /// The same until enough votes stand on such tracks. 0 to 1.
    pub plain_share_at_first: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gain: 1.0,
            candidates: 64,
            request: true,
            boldness: true,
            half_life_days: HALF_LIFE_DAYS,
            plain_share: 0.1,
            plain_share_at_first: 0.3,
        }
    }
}

impl Settings {
    /// Checks every value.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), OutOfRange> {
        require((0.0..=5.0).contains(&self.gain), "gain", self.gain, "a number from 0 to 5")?;
        let candidates = (1..=256).contains(&self.candidates);
        require(candidates, "candidates", self.candidates, "a whole number from 1 to 256")?;
        let days = self.half_life_days;
        require((1.0..=1e4).contains(&days), "half_life_days", days, "a number from 1 to 10000")?;
        let shares = [
            ("plain_share", self.plain_share),
            ("plain_share_at_first", self.plain_share_at_first),
        ];
        shares.into_iter().try_for_each(|(name, share)| {
            require((0.0..=1.0).contains(&share), name, share, "a number from 0 to 1")
        })
    }
}
