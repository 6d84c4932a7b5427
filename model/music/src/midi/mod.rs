//! How does a MIDI file become a [`Score`], and a score a MIDI file?
//!
//! [`read`] takes any bytes at all: it never panics, holds memory and time within [`Limits`], keeps
//! what is sound of a damaged file and says in [`Warning`]s what it had to mend. [`write()`] makes the
//! plainest file that every reader agrees on. Neither touches the disk, and neither judges music.
//!
//! Only this module knows midly: its event parser reads one track at a time, while the chunks
//! around the tracks are walked here, because midly accepts wrong chunk lengths and cut-off files
//! without a word and gives up on a track at its first odd byte.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::score::Score;
use bounds::{OutOfRange, require};

mod assemble;
mod chunks;
mod events;
mod length;
mod seems;
mod track;
mod warning;
mod write;

#[cfg(test)]
mod real_files;
#[cfg(test)]
mod tests;

pub use assemble::read;
pub use seems::Seems;
pub use warning::Warning;
pub use write::write;

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

/// A score and what was mended to get it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The music.
    pub score: Score,
    /// What was odd about the file, in the order of finding it; at most one of a kind a track.
    pub warnings: Vec<Warning>,
}

/// Why no score can be had from a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nothing is in it.
    #[error("the file is empty (0 bytes): export it again")]
    Empty,
    /// Something else is in it.
    #[error("this is no MIDI file: it seems to be {0}")]
    NotMidi(Seems),
    /// More bytes than [`Limits::max_file_bytes`].
    #[error(
        "the file has {bytes} bytes, more than the {limit} that are read: export less, or raise \
         max_file_bytes in [intake.midi]"
    )]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More of something than a limit allows.
    #[error(
        "the file has more than {limit} {what}: split it, export fewer, or raise max_{what} in \
         [intake.midi]"
    )]
    TooMany {
        /// `events`, `tracks` or `notes`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Music beyond [`Limits::max_minutes`].
    #[error(
        "the music is {minutes} minutes long, more than the {limit} that are read: export a part \
         of it, or raise max_minutes in [intake.midi]"
    )]
    TooLong {
        /// When the last note starts, rounded up.
        minutes: u64,
        /// The limit.
        limit: u32,
    },
    /// It begins like a MIDI file but no track can be found.
    #[error("the MIDI file is damaged: {why}; export it again")]
    Unreadable {
        /// What is missing.
        why: &'static str,
    },
}

#[cfg(test)]
mod limit_tests {
    use super::*;

    #[test]
    fn the_default_limits_are_allowed_and_absurd_ones_are_not() {
        assert_eq!(Limits::default().check(), Ok(()));
        let absurd = Limits { max_tracks: 0, ..Limits::default() };
        assert_eq!(absurd.check().expect_err("0 tracks").key, "max_tracks");
    }
}
