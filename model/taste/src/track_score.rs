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

/// The score that standing votes, each with its listener, make: the mean of what the listeners say,
/// each within ±1, drawn to 0 as if one undecided listener more had voted.
pub fn track_score<L: Ord>(votes: impl IntoIterator<Item = (L, f64)>) -> TrackScore {
    let mut says: BTreeMap<L, f64> = BTreeMap::new();
    for (listener, value) in votes {
        *says.entry(listener).or_default() += value;
    }
    // Not `sum`, which begins at -0.0: without votes that would be shown, as "-0.00".
    let says_within = says.values().map(|say| (say / FULL).clamp(-1.0, 1.0));
    let sum = says_within.fold(0.0, |sum, say| sum + say);
    TrackScore { value: sum / (says.len() as f64 + UNDECIDED), n_listeners: says.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_weight;
    use proptest::prelude::*;

    #[test]
    fn a_listener_has_one_say_however_many_emoji() {
        let loud = [("a", 2.0), ("a", 2.0), ("a", 2.0)];
        assert_eq!(track_score(loud), track_score([loud[0]]));
        assert!(track_score([("a", 2.0), ("b", 2.0)]).value > track_score(loud).value);
        assert_eq!(
            track_score([("a", 2.0), ("b", -2.0)]),
            TrackScore { value: 0.0, n_listeners: 2 }
        );
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
            let votes: Vec<(usize, f64)> = votes.into_iter().enumerate().collect();
            let before = track_score(votes.clone()).value;
            let after = track_score(votes.into_iter().chain([(99, 2.0)])).value;
            prop_assert!(after >= before);
            prop_assert!(track_weight(after, 1.0) >= track_weight(before, 1.0));
            prop_assert!((-1.0..=1.0).contains(&after));
        }
    }
}
