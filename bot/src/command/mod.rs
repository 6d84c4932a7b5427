//! Which slash commands are there?
//!
//! A table, with a file for each command: what it is called, what can be filled in, and which
//! [`Question`] that makes. How a chat shows commands is its own business
//! ([`crate::discord`]); who answers them is the daemon.
//!
//! To add a command: a file here with its `options` and its `read`, a variant of [`Question`] and a
//! row in [`commands`]. The compiler then asks the daemon for the answer.

mod forget_me;
mod generate;
mod genre;
mod model;
mod offer;
mod option;

pub use self::model::ModelQuestion;
pub use self::offer::{Offer, find_name};
pub use self::option::{CommandOption, Given, Kind, MenuEntry};
use crate::wish::Wish;
use serde::{Deserialize, Serialize};

/// What a listener asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// For a new track.
    Generate(Wish),
    /// How the model of a genre is doing.
    Model(ModelQuestion),
    /// What can be asked.
    Help,
    /// What is kept of people.
    Privacy,
    /// That all votes of who asks are deleted.
    ForgetMe {
        /// Whether they are sure.
        sure: bool,
    },
}

impl Question {
    /// Whether the answer is a message with files for all to see; else it is a text for the asker alone.
    pub fn is_answered_with_files(&self) -> bool {
        match self {
            Self::Generate(_) | Self::Model(_) => true,
            Self::Help | Self::Privacy | Self::ForgetMe { .. } => false,
        }
    }
}

/// A slash command.
pub struct Command {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What it does, in a few words.
    pub description: &'static str,
    /// What can be filled in, in the order in which it is shown.
    pub options: Vec<CommandOption>,
    read: fn(&Given, &Offer) -> Result<Question, String>,
}

/// All commands; `max_bars` is the longest track that may be asked for.
pub fn commands(max_bars: u32) -> [Command; 5] {
    [
        Command {
            name: "generate",
            description: "Makes a new track: MIDI, sound and picture",
            options: generate::options(max_bars),
            read: |given, offer| generate::read(given, offer).map(Question::Generate),
        },
        Command {
            name: "model",
            description: "Shows what I have learned of a genre, and how well",
            options: model::options(),
            read: |given, offer| model::read(given, offer).map(Question::Model),
        },
        Command {
            name: "help",
            description: "Shows what you can ask me",
            options: Vec::new(),
            read: |_, _| Ok(Question::Help),
        },
        Command {
            name: "privacy",
            description: "Shows what I keep of you",
            options: Vec::new(),
            read: |_, _| Ok(Question::Privacy),
        },
        Command {
            name: "forget-me",
            description: "Deletes all your votes",
            options: forget_me::options(),
            read: |given, _| Ok(Question::ForgetMe { sure: forget_me::read(given) }),
        },
    ]
}

/// What can be asked, in words for a listener.
pub fn help(max_bars: u32) -> String {
    let mut text = "**What you can ask me**".to_owned();
    for command in commands(max_bars) {
        text += &format!("\n- `/{}`: {}", command.name, command.description);
        let optional = command.options.iter().filter(|option| !option.is_required);
        let names: Vec<&str> = optional.map(|option| option.name).collect();
        if !names.is_empty() {
            text += &format!(" (with {} if you like)", names.join(", "));
        }
    }
    text + "\nReact to a track to teach me what you like."
}

impl Command {
    /// The question that a listener asks by what was filled in.
    ///
    /// # Errors
    /// A text for the listener that says what is wrong with it.
    pub fn read(&self, given: &Given, offer: &Offer) -> Result<Question, String> {
        (self.read)(given, offer)
    }

    /// What completes the text typed into an option so far, the likeliest first.
    pub fn completions(
        &self,
        option: &str,
        typed: &str,
        given: &Given,
        offer: &Offer,
    ) -> Vec<String> {
        let option = self.options.iter().find(|known| known.name == option);
        let Some(Kind::Name(names)) = option.map(|option| &option.kind) else { return Vec::new() };
        let names = names(given, offer);
        offer::completions(&names, typed).into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests;
