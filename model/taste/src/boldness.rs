//! How boldly are candidates drawn?
//!
//! A bandit over three temperatures: each candidate is drawn at the one that comes out liked most of a draw
//! from what is known of each (Thompson 1933), so that all three are tried as long as little is known, and
//! the better ones the oftener the surer that is. Boldness sounds alike in every genre, and the choice among
//! candidates follows the taste of each community anyway, so what is known of one genre and community serves
//! all.

use rand::Rng;
use rand::distr::Distribution;
use rand_distr::Beta;
use serde::{Deserialize, Serialize};

use crate::ballots::Liked;

/// As many ballots for and against are supposed of each before any is given.
const SUPPOSED: f64 = 2.0;
/// More ballots than this make nothing surer: what is liked may change.
const MOST: f64 = 100.0;

/// At which temperature a song is drawn, against the one that is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boldness {
    /// A lower one: likelier notes, smaller intervals, more that comes back.
    Safer,
    /// That one.
    Usual,
    /// A higher one: wider intervals, less that comes back.
    Wilder,
}

impl Boldness {
    /// All, the safest first.
    pub const ALL: [Self; 3] = [Self::Safer, Self::Usual, Self::Wilder];

    /// What the temperature is multiplied by.
    pub fn factor(self) -> f64 {
        match self {
            Self::Safer => 0.88,
            Self::Usual => 1.0,
            Self::Wilder => 1.14,
        }
    }

    /// One of them, by how much each was liked, in the order of [`Self::ALL`].
    pub fn drawn(known: &[Liked; 3], rng: &mut impl Rng) -> Self {
        let mut best = (f64::NEG_INFINITY, Self::Usual);
        for (own, Liked { liked, disliked }) in Self::ALL.into_iter().zip(known) {
            let share = (MOST / (liked + disliked)).min(1.0);
            let beta = Beta::new(SUPPOSED + share * liked, SUPPOSED + share * disliked);
            let rate = beta.map_or(0.5, |beta| beta.sample(rng));
            if rate > best.0 {
                best = (rate, own);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Of 3000 candidates, how many are drawn at each.
    fn drawn(known: [(f64, f64); 3]) -> [usize; 3] {
        let known = known.map(|(liked, disliked)| Liked { liked, disliked });
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            let own = Boldness::drawn(&known, &mut rng);
            counts[Boldness::ALL.iter().position(|other| *other == own).expect("one of all")] += 1;
        }
        counts
    }

    #[test]
    fn all_are_tried_where_nothing_is_known() {
        assert!(drawn([(0.0, 0.0); 3]).iter().all(|n| (850..1150).contains(n)));
    }

    #[test]
    fn what_is_liked_more_is_drawn_more_often_the_surer_that_is() {
        let few = drawn([(3.0, 3.0), (3.0, 3.0), (5.0, 1.0)]);
        let many = drawn([(50.0, 50.0), (50.0, 50.0), (80.0, 20.0)]);
        assert!(few[2] > few[0] && few[2] > few[1] && few[0] > 100, "{few:?}");
        assert!(many[2] > 2950, "{many:?}");
        // However many there were, a difference of a few in a hundred does not end the trial of the others.
        let most = drawn([(5e5, 5e5), (5e5, 5e5), (5.4e5, 4.6e5)]);
        assert!(most[0] > 200 && most[1] > 200 && most[2] > 1500, "{most:?}");
    }
}
