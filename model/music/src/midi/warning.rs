//! What was odd about a file, and how is it told?
//!
//! A warning never refuses a file; what does is a [`ReadError`](super::ReadError).

use std::fmt;

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
    /// The header's resolution is 0, no standard frame rate, or makes a piece of hours: this many
    /// ticks a beat are assumed.
    AssumedResolution(u16),
    /// No tempo is set: 120 quarter notes a minute, as the standard says.
    NoTempo,
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
    /// Events after this track's end-of-track were read too if they are sound, or else passed over.
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
            Self::NoTempo => f.write_str("no tempo is set; 120 BPM are assumed"),
            Self::FilmFrames => f.write_str("time is in film frames; beats follow the first tempo"),
            Self::Sequential => f.write_str("format 2: its patterns were laid end to end"),
            Self::UnknownChunk => f.write_str("a chunk of unknown kind was skipped"),
            Self::ChunkLength(track) => write!(f, "track {} has a wrong length field", track + 1),
            Self::CutOff(track) => {
                write!(
                    f,
                    "the file ends in the middle of track {}; its beginning is kept",
                    track + 1
                )
            }
            Self::NoEndOfTrack(track) => write!(f, "track {} has no end marker", track + 1),
            Self::AfterEndOfTrack(track) => {
                write!(f, "track {} goes on after its end marker", track + 1)
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
