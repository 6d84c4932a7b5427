//! Do songs that are expected to be liked with 70 % get liked as often?

use crate::ballots::{Ballots, Group};
use crate::posterior::Posterior;
use crate::statistics::Statistics;

/// A ballot and what was expected of it before it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The probability of a like.
    pub probability: f64,
    /// What the ballot then was.
    pub is_liked: bool,
    /// How much it counts.
    pub weight: f64,
}

/// The predictions whose probabilities lie within one part of 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Their mean probability; 0 of none.
    pub probability: f64,
    /// How often there was a like; 0 of none.
    pub rate: f64,
    /// The weight of all of them.
    pub weight: f64,
}

/// The reliability table: predictions in `n_bins` equal parts of 0 to 1.
pub fn reliability(predictions: &[Prediction], n_bins: usize) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); n_bins.max(1)];
    let last = bins.len() - 1;
    for prediction in predictions {
        let idx = (prediction.probability * bins.len() as f64) as usize;
        let bin = &mut bins[idx.min(last)];
        bin.probability += prediction.weight * prediction.probability;
        bin.rate += if prediction.is_liked { prediction.weight } else { 0.0 };
        bin.weight += prediction.weight;
    }
    for bin in bins.iter_mut().filter(|bin| bin.weight > 0.0) {
        bin.probability /= bin.weight;
        bin.rate /= bin.weight;
    }
    bins
}

/// The expected calibration error: how far probabilities and rates are apart, on average over the
/// predictions (Naeini and others 2015); 0 of none.
pub fn expected_error(bins: &[Bin]) -> f64 {
    let all: f64 = bins.iter().map(|bin| bin.weight).sum();
    let apart = bins.iter().map(|bin| bin.weight * (bin.probability - bin.rate).abs());
    if all > 0.0 { apart.sum::<f64>() / all } else { 0.0 }
}

/// What would have been expected of each ballot of a community in a genre (`None`: of all together), had
/// all earlier ones been known and no later one. A posterior is fitted anew before every `block` of them;
/// the first block has nothing before it and is left out.
pub fn one_step_ahead(
    statistics: &Statistics,
    ballots: &Ballots,
    genre: &str,
    community: Option<&str>,
    block: usize,
) -> Vec<Prediction> {
    let own = ballots.of_community(genre, community);
    let mut predictions = Vec::new();
    for later in own.ballots.chunks(block.max(1)).skip(1) {
        let known = before(ballots, later[0].ordinal);
        let posterior = Posterior::fit(statistics, &known, genre, community);
        predictions.extend(later.iter().map(|ballot| Prediction {
            probability: posterior.probability(&ballots.tracks[ballot.track]),
            is_liked: ballot.is_liked,
            weight: ballot.weight,
        }));
    }
    predictions
}

/// The ballots that were given before one.
fn before(ballots: &Ballots, ordinal: u64) -> Ballots {
    let earlier = |group: &Group| Group {
        ballots: group.ballots.iter().filter(|ballot| ballot.ordinal < ordinal).copied().collect(),
        ..group.clone()
    };
    Ballots { tracks: ballots.tracks.clone(), groups: ballots.groups.iter().map(earlier).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predictions(probability: f64, n_liked: usize, n: usize) -> Vec<Prediction> {
        let one = |idx| Prediction { probability, is_liked: idx < n_liked, weight: 1.0 };
        (0..n).map(one).collect()
    }

    #[test]
    fn who_says_seventy_and_is_right_in_seventy_is_calibrated() {
        let right = [predictions(0.7, 7, 10), predictions(0.2, 2, 10)].concat();
        assert!(expected_error(&reliability(&right, 10)) < 1e-12);
        let wrong = [predictions(0.7, 2, 10), predictions(1.0, 10, 10)].concat();
        let bins = reliability(&wrong, 10);
        assert!((expected_error(&bins) - 0.25).abs() < 1e-12);
        assert!((bins[7].rate - 0.2).abs() < 1e-12 && (bins[9].probability - 1.0).abs() < 1e-12);
    }

    #[test]
    fn of_nothing_there_is_no_error() {
        assert!(expected_error(&reliability(&[], 10)).abs() < 1e-12);
        let statistics = Statistics::of(&[]);
        assert_eq!(one_step_ahead(&statistics, &Ballots::default(), "pop", None, 10), []);
    }
}
