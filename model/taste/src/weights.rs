//! How much do tracks weigh in training?

/// The largest share of all that a network learns from which tracks, mostly its own, may be.
pub const MAX_TRACK_SHARE: f64 = 0.15;

/// The weight in training of a track with votes, made by the network itself or elsewhere: nothing without
/// likes, since a network that learns from its own unjudged music only repeats its mistakes; then
/// e^(gain · score) less 1, where the score is within ±1. What all tracks weigh together is limited by
/// [`track_factor`].
pub fn track_weight(score: f64, gain: f64) -> f64 {
    (gain * score.clamp(-1.0, 1.0)).exp_m1().max(0.0)
}

/// What the weights of all tracks are multiplied by, so that they are at most [`MAX_TRACK_SHARE`]
/// of the mass: 1 while they are few.
///
/// `songs` and `tracks` are the masses of both, the sum of weight times length over the pieces that
/// are learned from.
pub fn track_factor(songs: f64, tracks: f64) -> f64 {
    let most = songs * MAX_TRACK_SHARE / (1.0 - MAX_TRACK_SHARE);
    if tracks > most { most / tracks } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_score;

    #[test]
    fn what_is_disliked_or_unknown_is_no_track_to_learn_from() {
        for score in [-1.0, -0.2, 0.0] {
            assert!(track_weight(score, 1.5).abs() < 1e-12);
        }
    }

    /// The share of the mass that tracks with one fire each have beside 250 songs.
    fn share_of(n_tracks: usize) -> f64 {
        let each = track_weight(track_score([("ann", 2.0, 1.0)]).value, 1.5);
        let (songs, tracks) = (250.0, n_tracks as f64 * each);
        let tracks = tracks * track_factor(songs, tracks);
        tracks / (songs + tracks)
    }

    #[test]
    fn five_hundred_liked_tracks_are_no_more_than_their_share() {
        let each = track_weight(track_score([("ann", 2.0, 1.0)]).value, 1.5);
        assert!((each - 1.117).abs() < 1e-3, "{each}");
        assert!((500.0 * each / (250.0 + 500.0 * each) - 0.69).abs() < 0.01);
        assert!((share_of(500) - MAX_TRACK_SHARE).abs() < 1e-12);
        assert!((share_of(100_000) - MAX_TRACK_SHARE).abs() < 1e-9);
    }

    #[test]
    fn few_liked_tracks_keep_their_weight() {
        for n_tracks in [0, 1, 10, 39] {
            let each = track_weight(track_score([("ann", 2.0, 1.0)]).value, 1.5);
            let whole = n_tracks as f64 * each;
            assert!((share_of(n_tracks) - whole / (250.0 + whole)).abs() < 1e-12, "{n_tracks}");
        }
    }

    #[test]
    fn without_songs_nothing_is_learned_from_tracks() {
        assert!(track_factor(0.0, 3.0).abs() < 1e-12);
        assert!((track_factor(0.0, 0.0) - 1.0).abs() < 1e-12);
    }
}
