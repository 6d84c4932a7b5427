//! `status`: what is the state of everything?

use std::fmt;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::daemon_state::DaemonState;
use crate::context::Context;
use crate::control::line::{Line, Out, Step, shown};
use crate::cycle::due::has_other_tokens;
use crate::store::{Cycle, Outcome, SongCounts};
use crate::votes::gain::Gain;
use crate::votes::like_rates::arm_ballots;

/// Nothing can be chosen.
#[derive(Clone, Copy, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Status {}

/// The state of the home.
#[derive(Debug, Serialize)]
struct HomeRow {
    home: String,
    running: bool,
    /// The genre that is being trained.
    training: Option<String>,
    progress: Option<Progress>,
    waiting: Vec<String>,
    chat: String,
    #[serde(skip)]
    step: Option<Step>,
}

/// How far the training is.
#[derive(Debug, Serialize)]
struct Progress {
    epoch: usize,
    epochs: usize,
    step: u64,
    steps: u64,
    share: f64,
    nll: f64,
    seconds_left: f64,
}

/// The state of a genre.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GenreRow {
    /// Its name.
    pub(crate) genre: String,
    /// Songs that are learned from.
    pub(crate) songs: u64,
    /// Files that were not taken.
    pub(crate) rejected: u64,
    removed: u64,
    /// The version that is played.
    version: Option<u32>,
    /// Of the last training, in nats a token.
    valid_nll: Option<f64>,
    /// Ratings that no training has seen yet.
    new_ratings: u64,
    last_cycle: Option<LastCycle>,
    /// What votes gain, by all its tracks that take part in the comparison.
    #[serde(flatten)]
    gain: Gain,
    /// Songs that a training needs.
    #[serde(skip)]
    needed: u64,
    /// Whether the version was made by a release whose tokens differ.
    #[serde(skip)]
    has_other_tokens: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct LastCycle {
    at_ms: u64,
    songs: u64,
    outcome: Outcome,
}

impl Status {
    pub(super) fn run(
        context: &Context,
        now: &DaemonState,
        out: &mut Out<'_>,
    ) -> anyhow::Result<()> {
        out(Line::row(&HomeRow::new(context, now)));
        for genre in context.genres()? {
            out(Line::row(&GenreRow::of(context, genre)?));
        }
        Ok(())
    }
}

impl HomeRow {
    fn new(context: &Context, now: &DaemonState) -> Self {
        let step = now.training.as_ref().and_then(|training| training.step.clone());
        Self {
            home: shown(context.home.root()),
            running: now.is_daemon,
            training: now.training.as_ref().map(|training| training.genre.clone()),
            progress: step.as_ref().map(Progress::from),
            waiting: now.waiting.clone(),
            chat: now.chat.clone(),
            step,
        }
    }
}

impl From<&Step> for Progress {
    fn from(step: &Step) -> Self {
        Self {
            epoch: step.epoch,
            epochs: step.n_epochs,
            step: step.step,
            steps: step.n_steps,
            share: step.share,
            nll: step.nll,
            seconds_left: step.seconds_left.round(),
        }
    }
}

impl fmt::Display for HomeRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = if self.running { "the daemon is running" } else { "no daemon is running" };
        write!(f, "{} — {running}", self.home)?;
        if self.running {
            write!(f, "; {}", self.chat)?;
        }
        if let Some(genre) = &self.training {
            let progress = self.step.as_ref().map_or("it begins".to_owned(), ToString::to_string);
            write!(f, "\ntraining {genre}: {progress}")?;
        }
        if !self.waiting.is_empty() {
            write!(f, "\nwaiting to be trained: {}", self.waiting.join(", "))?;
        }
        Ok(())
    }
}

impl GenreRow {
    fn of(context: &Context, genre: String) -> anyhow::Result<Self> {
        let SongCounts { accepted, rejected, removed } = context.store.song_counts(&genre)?;
        let version = context.store.current_version(&genre)?.map(|current| current.version);
        let last = context.store.last_cycle(&genre)?.map(|(_, cycle)| cycle);
        let since = last.as_ref().map_or(0, |cycle| cycle.vote_change);
        Ok(Self {
            songs: accepted,
            rejected,
            removed,
            version,
            has_other_tokens: version
                .is_some_and(|version| has_other_tokens(context, &genre, version)),
            valid_nll: last.as_ref().and_then(|cycle| cycle.valid_nll),
            new_ratings: context.store.votes_changed_since(&genre, since)?,
            last_cycle: last.map(LastCycle::from),
            gain: Gain::of(&arm_ballots(context, &genre)?),
            needed: context.config.schedule.min_songs,
            genre,
        })
    }
}

impl From<Cycle> for LastCycle {
    fn from(cycle: Cycle) -> Self {
        Self { at_ms: cycle.at_ms, songs: cycle.n_songs, outcome: cycle.outcome }
    }
}

impl fmt::Display for GenreRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { genre, songs, rejected, needed, new_ratings, .. } = self;
        write!(f, "{genre}: songs {songs}, rejected {rejected}, ")?;
        match self.version {
            Some(version) if self.has_other_tokens => {
                write!(f, "waits to be trained anew, as v{version} was made by another release")?;
            }
            Some(version) => write!(f, "plays v{version}")?,
            None if songs < needed => write!(f, "has {songs} of the {needed} songs it needs")?,
            None => f.write_str("plays after its first training")?,
        }
        write!(f, ", new ratings {new_ratings}")?;
        self.gain.lines().iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
