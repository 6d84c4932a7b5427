//! How is a training resumed that was stopped?
//!
//! From time to time, and when it is told to stop, a snapshot of it is written to
//! `models/<genre>/.training`, with a note of what it learns from. If nothing has changed when the genre
//! is trained next, it resumes at that step as if there had been no break. If songs or votes have come
//! in, it resumes with them at the start of the epoch; if its settings or its starting point have
//! changed, it begins anew. A file that is damaged or was written by another release counts as none.
//! People are told which of these happens. When the training is complete, the file is deleted.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use network::train::{Hyperparameters, Moment, Snapshot};
use network::unfinished::{self, UnfinishedError};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::training_request::{TrainingRequest, require_songs};
use crate::context::Context;
use crate::control::line::{Line, Out};

/// Snapshots may take this fraction of the time: one part in so many.
const COST: u32 = 100;

/// The note beside a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    identity: Identity,
    #[serde(rename = "wanted")]
    request: TrainingRequest,
    /// The settings, with what was chosen where the configuration leaves the choice open.
    pub(super) settings: Hyperparameters,
    /// Seconds that it has taken so far.
    pub(super) seconds: f64,
    /// Tokens that it has learned from so far.
    pub(super) n_tokens: u64,
}

/// A training that was stopped.
pub(super) struct Unfinished {
    pub(super) snapshot: Snapshot,
    pub(super) note: Note,
}

/// The stopped training of the genre, if there is a readable one, and the request that holds then:
/// whoever asks for no particular training wants that one resumed. One that cannot be read is
/// reported and forgotten, and what was asked for is trained as if it had never existed.
pub(super) fn find(
    context: &Context,
    request: &TrainingRequest,
    out: &mut Out<'_>,
) -> (TrainingRequest, Option<Unfinished>) {
    let genre = &request.genre;
    match read(context, genre) {
        Ok(Some(unfinished)) if !request.fresh && request.epochs.is_none() => {
            let noted = unfinished.note.request.clone();
            (TrainingRequest { genre: genre.clone(), resumes: true, ..noted }, Some(unfinished))
        }
        Ok(unfinished) => (request.clone(), unfinished),
        Err(error) => {
            let what = "the training that was stopped is lost; an ordinary one takes its place";
            out(Line::Remark(format!("{genre}: {what}: {error:#}")));
            forget(context, genre);
            (request.clone(), None)
        }
    }
}

/// The stopped training, if it is the one that is planned; otherwise it is forgotten, and people are
/// told why.
pub(super) fn matching(
    context: &Context,
    request: &TrainingRequest,
    unfinished: Option<Unfinished>,
    identity: &Identity,
    out: &mut Out<'_>,
) -> Option<Unfinished> {
    let (genre, unfinished) = (&request.genre, unfinished?);
    let noted = &unfinished.note.identity;
    let is_another = request.fresh && !request.resumes;
    if !is_another && noted == identity {
        return Some(unfinished);
    }
    if !is_another && noted.setup == identity.setup {
        out(Line::Remark(format!(
            "{genre}: songs or votes have come in since the training was stopped; it resumes with them"
        )));
        let Unfinished { snapshot, note } = unfinished;
        return Some(Unfinished { snapshot: snapshot.for_other_lessons(), note });
    }
    if !is_another {
        let why = "its settings, its starting point or the genres have changed";
        out(Line::Remark(format!("{genre}: the training that was stopped begins anew: {why}")));
    }
    forget(context, genre);
    None
}

/// Forgets the stopped training of a genre.
pub(super) fn forget(context: &Context, genre: &str) {
    if let Err(error) = unfinished::remove(&path(context, genre)) {
        tracing::warn!(%error, "the snapshot of a training that is over cannot be deleted");
    }
}

/// The trainings that an earlier process left unfinished, by genre alone: what was asked of them is
/// taken from their notes when they begin and the whole file is found to be readable. One whose note
/// is damaged or was written by another release is forgotten.
///
/// # Errors
/// When the genres cannot be listed.
pub(crate) fn interrupted(context: &Context) -> anyhow::Result<Vec<TrainingRequest>> {
    let mut interrupted = Vec::new();
    for genre in context.genres()? {
        let found = match note(context, &genre) {
            Ok(None) => continue,
            Ok(Some(_)) => require_songs(context, &genre),
            Err(error) => Err(error),
        };
        match found {
            Ok(()) => {
                let why = "one was stopped before it was complete".to_owned();
                interrupted.push(TrainingRequest::unasked(genre, why));
            }
            Err(error) => {
                let is_lost = matches!(error.downcast_ref(), Some(UnfinishedError::Damaged { .. }));
                let error = format!("{error:#}");
                if is_lost {
                    tracing::warn!(genre, error, "the training that was stopped is forgotten");
                    forget(context, &genre);
                } else {
                    tracing::warn!(genre, error, "the training that was stopped has to wait");
                }
            }
        }
    }
    Ok(interrupted)
}

fn read(context: &Context, genre: &str) -> anyhow::Result<Option<Unfinished>> {
    let path = path(context, genre);
    let Some((snapshot, text)) = unfinished::read(&path)? else { return Ok(None) };
    Ok(Some(Unfinished { snapshot, note: note_of(&path, &text)? }))
}

/// The note of the stopped training of a genre.
fn note(context: &Context, genre: &str) -> anyhow::Result<Option<Note>> {
    let path = path(context, genre);
    unfinished::note(&path)?.map(|text| note_of(&path, &text)).transpose()
}

fn note_of(path: &Path, text: &str) -> anyhow::Result<Note> {
    let what = || "another release wrote its note".to_owned();
    let unfinished = |_| UnfinishedError::Damaged { path: path.to_owned(), what: what() };
    Ok(serde_json::from_str(text).map_err(unfinished)?)
}

fn path(context: &Context, genre: &str) -> PathBuf {
    // Hidden, so that it is neither a version nor part of a backup.
    context.home.models().join(genre).join(".training")
}

/// Takes snapshots of the training under way.
pub(super) struct Snapshots<'a> {
    context: &'a Context,
    note: Note,
    last: Instant,
    /// What the last one took.
    cost: Duration,
}

impl<'a> Snapshots<'a> {
    pub(super) fn new(
        context: &'a Context,
        request: &TrainingRequest,
        identity: &Identity,
        settings: &Hyperparameters,
    ) -> Self {
        let note = Note {
            identity: identity.clone(),
            request: request.clone(),
            settings: settings.clone(),
            seconds: 0.0,
            n_tokens: 0,
        };
        Self { context, note, last: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether it is time for the next one.
    pub(super) fn is_due(&self) -> bool {
        let set = Duration::from_secs_f64(self.context.config.schedule.snapshot_seconds);
        self.last.elapsed() >= set.max(self.cost * COST)
    }

    /// Takes a snapshot after so many seconds and tokens. A failure does the training no harm and is
    /// logged.
    pub(super) fn take(&mut self, moment: Moment<'_>, seconds: f64, n_tokens: u64) -> bool {
        let began = Instant::now();
        (self.note.seconds, self.note.n_tokens) = (seconds, n_tokens);
        let written = self.write(moment);
        (self.last, self.cost) = (Instant::now(), began.elapsed());
        match &written {
            Ok(()) => {
                tracing::debug!(milliseconds = self.cost.as_millis(), "a snapshot is written");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "no snapshot: to stop now would lose what was learned");
            }
        }
        written.is_ok()
    }

    fn write(&self, moment: Moment<'_>) -> anyhow::Result<()> {
        self.context.store.check_space()?;
        let text = serde_json::to_string(&self.note)?;
        let path = path(self.context, &self.note.request.genre);
        Ok(unfinished::write(&path, &moment.snapshot()?, &text)?)
    }
}
