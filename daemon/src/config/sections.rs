//! Which sections does the configuration have?

use bot::arrange::Profiles;
use bounds::OutOfRange;
use serde::{Deserialize, Serialize};

use crate::cycle::schedule;
use crate::{store, track};

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// When to train.
    pub schedule: schedule::Settings,
    /// How the inbox is watched.
    pub inbox: watch::inbox::Settings,
    /// How files are read and judged.
    pub intake: watch::examine::Settings,
    /// When songs in no genre's folder are sorted.
    pub sorting: music::genre::Settings,
    /// How the network is trained.
    pub training: composer::settings::Settings,
    /// How tracks are sampled.
    pub generate: track::settings::Settings,
    /// How ratings act.
    pub taste: taste::Settings,
    /// What reactions are worth.
    pub reactions: bot::reaction::Settings,
    /// How the bot takes part in Discord.
    pub discord: bot::discord::Settings,
    /// Disk and memory of the store.
    pub store: store::Settings,
    /// How single genres are arranged; a genre's built-in profile holds what is not set here.
    pub genre: Profiles,
}

impl Config {
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
