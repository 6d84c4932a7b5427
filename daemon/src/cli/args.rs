//! What can be said on the command line?
//!
//! Only the words; what they do is in [`crate::command`]. The names and the fields of the JSON
//! output are a contract that scripts rely on.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use serde::{Deserialize, Serialize};

/// Learns a community's music from dropped MIDI files and plays it back.
#[derive(Debug, Parser)]
#[command(name = "kickback", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// Where everything is kept [default: `$KICKBACK_HOME`, `$STATE_DIRECTORY` or
    /// `$XDG_DATA_HOME/kickback`]
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// The configuration file [default: kickback.toml in the home, if there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One JSON object a line on stdout, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon: watch the inbox, train, answer in Discord
    Run,
    /// Hear it: learn the bundled starter songs in a fresh home, play, rate, learn again
    Demo(Demo),
    /// Judge MIDI files or folders of them as the inbox would; nothing is moved
    Judge {
        /// Files or folders
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Of a folder, tell everything about each file, not only what is wrong with some
        #[arg(long)]
        all: bool,
    },
    /// Write what the tokens keep of a file as MIDI
    Roundtrip {
        /// The MIDI file
        file: PathBuf,
        /// Where to write
        #[arg(long, value_name = "FILE.mid")]
        out: PathBuf,
    },
    /// Fill a home that has no store yet from a backup; run it as the user of the daemon
    Restore {
        /// The backup's folder, which is only read
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
    /// Everything else works on the home, through the running daemon if there is one
    #[command(flatten)]
    Home(HomeCommand),
}

/// Options of the demonstration.
#[derive(Clone, Debug, Default, Args)]
pub struct Demo {
    /// Epochs of the first training
    #[arg(long, default_value_t = 80, value_parser = one_or_more)]
    pub epochs: usize,
}

/// What works on a home; runs in the daemon if one is running, else in this process.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeCommand {
    /// Train a genre now
    Train(Train),
    /// Train a genre with the daemon's usual settings, at the next opportunity
    Retrain {
        /// The genre
        genre: String,
    },
    /// Generate tracks
    Generate(Box<Generate>),
    /// Rate a track
    Rate(Rate),
    /// How well the current version foretells files, in nats a note (less is closer)
    Score {
        /// The genre
        genre: String,
        /// MIDI files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// What is learned from
    Library {
        /// Only this genre
        genre: Option<String>,
    },
    /// What was generated
    Tracks {
        /// Only this genre
        genre: Option<String>,
    },
    /// The versions of a genre's model
    Versions(Versions),
    /// How everything stands
    Status,
    /// Play with another version of a genre's model again
    Rollback {
        /// The genre
        genre: String,
        /// Its version: 3 or v3
        version: String,
    },
    /// Delete a version of a genre's model that is not played
    Discard {
        /// The genre
        genre: String,
        /// Its version: 3 or v3
        version: String,
    },
    /// Take a song out of the library; its file goes to rejected/
    Remove {
        /// The song's id (or its first digits, four or more), its name, or a file with its content
        song: String,
    },
    /// Delete all votes of a listener
    Forget {
        /// The name under which the votes were given
        name: String,
    },
    /// Check the home: configuration, store, files, disk
    Doctor,
    /// Copy everything but the inbox and the Discord token, also while the daemon runs
    Backup {
        /// A new folder; the daemon under systemd can write only below its home
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
}

/// Options of a training.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Train {
    /// The genre
    pub genre: String,
    /// Begin with new weights instead of those of the current version
    #[arg(long)]
    pub fresh: bool,
    /// Epochs at most
    #[arg(long, value_name = "N", value_parser = one_or_more)]
    pub epochs: Option<usize>,
}

/// Options of a generation.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Generate {
    /// The genre
    pub genre: String,
    /// In the manner of this artist: a folder within the genre's, with five songs or more
    #[arg(long, value_name = "NAME")]
    pub artist: Option<String>,
    /// How many tracks, up to 1000
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub count: u32,
    /// Decides everything random; the second track takes the next, and so on
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Length of the melody in bars, before arrangement
    #[arg(long, value_name = "N")]
    pub bars: Option<u32>,
    /// Quarter notes a minute
    #[arg(long, value_name = "BPM")]
    pub tempo: Option<f64>,
    /// Key, such as "F minor" or "F#m"
    #[arg(long, value_name = "K")]
    pub key: Option<String>,
    /// What plays the lead: a General MIDI name
    #[arg(long, value_name = "I")]
    pub instrument: Option<String>,
    /// full (with drums, bass and form) or lead (the melody's voices alone)
    #[arg(long, value_name = "A")]
    pub arrangement: Option<String>,
    /// Below 1 plays safer, above 1 wilder
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Make a variation of this track: begin with its first bars
    #[arg(long, value_name = "TRACK", conflicts_with = "primer")]
    pub vary: Option<u64>,
    /// Begin with the first bars of this MIDI file
    #[arg(long, value_name = "FILE")]
    pub primer: Option<PathBuf>,
    /// Bars of that track or file to begin with
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=255))]
    pub keep: u32,
    /// Where the files go [default: tracks/ in the home]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Leave the audio for the chat (.ogg) out
    #[arg(long)]
    pub no_audio: bool,
    /// Write the audio without loss too: a WAV file of 24 bits
    #[arg(long)]
    pub wav: bool,
    /// Write each part by itself too: WAV files of one length, before mastering and 12 dB quieter,
    /// that add up to the mix
    #[arg(long)]
    pub stems: bool,
    /// Leave the picture out
    #[arg(long)]
    pub no_picture: bool,
    /// Take the first sample instead of the candidate that listeners should like best
    #[arg(long)]
    pub plain: bool,
}

/// Options of a list of versions.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Versions {
    /// The genre
    pub genre: String,
    /// Only this version: 3 or v3
    pub version: Option<String>,
    /// Draw how that version learned, or the one that is played if none is named
    #[arg(long, value_name = "FILE.png")]
    pub plot: Option<PathBuf>,
}

/// Options of a rating.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(
    override_usage = "kickback rate TRACK EMOJI [--by NAME]\n       kickback rate --from FILE.csv"
)]
pub struct Rate {
    /// The track's number
    #[arg(required_unless_present = "from", requires = "emoji")]
    pub track: Option<u64>,
    /// An emoji that has a value in the configuration
    pub emoji: Option<String>,
    /// Who rates
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub by: String,
    /// Ratings from a file with the columns track,emoji,by and perhaps time (milliseconds since 1970)
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["track", "emoji"])]
    pub from: Option<PathBuf>,
}

fn one_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=10_000) => Ok(number),
        _ => Err("give a whole number from 1 to 10000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_agree_with_themselves() {
        Cli::command().debug_assert();
    }
}
