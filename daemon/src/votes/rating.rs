//! What are the votes on tracks worth?
//!
//! Gathers the votes that stand and the tracks that they are on; the crate `taste` says what follows
//! from them.

use music::features::Vector;
use taste::{Statistics, Taste};

use crate::context::Context;
use crate::store::{TrackId, Vote};
use crate::track::track_file;

/// The score of a track, −1 to 1, and how many listeners count in it.
pub(crate) fn score_of(votes: &[Vote]) -> (f64, usize) {
    let standing = votes.iter().filter(|vote| vote.stands());
    let score =
        taste::track_score(standing.map(|vote| (vote.listener.as_str(), f64::from(vote.value))));
    (score.value, score.n_listeners)
}

/// A track whose rating counts, and its music.
pub(crate) struct Rated {
    /// Which.
    pub(crate) id: TrackId,
    /// −1 to 1.
    pub(crate) score: f64,
    /// Its song.
    pub(crate) song: music::song::Song,
    /// Its features.
    pub(crate) features: Vector,
}

/// The tracks of a genre with votes that count. One whose music is lost is left out, with a
/// warning in the log.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn rated(context: &Context, genre: &str) -> anyhow::Result<Vec<Rated>> {
    let mut rated = Vec::new();
    for (id, votes) in context.store.votes_of_genre(genre)? {
        let (score, n_listeners) = score_of(&votes);
        let Some(track) = context.store.track(id)?.filter(|_| n_listeners > 0) else { continue };
        match track_file::read(&context.home, genre, &track.stem) {
            Ok(song) => {
                let features = taste::measure(&song);
                rated.push(Rated { id, score, song, features });
            }
            Err(error) => {
                tracing::warn!(%id, error = format!("{error:#}"), "a rated track is left out");
            }
        }
    }
    Ok(rated)
}

/// The taste of those who rated a genre's tracks, against what is usual in its library.
pub(crate) fn taste(statistics: &Statistics, rated: &[Rated]) -> Taste {
    let rows: Vec<(Vector, f64)> = rated.iter().map(|r| (r.features.clone(), r.score)).collect();
    Taste::fit(statistics, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(listener: &str, value: f32) -> Vote {
        Vote { listener: listener.into(), emoji: "x".into(), value, at_ms: 1, removed_at_ms: None }
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let taken_back = Vote { removed_at_ms: Some(2), ..vote("a", 2.0) };
        assert_eq!(score_of(&[taken_back]), (0.0, 0));
    }
}
