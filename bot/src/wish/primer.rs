//! What does a track begin with, if not with music of its own?

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};
use serde::{Deserialize, Serialize};

use super::number::Bars;
use super::path::{AbsolutePath, unicode_path};

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
#[group(skip)]
struct PrimerOptions {
    #[command(flatten)]
    source: SourceOptions,
    /// Bars of that track or file to begin with
    #[arg(long, value_name = "N", default_value = "4", value_parser = bars_to_keep)]
    #[arg(allow_negative_numbers = true, requires = "source")]
    keep: Bars,
}

/// A group of its own: only a source asks for a primer, and `--keep` needs one.
#[derive(Args)]
#[group(id = "source")]
struct SourceOptions {
    /// Make a variation of this track: begin with its first bars
    #[arg(long, value_name = "TRACK", conflicts_with = "primer", value_parser = track_number)]
    #[arg(allow_negative_numbers = true)]
    vary: Option<u64>,
    /// Begin with the first bars of this MIDI file
    #[arg(long, value_name = "FILE", value_parser = unicode_path())]
    primer: Option<AbsolutePath>,
}

/// One bar fewer than a track can have, so that one is left to sample.
fn bars_to_keep(text: &str) -> Result<Bars, &'static str> {
    let bars = text.trim().parse().ok().filter(|n_bars| (1..=255).contains(n_bars));
    bars.and_then(|n_bars| Bars::new(n_bars).ok()).ok_or("give 1 to 255")
}

/// Reads the number of a track, as it is typed.
///
/// # Errors
/// With what may be given, if it is none.
pub fn track_number(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "give the number of a track: `kickback tracks` lists them")
}

impl FromArgMatches for Primer {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let PrimerOptions { source, keep } = PrimerOptions::from_arg_matches(matches)?;
        let SourceOptions { vary, primer } = source;
        let source = vary.map(Source::Track).or(primer.map(Source::File));
        let source = source.ok_or_else(|| {
            let text = "a primer needs a source: give --vary or --primer";
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
        SourceOptions::group_id()
    }

    fn augment_args(command: Command) -> Command {
        PrimerOptions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        PrimerOptions::augment_args_for_update(command)
    }
}
