//! How does a MIDI file become a [`Score`], and a score a MIDI file?
//!
//! [`read`] takes any bytes at all: it never panics, holds memory and time within [`Limits`], keeps
//! what is sound of a damaged file and says in [`Warning`]s what it had to mend. [`write()`] makes the
//! plainest file that every reader agrees on. Neither touches the disk, and neither judges music.
//!
//! Only this module knows midly: its event parser reads one track at a time, while the chunks
//! around the tracks are walked here, because midly accepts wrong chunk lengths and cut-off files
//! without a word and gives up on a track at its first odd byte.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::score::Score;
use crate::settings::{OutOfRange, require};

mod assemble;
mod chunks;
mod events;
mod seems;
mod track;
mod write;

#[cfg(test)]
mod real_files;
#[cfg(test)]
mod tests;

pub use assemble::read;
pub use seems::Seems;
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
    /// Notes that start later than this many minutes into the piece are dropped with a warning: a
    /// stray note hours after the end is a common export fault.
    pub max_minutes: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 2 * 1024 * 1024,
            max_events: 200_000,
            max_tracks: 1_024,
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
    #[error("the file has {bytes} bytes, more than the {limit} that are read")]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More of something than a limit allows.
    #[error("the file has more than {limit} {what}: split it or export fewer")]
    TooMany {
        /// `events`, `tracks` or `notes`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// It begins like a MIDI file but no track can be found.
    #[error("the MIDI file is damaged: {why}; export it again")]
    Unreadable {
        /// What is missing.
        why: &'static str,
    },
}

/// Something odd that was mended or passed over; the score is what could be kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Warning {
    /// This many bytes before the header were passed over.
    JunkBefore(usize),
    /// Bytes after the last chunk, or a second file, were passed over.
    JunkAfter(usize),
    /// The header's format number is none of 0, 1 and 2, or disagrees with the tracks.
    OddFormat(u16),
    /// The header names another number of tracks than there are.
    TrackCount {
        /// What the header says.
        declared: u16,
        /// What there is.
        found: usize,
    },
    /// The header's resolution is 0 or no standard frame rate: this many ticks a beat are assumed.
    AssumedResolution(u16),
    /// The file counts time in film frames; beats come from its first tempo.
    FilmFrames,
    /// A format 2 file: its patterns were laid one after the other.
    Sequential,
    /// A chunk that is neither header nor track was passed over.
    UnknownChunk,
    /// A track's length field is wrong; its events were followed instead.
    ChunkLength(usize),
    /// The file ends in the middle of this track.
    CutOff(usize),
    /// This track has no end-of-track event.
    NoEndOfTrack(usize),
    /// Events after this track's end-of-track were passed over.
    AfterEndOfTrack(usize),
    /// In this track, this many broken events were passed over.
    Mended(usize, usize),
    /// This track is broken beyond mending; what came before is kept.
    Broken(usize),
    /// In this track, this many notes never ended; they end with the track.
    Hanging(usize, usize),
    /// This many notes had no length; they last one tick.
    ZeroLength(usize),
    /// This many notes (or ends) lie beyond the longest piece and were dropped.
    TooLate(usize),
    /// A tempo, time signature or key signature makes no sense and was passed over.
    OddMeta(usize),
}

impl fmt::Display for Warning {
    /// A phrase for a person; tracks count from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JunkBefore(n) => write!(f, "{n} bytes before the MIDI header were skipped"),
            Self::JunkAfter(n) => write!(f, "{n} bytes after the last track were skipped"),
            Self::OddFormat(format) => write!(f, "format {format} does not fit; read as format 1"),
            Self::TrackCount { declared, found } => {
                write!(f, "the header says {declared} tracks, there are {found}")
            }
            Self::AssumedResolution(ticks) => {
                write!(f, "the resolution makes no sense; {ticks} ticks a beat are assumed")
            }
            Self::FilmFrames => f.write_str("time is in film frames; beats follow the first tempo"),
            Self::Sequential => f.write_str("format 2: its patterns were laid end to end"),
            Self::UnknownChunk => f.write_str("a chunk of unknown kind was skipped"),
            Self::ChunkLength(track) => write!(f, "track {} has a wrong length field", track + 1),
            Self::CutOff(track) => write!(f, "the file ends in the middle of track {}", track + 1),
            Self::NoEndOfTrack(track) => write!(f, "track {} has no end marker", track + 1),
            Self::AfterEndOfTrack(track) => {
                write!(f, "events after the end marker of track {} were skipped", track + 1)
            }
            Self::Mended(track, n) => {
                write!(f, "{n} broken events in track {} were skipped", track + 1)
            }
            Self::Broken(track) => {
                write!(f, "track {} is damaged; what came before is kept", track + 1)
            }
            Self::Hanging(track, n) => {
                write!(f, "{n} notes of track {} never end; they end with it", track + 1)
            }
            Self::ZeroLength(n) => write!(f, "{n} notes without length now last one tick"),
            Self::TooLate(n) => write!(f, "{n} notes far after the piece were dropped"),
            Self::OddMeta(n) => write!(f, "{n} senseless tempo or signature events were skipped"),
        }
    }
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
