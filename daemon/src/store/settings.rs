//! How does the store treat disk and memory?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How the store treats disk and memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Mebibytes that must stay free on the disk; with less, nothing is written. A full disk can
    /// cost what is being written, so the reserve is what a training and its track may need.
    pub free_space_reserve_mb: u64,
    /// Mebibytes of memory for pages of the store. Larger makes listing many tracks faster.
    pub cache_mb: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { free_space_reserve_mb: 256, cache_mb: 8 }
    }
}

impl Settings {
    /// # Errors
    /// The first value that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let (reserve, cache) = (self.free_space_reserve_mb, self.cache_mb);
        let allowed = "a whole number from 16 to 1048576 (mebibytes)";
        require((16..=1 << 20).contains(&reserve), "free_space_reserve_mb", reserve, allowed)?;
        let allowed = "a whole number from 8 to 4096 (mebibytes)";
        require((8..=4096).contains(&cache), "cache_mb", cache, allowed)
    }
}
