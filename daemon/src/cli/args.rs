//! What can be said on the command line?
//!
//! Only the words; what they do is in [`crate::command`]. The names and the fields of the JSON
//! output are a contract that scripts rely on.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::command::HomeCommand;
use crate::command::judge::Judge;
use crate::command::restore::Restore;
use crate::command::roundtrip::Roundtrip;
use crate::demo::Demo;

/// Options that every command takes stand apart from its own in the help.
const GLOBAL: &str = "Options of every command";

/// Learns a community's music from dropped MIDI files and plays it back.
#[derive(Debug, Parser)]
#[command(name = "kickback", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Where everything is kept [default: `$KICKBACK_HOME`, `$STATE_DIRECTORY` or
    /// `$XDG_DATA_HOME/kickback`]
    #[arg(long, global = true, value_name = "DIR", help_heading = GLOBAL)]
    pub(crate) home: Option<PathBuf>,
    /// The configuration file [default: kickback.toml in the home, if there]
    #[arg(long, global = true, value_name = "FILE", help_heading = GLOBAL)]
    pub(crate) config: Option<PathBuf>,
    /// One JSON object a line on stdout, and nothing else there
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Everything that can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the daemon: watch the inbox, train, answer in Discord
    Run,
    /// Hear it: learn the bundled starter songs in a fresh home, play, rate, learn again
    Demo(Demo),
    /// Judge MIDI files or folders of them as the inbox would; nothing is moved
    Judge(Judge),
    /// Write what the tokens keep of a file as MIDI
    Roundtrip(Roundtrip),
    /// What works on the home, through the running daemon if there is one
    #[command(flatten)]
    Home(HomeCommand),
    /// Fill a home that has no store yet from a backup; run it as the user of the daemon
    Restore(Restore),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_help_sets_the_options_of_every_command_apart() {
        let mut cli = Cli::command();
        cli.build();
        let help = cli.find_subcommand_mut("generate").expect("it is there").render_help();
        let help = help.to_string();
        let (own, global) = help.split_once("Options of every command:").expect("a heading");
        assert!(own.contains("--seed") && !own.contains("--home"), "{own}");
        assert!(["--home", "--config", "--json"].iter().all(|name| global.contains(name)));
        assert!(!global.contains("--seed"), "{global}");
        let names: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
        let place = |name| names.iter().position(|known| *known == name);
        assert_eq!(place("restore"), place("backup").map(|place| place + 1), "{names:?}");
    }

    #[test]
    fn the_definitions_agree_with_themselves() {
        Cli::command().debug_assert();
    }
}
