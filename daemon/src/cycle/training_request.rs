//! Which training is asked for, and are there songs enough for it?

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::failure::NotNow;

/// A training that a person, the schedule or an earlier process asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrainingRequest {
    /// The genre.
    pub(crate) genre: String,
    /// Begin with new weights.
    pub(crate) fresh: bool,
    /// At most so many epochs, in place of what the configuration says.
    pub(crate) epochs: Option<usize>,
    /// The reason, for the log and for people.
    pub(crate) why: String,
    /// Whether this resumes a training that was stopped: then even a fresh one continues where it was.
    #[serde(skip)]
    pub(crate) resumes: bool,
}

impl TrainingRequest {
    /// A training that a person asks for.
    pub(crate) fn by_person(genre: String, fresh: bool, epochs: Option<usize>) -> Self {
        Self { genre, fresh, epochs, why: "a person asked for it".to_owned(), resumes: false }
    }

    /// One that nobody asked for.
    pub(crate) fn unasked(genre: String, why: String) -> Self {
        Self { genre, fresh: false, epochs: None, why, resumes: false }
    }
}

/// Says how many songs are missing, if any are.
///
/// # Errors
/// [`NotNow`] with the sentence; or when the store cannot be read.
pub(crate) fn require_songs(context: &Context, genre: &str) -> anyhow::Result<()> {
    let (n, needed) =
        (context.store.song_counts(genre)?.accepted, context.config.schedule.min_songs);
    if n >= needed {
        return Ok(());
    }
    let folder = context.home.inbox().join(genre);
    let hint = format!("drop more MIDI files into {}", folder.display());
    Err(NotNow(format!("{genre} has {n} of the {needed} songs it needs: {hint}")).into())
}
