//! What does a track begin with, if not with music of its own?

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};
use serde::{Deserialize, Serialize};

use super::number::Bars;
use super::path::AbsolutePath;

/// The first bars of music that is there already; the rest is sampled as a continuation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Primer {
    /// Whose first bars.
    pub source: Source,
    /// How many of them.
    pub bars: Bars,
}

/// Where the music of a [`Primer`] is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An earlier track, by its number: the new one is a variation of it.
    Track(u64),
    /// A MIDI file.
    File(AbsolutePath),
}

/// How a [`Primer`] is written on the command line: two options for the source, one for the bars.
#[derive(Args)]
struct PrimerOptions {
    /// Make a variation of this track: begin with its first bars
    #[arg(long, value_name = "TRACK", conflicts_with = "primer")]
    vary: Option<u64>,
    /// Begin with the first bars of this MIDI file
    #[arg(long, value_name = "FILE")]
    primer: Option<AbsolutePath>,
    /// Bars of that track or file to begin with
    #[arg(long, value_name = "N", default_value = "4")]
    keep: Bars,
}

impl FromArgMatches for Primer {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let PrimerOptions { vary, primer, keep } = PrimerOptions::from_arg_matches(matches)?;
        let source = vary.map(Source::Track).or(primer.map(Source::File));
        let source = source.ok_or_else(|| {
            let text = "--keep counts the bars of a --vary or a --primer: give one of them";
            clap::Error::raw(ErrorKind::MissingRequiredArgument, text)
        })?;
        Ok(Self { source, bars: keep })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Primer {
    fn group_id() -> Option<Id> {
        PrimerOptions::group_id()
    }

    fn augment_args(command: Command) -> Command {
        PrimerOptions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        PrimerOptions::augment_args_for_update(command)
    }
}
