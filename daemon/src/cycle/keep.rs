//! How does a training that was stopped go on where it was?
//!
//! Every so often, and when it is told to stop, it is kept in a file, `models/<genre>/.training`, with a
//! note of what it learns from. If that is the same later, it goes on from there as if nothing had
//! been. If songs or votes came meanwhile, it goes on with them from the start of the epoch; if it is
//! another training by its settings or its start, it begins anew. A file that is damaged or of another
//! release is as good as none. Each of these is said. At its end the file goes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use network::train::{Hyperparameters, Moment, Snapshot};
use network::unfinished::{self, UnfinishedError};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::request::{TrainingRequest, require_songs};
use crate::context::Context;
use crate::control::answer::{Line, Out};

/// Keeping may take this part of the time: one in so many.
const COST: u32 = 100;

/// What is noted with a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    identity: Identity,
    wanted: TrainingRequest,
    /// With what was chosen where the configuration leaves the choice.
    pub(super) settings: Hyperparameters,
    /// Seconds that it took.
    pub(super) seconds: f64,
    /// Tokens that it learned from.
    pub(super) n_tokens: u64,
}

/// A training that was stopped.
pub(super) struct Unfinished {
    pub(super) snapshot: Snapshot,
    pub(super) note: Note,
}

/// The training of the genre that was stopped, if there is a whole one, and what is wanted then: who
/// asks for no particular training wants to go on with that. If it is not whole, that is said, it is
/// forgotten, and what was asked for is trained as if it had never been.
pub(super) fn find(
    context: &Context,
    wanted: &TrainingRequest,
    out: &mut Out<'_>,
) -> (TrainingRequest, Option<Unfinished>) {
    let genre = &wanted.genre;
    match read(context, genre) {
        Ok(Some(unfinished)) if !wanted.fresh && wanted.epochs.is_none() => {
            let noted = unfinished.note.wanted.clone();
            (TrainingRequest { genre: genre.clone(), resumes: true, ..noted }, Some(unfinished))
        }
        Ok(unfinished) => (wanted.clone(), unfinished),
        Err(error) => {
            let what = "the training that was stopped is lost, an ordinary one takes its place";
            out(Line::Remark(format!("{genre}: {what}: {error:#}")));
            forget(context, genre);
            (wanted.clone(), None)
        }
    }
}

/// The training that was stopped, if it is the one that is planned; if not, that is said and it is
/// forgotten.
pub(super) fn matching(
    context: &Context,
    wanted: &TrainingRequest,
    unfinished: Option<Unfinished>,
    identity: &Identity,
    out: &mut Out<'_>,
) -> Option<Unfinished> {
    let (genre, unfinished) = (&wanted.genre, unfinished?);
    let noted = &unfinished.note.identity;
    let is_another = wanted.fresh && !wanted.resumes;
    if !is_another && noted == identity {
        return Some(unfinished);
    }
    if !is_another && noted.way == identity.way {
        out(Line::Remark(format!(
            "{genre}: songs or votes came since the training was stopped; it goes on with them"
        )));
        let Unfinished { snapshot, note } = unfinished;
        return Some(Unfinished { snapshot: snapshot.at_start_of_epoch(), note });
    }
    if !is_another {
        let why = "its settings, its start or the genres are others now";
        out(Line::Remark(format!("{genre}: the training that was stopped begins anew: {why}")));
    }
    forget(context, genre);
    None
}

/// Forgets the stopped training of a genre.
pub(super) fn forget(context: &Context, genre: &str) {
    if let Err(error) = unfinished::remove(&path(context, genre)) {
        tracing::warn!(%error, "a training that is over can't be forgotten");
    }
}

/// The trainings that an earlier process left unfinished, by their place alone: what was wanted of them
/// is taken from their notes when they begin and the file is found to be whole. One whose note
/// cannot be made out, because it is damaged or of another release, is forgotten.
///
/// # Errors
/// When the genres cannot be listed.
pub fn interrupted(context: &Context) -> anyhow::Result<Vec<TrainingRequest>> {
    let mut interrupted = Vec::new();
    for genre in context.genres()? {
        let found = match note(context, &genre) {
            Ok(None) => continue,
            Ok(Some(_)) => require_songs(context, &genre),
            Err(error) => Err(error),
        };
        match found {
            Ok(()) => {
                let why = "one was stopped before its end".to_owned();
                let wanted =
                    TrainingRequest { genre, fresh: false, epochs: None, why, resumes: false };
                interrupted.push(wanted);
            }
            Err(error) => {
                let is_lost = matches!(error.downcast_ref(), Some(UnfinishedError::Damaged { .. }));
                let error = format!("{error:#}");
                if is_lost {
                    tracing::warn!(genre, error, "the training that was stopped is forgotten");
                    forget(context, &genre);
                } else {
                    tracing::warn!(genre, error, "the training that was stopped waits");
                }
            }
        }
    }
    Ok(interrupted)
}

fn read(context: &Context, genre: &str) -> anyhow::Result<Option<Unfinished>> {
    let path = path(context, genre);
    let Some((snapshot, label)) = unfinished::read(&path)? else { return Ok(None) };
    Ok(Some(Unfinished { snapshot, note: note_of(&path, &label)? }))
}

/// What is noted of the training of a genre that was stopped.
fn note(context: &Context, genre: &str) -> anyhow::Result<Option<Note>> {
    let path = path(context, genre);
    unfinished::label(&path)?.map(|label| note_of(&path, &label)).transpose()
}

fn note_of(path: &Path, label: &str) -> anyhow::Result<Note> {
    let what = || "another release wrote its note".to_owned();
    let unfinished = |_| UnfinishedError::Damaged { path: path.to_owned(), what: what() };
    Ok(serde_json::from_str(label).map_err(unfinished)?)
}

fn path(context: &Context, genre: &str) -> PathBuf {
    // Hidden, so that it is neither a version nor part of a backup.
    context.home.models().join(genre).join(".training")
}

/// Keeps the training under way.
pub(super) struct Keeper<'a> {
    context: &'a Context,
    note: Note,
    last: Instant,
    /// What the last time cost.
    cost: Duration,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        context: &'a Context,
        wanted: &TrainingRequest,
        identity: &Identity,
        settings: &Hyperparameters,
    ) -> Self {
        let note = Note {
            identity: identity.clone(),
            wanted: wanted.clone(),
            settings: settings.clone(),
            seconds: 0.0,
            n_tokens: 0,
        };
        Self { context, note, last: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether it is time again.
    pub(super) fn is_due(&self) -> bool {
        let set = Duration::from_secs_f64(self.context.config.schedule.snapshot_seconds);
        self.last.elapsed() >= set.max(self.cost * COST)
    }

    /// Keeps the training as it is after so many seconds and tokens. A failure is no harm to it, and
    /// the log says it.
    pub(super) fn keep(&mut self, moment: Moment<'_>, seconds: f64, n_tokens: u64) -> bool {
        let began = Instant::now();
        (self.note.seconds, self.note.n_tokens) = (seconds, n_tokens);
        let written = self.write(moment);
        (self.last, self.cost) = (Instant::now(), began.elapsed());
        match &written {
            Ok(()) => tracing::debug!(milliseconds = self.cost.as_millis(), "a snapshot is kept"),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "no snapshot: a stop now loses what was learned");
            }
        }
        written.is_ok()
    }

    fn write(&self, moment: Moment<'_>) -> anyhow::Result<()> {
        self.context.store.check_space()?;
        let label = serde_json::to_string(&self.note)?;
        let path = path(self.context, &self.note.wanted.genre);
        Ok(unfinished::write(&path, &moment.snapshot()?, &label)?)
    }
}
