//! What are the votes on a track worth?
//!
//! Each listener has one say a track: the sum of their standing votes, of which a fire (2) is a full
//! yes.

use std::collections::BTreeMap;

/// The sum of one listener's votes that counts as a full yes or no.
const FULL: f64 = 2.0;
/// Listeners that the assumption counts for that a track is neither liked nor disliked.
const UNDECIDED: f64 = 1.0;

/// What listeners think of a track.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrackScore {
    /// −1 (disliked without reserve) to 1.
    pub value: f64,
    /// How many listeners count in it.
    pub n_listeners: usize,
}

/// The score that standing votes make, each with its listener, its value and how much its listener's say
/// counts (0 to 1): the mean of what the listeners say, each within ±1, drawn to 0 as if one undecided
/// listener more had voted.
pub fn track_score<L: Ord>(votes: impl IntoIterator<Item = (L, f64, f64)>) -> TrackScore {
    let mut says: BTreeMap<L, (f64, f64)> = BTreeMap::new();
    for (listener, value, weight) in votes {
        let say = says.entry(listener).or_insert((0.0, 1.0));
        *say = (say.0 + value, say.1.min(weight));
    }
    says.retain(|_, (_, weight)| *weight > 0.0);
    // Not `sum`, which begins at -0.0: without votes that would be shown, as "-0.00".
    let says_within = says.values().map(|(say, weight)| weight * (say / FULL).clamp(-1.0, 1.0));
    let sum = says_within.fold(0.0, |sum, say| sum + say);
    let total = says.values().fold(UNDECIDED, |total, (_, weight)| total + weight);
    TrackScore { value: sum / total, n_listeners: says.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_weight;
    use proptest::prelude::*;

    #[test]
    fn a_listener_has_one_say_however_many_emoji() {
        let loud = [("a", 2.0, 1.0); 3];
        assert_eq!(track_score(loud), track_score([loud[0]]));
        assert!(track_score([("a", 2.0, 1.0), ("b", 2.0, 1.0)]).value > track_score(loud).value);
        assert_eq!(
            track_score([("a", 2.0, 1.0), ("b", -2.0, 1.0)]),
            TrackScore { value: 0.0, n_listeners: 2 }
        );
    }

    #[test]
    fn a_say_that_counts_half_moves_the_mean_half_as_much() {
        let alone = track_score([("a", 2.0, 0.5), ("a", 1.0, 0.5)]);
        assert!((alone.value - 0.5 / 1.5).abs() < 1e-12 && alone.n_listeners == 1);
        let against = track_score([("a", 2.0, 0.5), ("b", -2.0, 1.0)]);
        assert!((against.value + 0.5 / 2.5).abs() < 1e-12);
        assert_eq!(track_score([("a", 2.0, 0.0)]), TrackScore::default());
    }

    #[test]
    fn without_votes_nothing_is_known() {
        let nothing = track_score::<&str>([]);
        assert_eq!(nothing, TrackScore::default());
        assert_eq!(format!("{:+.2}", nothing.value), "+0.00");
    }

    proptest! {
        #[test]
        fn one_more_like_never_weighs_less(votes in proptest::collection::vec(-2.0f64..=2.0, 0..20)) {
            let votes = votes.into_iter().enumerate().map(|(listener, value)| (listener, value, 1.0));
            let votes: Vec<(usize, f64, f64)> = votes.collect();
            let before = track_score(votes.clone()).value;
            let after = track_score(votes.into_iter().chain([(99, 2.0, 1.0)])).value;
            prop_assert!(after >= before);
            prop_assert!(track_weight(after, 1.0) >= track_weight(before, 1.0));
            prop_assert!((-1.0..=1.0).contains(&after));
        }
    }
}
