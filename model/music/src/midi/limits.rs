//! How much may a file ask for?

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// How much a file may ask for; whatever exceeds it is refused or cut, never tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest file read, in bytes. A song of an hour has under 500,000; memory while reading
    /// is about ten times the file.
    pub max_file_bytes: u64,
    /// The most events of all tracks together; more refuses the file.
    pub max_events: usize,
    /// The most tracks; more refuses the file.
    pub max_tracks: usize,
    /// The most notes of all tracks together; more refuses the file.
    pub max_notes: usize,
    /// The longest piece, in minutes; a longer one is refused. A few stray notes hours after the
    /// end, a common export fault, are dropped with a warning instead.
    pub max_minutes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 2 * 1024 * 1024,
            max_events: 200_000,
            max_tracks: 4_096,
            max_notes: 100_000,
            max_minutes: 60,
        }
    }
}

impl Limits {
    /// Whether every limit lets some file through and none lets one ask for too much memory.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let bytes = 1_024..=64 * 1024 * 1024;
        let in_range = bytes.contains(&self.max_file_bytes);
        require(in_range, "max_file_bytes", self.max_file_bytes, "1024 to 67108864 bytes")?;
        let counts = 100..=5_000_000;
        require(
            counts.contains(&self.max_events),
            "max_events",
            self.max_events,
            "100 to 5000000",
        )?;
        let in_range = (1..=65_535).contains(&self.max_tracks);
        require(in_range, "max_tracks", self.max_tracks, "1 to 65535")?;
        require(counts.contains(&self.max_notes), "max_notes", self.max_notes, "100 to 5000000")?;
        let in_range = (1..=600).contains(&self.max_minutes);
        require(in_range, "max_minutes", self.max_minutes, "1 to 600 minutes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_limits_are_allowed_and_absurd_ones_are_not() {
        assert_eq!(Limits::default().check(), Ok(()));
        let absurd = Limits { max_tracks: 0, ..Limits::default() };
        assert_eq!(absurd.check().expect_err("0 tracks").key, "max_tracks");
    }
}
