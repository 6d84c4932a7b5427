//! What does a person ask for in a track?
//!
//! One [`Wish`], however it is put: the command line parses its options straight into it, a slash
//! command fills it from what a listener chose, the control socket carries it and the store keeps
//! it with the track. Every field has a type that holds only what is possible; what is left open
//! is decided by the daemon, once, for each track.
//!
//! A wish says nothing about files and nothing about who asked.

mod as_text;
mod number;
mod path;
mod primer;
mod typed;

use clap::Args;
use music::key::Key;
use serde::{Deserialize, Serialize};

pub use self::number::{Bars, Bpm, NotPossible, NotesAtOnce, NotesPerBar, Register, Temperature};
pub use self::path::{AbsolutePath, unicode_path};
pub use self::primer::{Primer, Source, track_number};
use crate::arrangement_kind::ArrangementKind;
use crate::instrument::Instrument;

/// What a person asks for in a track; `None` leaves the choice to the genre's songs and the settings.
///
/// The doc comments below are the help of the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Args)]
#[serde(default)]
pub struct Wish {
    /// The genre
    pub genre: String,
    /// In the manner of this artist: a folder within the genre's, with five songs or more
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artist: Option<String>,
    /// Decides everything random; the second track takes the next, and so on
    #[arg(long, value_name = "S", value_parser = typed::seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Length of the melody in bars, before arrangement
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub bars: Option<Bars>,
    /// Tempo in beats per minute
    #[arg(long, value_name = "BPM", allow_negative_numbers = true)]
    #[serde(rename = "tempo_bpm")]
    pub tempo: Option<Bpm>,
    /// Key, such as "F minor" or "F#m"
    #[arg(long, value_name = "K", value_parser = typed::key)]
    pub key: Option<Key>,
    /// Notes in a bar of the melody, all its voices together
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub density: Option<NotesPerBar>,
    /// Mean pitch of the lead: a note such as C5, or its MIDI number (60 is middle C)
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub register: Option<Register>,
    /// The most notes that sound at once in the melody
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub polyphony: Option<NotesAtOnce>,
    /// What plays the lead: a General MIDI name
    #[arg(long, value_name = "I", value_parser = typed::instrument)]
    #[serde(with = "as_text")]
    pub instrument: Option<Instrument>,
    /// full (with drums, bass and form) or lead (the melody's voices alone)
    #[arg(long, value_name = "A", value_parser = typed::arrangement)]
    #[serde(with = "as_text")]
    pub arrangement: Option<ArrangementKind>,
    /// Below 1 plays safer, above 1 wilder
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    pub temperature: Option<Temperature>,
    /// Ignore the ratings: take the first sample, not the one that listeners should like best
    #[arg(long)]
    pub plain: bool,
    /// Whose taste chooses: a community by any name; votes on the track are that community's
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    /// Music that it begins with: `--vary` or `--primer`, with `--keep`.
    #[command(flatten)]
    #[serde(alias = "opening")]
    pub primer: Option<Primer>,
}

impl Wish {
    /// Any track of this genre.
    pub fn any(genre: impl Into<String>) -> Self {
        Self { genre: genre.into(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
