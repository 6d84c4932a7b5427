//! What does each command do?
//!
//! Each has a file of its own: its arguments, what it does, and the rows it answers with. It works on
//! the [`Context`] and answers in lines, so it says the same whether the running daemon carries it out
//! or this process.
//!
//! To add a command that works on a home: a file here with a struct of arguments, a `run` and a row;
//! its variant in [`HomeCommand`] and its arm in [`HomeCommand::execute`].

mod backup;
mod daemon_state;
mod discard;
mod doctor;
mod explained;
mod forget;
pub(crate) mod generate;
pub(crate) mod judge;
mod kept_version;
mod library;
mod listing;
mod plot;
pub(crate) mod rate;
mod remove;
pub(crate) mod restore;
mod retrain;
mod rollback;
pub(crate) mod roundtrip;
mod score;
pub(crate) mod status;
mod taste;
pub(crate) mod tracks;
pub(crate) mod train;
mod versions;
mod why;

use clap::Subcommand;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::line::Out;

pub(crate) use daemon_state::{DaemonState, TrainingUnderway};
pub(crate) use retrain::Retrain;

/// What works on a home; carried out by the daemon if one is running, else by this process.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HomeCommand {
    /// Train a genre now
    Train(train::Train),
    /// Train a genre with the daemon's usual settings, at the next opportunity
    Retrain(Retrain),
    /// Generate tracks
    Generate(Box<generate::Generate>),
    /// Rate a track, or a MIDI file that was made elsewhere
    Rate(Box<rate::Rate>),
    /// Tell what listeners like, how sure that is, and which songs gain by it
    Taste(taste::Taste),
    /// Tell why a track is what it is, and whether it should be liked
    Why(why::Why),
    /// How well the current version predicts files, in nats per note (lower is better)
    Score(score::Score),
    /// List the songs that are learned from
    Library(library::Library),
    /// List the tracks, with what listeners think of them
    Tracks(tracks::Tracks),
    /// List the versions of a genre's model
    Versions(versions::Versions),
    /// Show the state of everything
    Status(status::Status),
    /// Go back to another version of a genre's model
    Rollback(rollback::Rollback),
    /// Delete a version of a genre's model that is not played
    Discard(discard::Discard),
    /// Take a song out of the library; its file goes to rejected/
    Remove(remove::Remove),
    /// Delete all votes of a listener
    Forget(forget::Forget),
    /// Check the home: configuration, store, files, disk
    Doctor(doctor::Doctor),
    /// Copy everything but the inbox and the Discord token, also while the daemon runs
    Backup(backup::Backup),
}

impl HomeCommand {
    /// Carries the command out. `now` is what only a running daemon knows; its loop queues trainings
    /// itself instead of carrying them out here.
    ///
    /// # Errors
    /// With what to do about it; [`crate::control::failure::exit_code`] tells its exit code.
    pub(crate) fn execute(
        self,
        context: &Context,
        now: &DaemonState,
        out: &mut Out<'_>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Train(train) => train.run(context, out),
            Self::Retrain(retrain) => retrain.run(context, out),
            Self::Generate(generate) => generate.run(context, out),
            Self::Rate(rate) => rate.run(context, out),
            Self::Taste(taste) => taste.run(context, out),
            Self::Why(why) => why.run(context, out),
            Self::Score(score) => score.run(context, out),
            Self::Library(library) => library.run(context, out),
            Self::Tracks(tracks) => tracks.run(context, out),
            Self::Versions(versions) => versions.run(context, out),
            Self::Status(_) => status::Status::run(context, now, out),
            Self::Rollback(rollback) => rollback.run(context, out),
            Self::Discard(discard) => discard.run(context, out),
            Self::Remove(remove) => remove.run(context, out),
            Self::Forget(forget) => forget.run(context, out),
            Self::Doctor(_) => doctor::Doctor::run(context, out),
            Self::Backup(backup) => backup.run(context, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn no_command_of_the_daemon_takes_a_path_from_its_own_working_folder() {
        let commands = HomeCommand::augment_subcommands(clap::Command::new("kickback"));
        for command in commands.get_subcommands() {
            for argument in command.get_arguments() {
                assert!(
                    argument.get_value_parser().type_id() != TypeId::of::<PathBuf>(),
                    "{} of {} has to be an AbsolutePath",
                    argument.get_id(),
                    command.get_name()
                );
            }
        }
    }
}
