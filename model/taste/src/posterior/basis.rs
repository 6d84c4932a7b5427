//! As what is a song weighed?
//!
//! As a one for the intercept, its standardised features, and what each of them is beyond or within
//! the usual: `(z² − 1) / √2`, so that also a liked middle can be learned.

use music::features::Vector;

use crate::statistics::Statistics;

/// The terms of a song: `1 + 2 n` of `n` features.
pub(super) fn terms(statistics: &Statistics, features: &[String], song: &Vector) -> Vec<f64> {
    let mut terms = Vec::with_capacity(1 + 2 * features.len());
    terms.push(1.0);
    terms.extend(statistics.standardised_of(features, song));
    for idx in 1..=features.len() {
        terms.push(square(terms[idx]));
    }
    terms
}

/// The second Hermite polynomial, of mean 0 and variance 1 where `z` is normal.
pub(super) fn square(z: f64) -> f64 {
    (z * z - 1.0) / std::f64::consts::SQRT_2
}

/// Whether a term is the intercept, linear or quadratic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Intercept,
    Linear,
    Quadratic,
}

/// The kind of each of `n_terms` terms.
pub(super) fn kinds(n_terms: usize) -> impl Iterator<Item = Kind> {
    let n_features = n_terms.saturating_sub(1) / 2;
    (0..n_terms).map(move |idx| match idx {
        0 => Kind::Intercept,
        _ if idx <= n_features => Kind::Linear,
        _ => Kind::Quadratic,
    })
}
