//! What comes of reading a file?

use thiserror::Error;

use super::file_kind::FileKind;
use super::warning::Warning;
use crate::score::Score;

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
    #[error("this is not a MIDI file: it seems to be {0}")]
    NotMidi(FileKind),
    /// More bytes than [`Limits::max_file_bytes`](super::Limits::max_file_bytes).
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
    /// Music beyond [`Limits::max_minutes`](super::Limits::max_minutes).
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
