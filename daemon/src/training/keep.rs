//! How does a training that was stopped go on where it was?
//!
//! Every so often, and when it is told to stop, it is kept in a file, `models/<genre>/.training`, with a
//! note of what it learns from. If that is the same later, it goes on from there as if nothing had
//! been; else it begins anew, and says so. At its end the file goes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use model::checkpoint::unfinished;
use model::tokens::LAYOUT;
use model::train::{Hyperparameters, Moment, Snapshot};
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::{Wanted, require_songs};
use crate::answer::{Line, Out};
use crate::studio::Studio;

/// Keeping may take this part of the time: one in so many.
const COST: u32 = 100;

/// What is noted with a snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Note {
    /// What it learns from: see [`identity`].
    identity: String,
    wanted: Wanted,
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

/// A name for all that decides how a training goes.
pub(super) fn identity(plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    let start = plan.start.as_ref().map(|start| (&start.genre, start.version));
    add(format!("{LAYOUT} {:?} {:?} {start:?}", plan.settings, plan.names).as_bytes());
    let corpus = &plan.material.corpus;
    for pieces in [&corpus.train, &corpus.valid] {
        add(&(pieces.len() as u64).to_le_bytes());
        for piece in pieces {
            add(piece.id.as_bytes());
            add(&piece.weight.to_le_bytes());
            let narrow = piece.narrow_condition.unwrap_or_default();
            add(&[piece.condition, narrow].map(u32::to_le_bytes).concat());
            let tokens = piece.tokens().iter().flat_map(|token| token.0.to_le_bytes());
            add(&tokens.collect::<Vec<u8>>());
        }
    }
    hasher.finalize().to_string()
}

/// The training of the genre that was stopped, if it can be gone on with; if not, that is said and it
/// is forgotten.
pub(super) fn find(
    studio: &Studio,
    wanted: &Wanted,
    identity: &str,
    out: &mut Out<'_>,
) -> Option<Unfinished> {
    let why = match read(studio, &wanted.genre) {
        Ok(None) => return None,
        Ok(Some(_)) if wanted.fresh && !wanted.resumes => None,
        Ok(Some(unfinished)) if unfinished.note.identity == identity => return Some(unfinished),
        Ok(Some(_)) => Some("its songs, votes or settings are others now".to_owned()),
        Err(error) => Some(format!("{error:#}")),
    };
    if let Some(why) = why {
        let what = "the training that was stopped begins anew";
        out(Line::Remark(format!("{}: {what}: {why}", wanted.genre)));
    }
    forget(studio, &wanted.genre);
    None
}

/// Forgets the stopped training of a genre.
pub(super) fn forget(studio: &Studio, genre: &str) {
    if let Err(error) = unfinished::remove(&path(studio, genre)) {
        tracing::warn!(%error, "a training that is over can't be forgotten");
    }
}

/// The trainings that an earlier process left unfinished. What cannot be gone on with is forgotten.
///
/// # Errors
/// When the genres cannot be listed.
pub fn interrupted(studio: &Studio) -> anyhow::Result<Vec<Wanted>> {
    let mut interrupted = Vec::new();
    for genre in studio.genres()? {
        let found = read(studio, &genre);
        let found = found.and_then(|found| require_songs(studio, &genre).map(|()| found));
        match found {
            Ok(found) => interrupted.extend(found.map(|unfinished| {
                let wanted = unfinished.note.wanted;
                Wanted { genre, resumes: true, ..wanted }
            })),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(genre, error, "the training that was stopped is forgotten");
                forget(studio, &genre);
            }
        }
    }
    Ok(interrupted)
}

fn read(studio: &Studio, genre: &str) -> anyhow::Result<Option<Unfinished>> {
    let path = path(studio, genre);
    let Some((snapshot, label)) = unfinished::read(&path)? else { return Ok(None) };
    match serde_json::from_str(&label) {
        Ok(note) => Ok(Some(Unfinished { snapshot, note })),
        Err(_) => anyhow::bail!("{} was written by another release", path.display()),
    }
}

fn path(studio: &Studio, genre: &str) -> PathBuf {
    // Hidden, so that it is neither a version nor part of a backup.
    studio.home.models().join(genre).join(".training")
}

/// Keeps the training under way.
pub(super) struct Keeper<'a> {
    studio: &'a Studio,
    note: Note,
    last: Instant,
    /// What the last time cost.
    cost: Duration,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(studio: &'a Studio, wanted: &Wanted, plan: &Plan) -> Self {
        let note = Note {
            identity: plan.identity.clone(),
            wanted: wanted.clone(),
            settings: plan.settings.clone(),
            seconds: 0.0,
            n_tokens: 0,
        };
        Self { studio, note, last: Instant::now(), cost: Duration::ZERO }
    }

    /// Whether it is time again.
    pub(super) fn is_due(&self) -> bool {
        let set = Duration::from_secs_f64(self.studio.config.schedule.snapshot_seconds);
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
        self.studio.store.check_space()?;
        let label = serde_json::to_string(&self.note)?;
        let path = path(self.studio, &self.note.wanted.genre);
        Ok(unfinished::write(&path, &moment.snapshot()?, &label)?)
    }
}
