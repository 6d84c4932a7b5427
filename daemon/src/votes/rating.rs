//! What are the votes on tracks worth?
//!
//! Each listener has one say a track: the sum of his standing votes, a fire (2) being a full yes. A
//! track's score is made of the listeners' says, and the scores of all tracks make the taste.

use std::collections::BTreeMap;

use taste::{Features, Taste, Usual, score};

use crate::context::Context;
use crate::store::{Track, TrackId, Vote};
use crate::track::track_file;

/// The value of a single listener's votes that counts as a full yes or no.
const FULL: f64 = 2.0;

/// The score of a track, −1 to 1, and how many listeners have a say in it.
pub fn score_of(votes: &[Vote]) -> (f64, usize) {
    let mut says: BTreeMap<&str, f64> = BTreeMap::new();
    for vote in votes.iter().filter(|vote| vote.stands()) {
        *says.entry(&vote.listener).or_default() += f64::from(vote.value);
    }
    (score(says.values().map(|say| say / FULL)), says.len())
}

/// A track with a say, and its music.
pub struct Rated {
    /// Which.
    pub id: TrackId,
    /// What is known of it.
    pub track: Track,
    /// −1 to 1.
    pub score: f64,
    /// Its song.
    pub song: music::song::Song,
    /// Its features.
    pub features: Features,
}

/// The tracks of a genre that listeners have a say in. One whose music is lost is left out, with a
/// warning in the log.
///
/// # Errors
/// When the store cannot be read.
pub fn rated(context: &Context, genre: &str) -> anyhow::Result<Vec<Rated>> {
    let mut rated = Vec::new();
    for (id, votes) in context.store.votes_of_genre(genre)? {
        let (score, n_listeners) = score_of(&votes);
        let Some(track) = context.store.track(id)?.filter(|_| n_listeners > 0) else { continue };
        match track_file::read(&context.home, genre, &track.stem) {
            Ok((song, features)) => rated.push(Rated { id, track, score, song, features }),
            Err(error) => {
                tracing::warn!(%id, error = format!("{error:#}"), "a rated track is left out");
            }
        }
    }
    Ok(rated)
}

/// The taste of those who rated a genre's tracks, against what is usual in its library.
pub fn taste(usual: &Usual, rated: &[Rated]) -> Taste {
    let rows: Vec<(Features, f64)> = rated.iter().map(|r| (r.features, r.score)).collect();
    Taste::fit(usual, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(listener: &str, value: f32) -> Vote {
        Vote { listener: listener.into(), emoji: "x".into(), value, at_ms: 1, removed_at_ms: None }
    }

    #[test]
    fn a_listener_has_one_say_however_many_emoji() {
        let loud = [vote("a", 2.0), vote("a", 2.0), vote("a", 2.0)];
        assert_eq!(score_of(&loud), score_of(&loud[..1]));
        let two = [vote("a", 2.0), vote("b", 2.0)];
        assert!(score_of(&two).0 > score_of(&loud).0);
        let mixed = [vote("a", 2.0), vote("b", -2.0)];
        assert_eq!(score_of(&mixed), (0.0, 2));
    }

    #[test]
    fn what_was_taken_back_has_no_say() {
        let taken_back = Vote { removed_at_ms: Some(2), ..vote("a", 2.0) };
        assert_eq!(score_of(&[taken_back]), (0.0, 0));
    }
}
