//! What can be said on the command line?

use std::path::PathBuf;

use clap::Parser;

use super::Failed;
use super::preference::{Half, PREFERENCES, Preference};

/// Plays communities with hidden preferences against the program and shows how far their votes move the
/// music.
#[derive(Clone, Debug, Parser)]
#[command(name = "community")]
pub(crate) struct Options {
    /// The program [default: the `kickback` that was built beside this one]
    #[arg(long, value_name = "PATH")]
    pub(crate) binary: Option<PathBuf>,
    /// A home in which the genre is trained; it is copied and never changed
    #[arg(long, value_name = "DIR", conflicts_with = "songs")]
    pub(crate) home: Option<PathBuf>,
    /// A folder with GENRE/*.mid to learn from
    #[arg(long, value_name = "DIR")]
    pub(crate) songs: Option<PathBuf>,
    /// The genre that is played
    #[arg(long, default_value = "hardstyle")]
    pub(crate) genre: String,
    /// all, choosing, held-back, or names with commas between them
    #[arg(long, value_name = "NAMES", default_value = "all", value_delimiter = ',')]
    pub(crate) preferences: Vec<String>,
    /// How often each preference is played
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Trainings without votes before anything is compared, so that votes are not thanked for what training on
    /// alone moves
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) settle: usize,
    /// Trainings after votes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = one_or_more)]
    pub(crate) cycles: usize,
    /// Votes before each training
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = one_or_more)]
    pub(crate) votes: usize,
    /// Share of votes that are the opposite of what was meant
    #[arg(long, value_name = "SHARE", default_value_t = 0.15, value_parser = share)]
    pub(crate) wrong: f64,
    /// Members of a community
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = one_or_more)]
    pub(crate) listeners: usize,
    /// Tracks by which each cycle is measured
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = one_or_more)]
    pub(crate) probe: usize,
    /// Plain tracks of the first version that they are compared with
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = one_or_more)]
    pub(crate) baseline: usize,
    /// Measure as many plain tracks too: what training moved, without the choice among candidates
    #[arg(long)]
    pub(crate) plain_too: bool,
    /// Trials side by side
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = one_or_more)]
    pub(crate) jobs: usize,
    /// Hold back so many preferences, always the same
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) hold_back: usize,
    /// A setting of the homes that are played in, such as taste.gain=0; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Where all numbers are written
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Show the preferences and play nothing
    #[arg(long)]
    pub(crate) list: bool,
}

impl Options {
    /// The program that is played against.
    ///
    /// # Errors
    /// When it is not there, with how to build it.
    pub(crate) fn program(&self) -> Result<PathBuf, Failed> {
        let beside = || -> Option<PathBuf> {
            let examples = std::env::current_exe().ok()?;
            Some(examples.parent()?.parent()?.join("kickback"))
        };
        let path = self.binary.clone().or_else(beside).ok_or("give --binary PATH")?;
        if path.is_file() {
            return Ok(std::path::absolute(path)?);
        }
        let hint = "build it with `cargo build --release -p daemon`, or give --binary PATH";
        Err(format!("{} is not there: {hint}", path.display()).into())
    }
}

/// The preferences that were asked for, each with the half that it belongs to.
///
/// # Errors
/// When one is not known, with those that are.
pub(crate) fn preferences(options: &Options) -> Result<Vec<Preference>, Failed> {
    let all = Half::divided(&PREFERENCES, options.hold_back);
    let mut wanted = Vec::new();
    for name in &options.preferences {
        let is_meant = |preference: &&Preference| match name.as_str() {
            "all" => true,
            "choosing" => preference.half == Half::Choosing,
            "held-back" => preference.half == Half::HeldBack,
            name => preference.name == name,
        };
        let before = wanted.len();
        wanted.extend(all.iter().filter(is_meant).cloned());
        if wanted.len() == before {
            let known: Vec<&str> = all.iter().map(|preference| preference.name).collect();
            let known = known.join(", ");
            return Err(format!("no preference is called {name:?}: give one of {known}").into());
        }
    }
    Ok(wanted)
}

fn one_or_more(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("give a whole number from 1 on")
}

fn share(text: &str) -> Result<f64, &'static str> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or("give a number from 0 to 1")
}
