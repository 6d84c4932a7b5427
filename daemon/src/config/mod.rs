//! What did the person who runs Kickback set?
//!
//! One TOML file; each section is the settings of one part of the program and is defined and checked
//! there. Whatever is wrong in the file is said before anything starts, with key, value and what is
//! allowed. Nothing is ever written to the file, and no secret is read from it: see [`token`].
//!
//! To add a section: a field in [`Config`], a line in [`Config::check`], its keys in
//! `systemd/kickback.toml`.

mod read;
pub mod token;

use std::path::{Path, PathBuf};

use bot::arrange::Profiles;
use bounds::OutOfRange;
use network::train::Hyperparameters;
use serde::{Deserialize, Serialize};

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// When to train.
    pub schedule: crate::cycle::schedule::Settings,
    /// How the inbox is watched.
    pub inbox: watch::inbox::Settings,
    /// How files are read and judged.
    pub intake: watch::intake::Settings,
    /// When songs in no genre's folder are sorted.
    pub sorting: music::genre::Settings,
    /// How the network is trained.
    pub training: Hyperparameters,
    /// How tracks are sampled.
    pub generate: crate::track::publish::Settings,
    /// How ratings act.
    pub taste: crate::votes::rating::Settings,
    /// What reactions are worth.
    pub reactions: bot::reaction::Settings,
    /// How the bot takes part in Discord.
    pub discord: bot::discord::Settings,
    /// Disk and memory of the store.
    pub store: crate::store::Settings,
    /// How single genres are arranged; a genre's built-in profile holds what is not set here.
    pub genre: Profiles,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The file system's error.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{} is not valid TOML: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What and where, over several lines.
        message: String,
    },
    /// A key or section does not exist.
    #[error("{}: {what} is unknown: {hint}", file.display())]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The key and its section, or the section.
        what: String,
        /// The nearest one that exists.
        hint: String,
    },
    /// A value has the wrong type.
    #[error("{}: {key} = {value} in {section} is not allowed: give {allowed}", file.display())]
    WrongType {
        /// The file.
        file: PathBuf,
        /// The section, in brackets.
        section: String,
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// What may be given instead.
        allowed: String,
    },
    /// A value is out of range.
    #[error("{}: in [{section}], {source}", file.display())]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// The section.
        section: String,
        /// Key, value and what is allowed.
        source: OutOfRange,
    },
}

impl Config {
    /// The configuration in `file`. A file that is not there is an error if it was asked for by name
    /// (`must_exist`), and else means that nothing was set.
    ///
    /// # Errors
    /// The first thing that is wrong, as a message for the person who wrote the file.
    pub fn load(file: &Path, must_exist: bool) -> Result<Self, Error> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
                Ok(Self::default())
            }
            Err(source) => Err(Error::Unreadable { file: file.into(), source }),
        }
    }

    /// The configuration in `text`; `file` is only for messages.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let config = read::read(file, text)?;
        config.check().map_err(|(section, source)| Error::OutOfRange {
            file: file.into(),
            section,
            source,
        })?;
        Ok(config)
    }

    /// # Errors
    /// The first value that is out of range, with its section.
    pub fn check(&self) -> Result<(), (String, OutOfRange)> {
        let within = |section: &str, result: Result<(), OutOfRange>| {
            result.map_err(|error| (section.to_owned(), error))
        };
        within("schedule", self.schedule.check())?;
        within("inbox", self.inbox.check())?;
        within("intake.midi", self.intake.midi.check())?;
        within("intake.filter", self.intake.filter.check())?;
        within("sorting", self.sorting.check())?;
        within("training", self.training.check())?;
        within("generate", self.generate.check())?;
        within("taste", self.taste.check())?;
        within("reactions", self.reactions.check())?;
        within("discord", self.discord.check())?;
        within("store", self.store.check())?;
        self.genre.0.iter().try_for_each(|(name, profile)| {
            within(&format!("genre.{name}.sound"), profile.sound.check())?;
            within(&format!("genre.{name}"), profile.check())
        })
    }
}

#[cfg(test)]
mod tests {
    use bot::arrange::Profile;

    use super::*;

    /// The file that shows every key.
    const SHOWN: &str = include_str!("../../../systemd/kickback.toml");

    #[test]
    fn the_shown_file_has_every_key_with_its_default() {
        let file = Path::new("systemd/kickback.toml");
        assert_eq!(Config::parse(file, SHOWN).expect("right"), Config::default());
        assert_eq!(Config::default().check(), Ok(()));
        let mut shown: toml::Table = toml::from_str(SHOWN).expect("TOML");
        shown.insert("genre".to_owned(), toml::Table::new().into());
        assert_eq!(shown, toml::Table::try_from(Config::default()).expect("plain settings"));
    }

    #[test]
    fn the_shown_genre_is_the_built_in_one() {
        // Settings are commented out without a blank after the sign, sentences with one.
        let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
        let lines = SHOWN.lines().filter(is_setting).map(|line| &line[1..]);
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        let shown: toml::Table = toml::from_str(&text).expect("TOML");
        let expected = toml::Table::try_from(Profile::builtin("hardstyle")).expect("plain");
        let keys = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
        let genre = shown["genre"]["hardstyle"].as_table().expect("a section");
        assert_eq!(keys(genre), keys(&expected));
        let sound = |table: &toml::Table| keys(table["sound"].as_table().expect("a section"));
        assert_eq!(sound(genre), sound(&expected));
        let config = Config::parse(Path::new("x"), &text).expect("right");
        assert_eq!(config.genre.of("hardstyle"), Profile::builtin("hardstyle"));
    }

    #[test]
    fn a_missing_file_is_an_error_only_if_it_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kickback.toml");
        assert_eq!(Config::load(&file, false).expect("defaults"), Config::default());
        let error = Config::load(&file, true).expect_err("missing").to_string();
        assert!(error.contains("kickback.toml"), "{error}");
        std::fs::write(&file, "[store]\ncache_mb = 32\n").expect("written");
        assert_eq!(Config::load(&file, true).expect("right").store.cache_mb, 32);
    }
}
