//! How far do the weights of features lie from nothing?
//!
//! Empirical Bayes: of a few scales, the one under which the ballots are most probable (the Laplace
//! evidence, `MacKay` 1992). Random votes are most probable under weights next to nothing, clear tastes
//! under large ones. Then a few steps towards what each feature itself speaks for (automatic relevance
//! determination, `MacKay` 1994), held to the scale of all: tastes in few features are found sooner,
//! and tastes in many lose nothing. Where the ballots speak against any taste, there is none.

use super::basis::{Kind, kinds};
use super::hierarchy::{Prior, Tree};
use super::likelihood::Quadratic;

/// The prior variance of a group's intercept, in logits.
const INTERCEPT: f64 = 2.0;
/// Variances of a linear weight.
const LINEAR: [f64; 10] = [0.0003, 0.003, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28];
/// Nats by which ballots must be more probable under any taste than under next to none.
const DOUBT: f64 = 0.7;
/// Nats by which they must be less probable under a taste, on average over the middle scales, than under
/// none for there to be none.
const DENIAL: f64 = 1.5;
/// The variance of a quadratic weight beside that of a linear one.
const QUADRATIC: [f64; 3] = [0.02, 0.2, 0.6];
/// Nats by which ballots must be more probable if a middle is liked than if more or less is, as it mostly
/// is.
const PLAINNESS: f64 = 0.4;
/// Shares of all genres, the genre and the community.
const SHARES: [[f64; 3]; 4] =
    [[0.5, 0.3, 0.2], [0.25, 0.5, 0.25], [0.2, 0.2, 0.6], [0.04, 0.06, 0.9]];

/// How much the scale of all terms counts beside what one term speaks for, and steps towards that.
const COMMON: f64 = 0.5;
const RELEVANCE_STEPS: usize = 6;

/// A choice of scales.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scales {
    linear: f64,
    quadratic: f64,
    shares: [f64; 3],
    /// What the variance of each term is multiplied by; empty where all are alike.
    relevance: Vec<f64>,
}

impl Default for Scales {
    fn default() -> Self {
        let (linear, quadratic) = (LINEAR[3], QUADRATIC[0]);
        Self { linear, quadratic, shares: SHARES[1], relevance: Vec::new() }
    }
}

impl Scales {
    /// The prior that they are of so many terms.
    pub(super) fn prior(&self, n_terms: usize) -> Prior {
        let variance = |kind| match kind {
            Kind::Intercept => INTERCEPT,
            Kind::Linear => self.linear,
            Kind::Quadratic => self.linear * self.quadratic,
        };
        let mut variances: Vec<f64> = kinds(n_terms).map(variance).collect();
        variances.iter_mut().zip(&self.relevance).for_each(|(variance, times)| *variance *= times);
        Prior { variances, shares: self.shares }
    }
}

/// The scales under which what the groups say is most probable; of equals the smallest. The shares
/// are chosen after the rest, where there is more than one group.
pub(super) fn chosen(tree: &Tree, groups: &[Quadratic], before: &Scales) -> Scales {
    let n_terms = groups.first().map_or(0, |group| group.linear.len());
    let evidence = |scales: &Scales| {
        let doubt = if scales.linear > LINEAR[0] { DOUBT } else { 0.0 };
        let plainness = if scales.quadratic > QUADRATIC[0] { PLAINNESS } else { 0.0 };
        tree.solve(&scales.prior(n_terms), groups).evidence - doubt - plainness
    };
    let best = |all: Vec<Scales>| {
        let valued = all.into_iter().map(|scales| (evidence(&scales), scales));
        let best = valued.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map_or_else(Scales::default, |(_, scales)| scales)
    };
    let shares = before.shares;
    let of = |linear, quadratic| Scales { linear, quadratic, shares, relevance: Vec::new() };
    let sizes = LINEAR.iter().flat_map(|linear| QUADRATIC.map(|quadratic| of(*linear, quadratic)));
    let sized = best(sizes.collect());
    if groups.len() < 2 {
        return sized;
    }
    best(SHARES.iter().map(|shares| Scales { shares: *shares, ..sized.clone() }).collect())
}

/// Whether what the groups say, close to no taste, speaks against any, averaged over scales: of random
/// ballots, the more there are the surer.
pub(super) fn deny(chosen: &Scales, tree: &Tree, groups: &[Quadratic]) -> bool {
    if chosen.linear > LINEAR[0] {
        return false;
    }
    let n_terms = groups.first().map_or(0, |group| group.linear.len());
    let evidence = |linear: &f64| {
        let scales = Scales { linear: *linear, ..Scales::default() };
        tree.solve(&scales.prior(n_terms), groups).evidence
    };
    let none = evidence(&LINEAR[0]);
    let odds = LINEAR[2..8].iter().map(|linear| (evidence(linear) - none).exp());
    let (sum, n) = odds.fold((0.0, 0.0), |(sum, n), odds| (sum + odds, n + 1.0));
    sum / n < (-DENIAL).exp()
}

/// The same scales, each term's moved towards what the term itself speaks for in a group: the
/// expectation of its square, by steps of expectation and maximisation.
pub(super) fn with_relevance(
    scales: &Scales,
    tree: &Tree,
    groups: &[Quadratic],
    group: usize,
) -> Scales {
    let mut scales = Scales { relevance: Vec::new(), ..scales.clone() };
    let Some(n_terms) = groups.get(group).map(|said| said.linear.len()) else { return scales };
    let common = scales.prior(n_terms).variances;
    for _ in 0..RELEVANCE_STEPS {
        let prior = scales.prior(n_terms);
        let mut known = tree.known_without(&prior, &tree.solve(&prior, groups), group);
        known.add(&groups[group]);
        let precision = known.curvature.cholesky();
        let (mean, covariance) = (precision.solve(&known.linear), precision.inverse());
        let relevance = |(idx, common): (usize, &f64)| {
            let square = mean[idx].powi(2) + covariance.row(idx)[idx];
            (COMMON + square / common) / (COMMON + 1.0)
        };
        scales.relevance = common.iter().enumerate().map(relevance).collect();
        scales.relevance[0] = 1.0;
    }
    scales
}
