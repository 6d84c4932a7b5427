//! Which training is asked for, and are there songs enough for it?

use std::path::Path;

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

/// Says how many songs are missing, if any are, and how many wait to be taken in.
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
    let hint = hint(genre, &folder, needed - n);
    Err(NotNow(format!("{genre} has {n} of the {needed} songs it needs: {hint}")).into())
}

/// How a genre comes by so many more songs.
fn hint(genre: &str, inbox: &Path, n_missing: u64) -> String {
    let more = format!("drop more MIDI files into {}", inbox.display());
    let take_in = format!("`kickback run` or `kickback train {genre}` takes them in");
    match watch::inbox::n_waiting(inbox) {
        0 => more,
        n if (n as u64) < n_missing => {
            format!("{n} more in the inbox wait until {take_in}; {more}")
        }
        n => format!("{n} more in the inbox wait until {take_in}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn songs_that_wait_in_the_inbox_are_counted() {
        let inbox = tempfile::tempdir().expect("a folder");
        let told = |n_missing| hint("trance", inbox.path(), n_missing);
        assert!(told(2).starts_with("drop more MIDI files into "));
        for name in ["a.mid", "b.mid", "notes.txt"] {
            std::fs::write(inbox.path().join(name), b"x").expect("dropped");
        }
        let takes = "wait until `kickback run` or `kickback train trance` takes them in";
        assert_eq!(told(2), format!("2 more in the inbox {takes}"));
        assert!(told(3).starts_with(&format!("2 more in the inbox {takes}; drop more")));
    }
}
