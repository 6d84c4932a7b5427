//! How is the inbox watched?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How the inbox is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file is complete once it has not changed for this many milliseconds. Less takes songs sooner,
    /// but may take half a song from a slow network copy.
    pub settle_ms: u64,
    /// The inbox is scanned at least every this many seconds, whatever the events say. A scan of
    /// a thousand files costs a few milliseconds.
    pub scan_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { settle_ms: 2_000, scan_seconds: 60 }
    }
}

impl Settings {
    /// Whether all values are allowed.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let in_range = (50..=600_000).contains(&self.settle_ms);
        require(in_range, "settle_ms", self.settle_ms, "50 to 600000 milliseconds")?;
        let in_range = (1..=86_400).contains(&self.scan_seconds);
        require(in_range, "scan_seconds", self.scan_seconds, "1 to 86400 seconds")
    }
}
