//! What do the ballots of one group say of its weights, close to the present ones?
//!
//! The logarithm of the logistic likelihood, with lapses, is expanded to second order, as Newton's method and
//! Laplace's approximation do, and the intercepts of the listeners are integrated out by the Schur
//! complement: each stands for itself, so what is left is as small as the weights. Ballots on one
//! track share its terms.

use crate::ballots::{Ballot, Group};
use crate::matrix::{Symmetric, dot};

/// The variance of how generous listeners are, in logits. Few like everything, and those say so in
/// enough ballots to be known for it.
pub(super) const LISTENER_VARIANCE: f64 = 0.5;

/// How often a ballot says the opposite of what is meant, by mistake or mood. Without it, a few dislikes
/// among many tracks that are all of the liked kind would count as much as all that made the kind known.
const LAPSES: f64 = 0.1;

/// The terms of all tracks, row by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) n_terms: usize,
    pub(super) numbers: Vec<f64>,
}

impl Rows {
    pub(super) fn of(&self, track: usize) -> &[f64] {
        &self.numbers[track * self.n_terms..(track + 1) * self.n_terms]
    }
}

/// `value + linear · θ − ½ θᵀ curvature θ`: a logarithm of a likelihood, or what is left of it.
#[derive(Clone, Debug)]
pub(super) struct Quadratic {
    pub(super) curvature: Symmetric,
    pub(super) linear: Vec<f64>,
    pub(super) value: f64,
}

impl Quadratic {
    pub(super) fn nothing(n_terms: usize) -> Self {
        Self { curvature: Symmetric::zeros(n_terms), linear: vec![0.0; n_terms], value: 0.0 }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.curvature.add(&other.curvature);
        self.linear.iter_mut().zip(&other.linear).for_each(|(sum, other)| *sum += other);
        self.value += other.value;
    }
}

/// A ballot's likelihood as a function of its logit: `value + slope · f − ½ curvature · f²`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expansion {
    pub(super) value: f64,
    pub(super) slope: f64,
    pub(super) curvature: f64,
}

impl Expansion {
    /// The gradient of the likelihood's logarithm where it was expanded.
    pub(super) fn gradient(&self, logit: f64) -> f64 {
        self.slope - self.curvature * logit
    }
}

/// What is known of a listener's intercept given the weights: `(slope − terms · θ) / precision`.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    slope: f64,
    precision: f64,
    terms: Vec<f64>,
}

impl Listener {
    fn unheard(n_terms: usize) -> Self {
        Self { slope: 0.0, precision: 1.0 / LISTENER_VARIANCE, terms: vec![0.0; n_terms] }
    }

    /// The expected intercept under these weights.
    pub(super) fn intercept(&self, weights: &[f64]) -> f64 {
        (self.slope - dot(&self.terms, weights)) / self.precision
    }

    /// The terms of what the listener usually votes on, drawn to 0 by what is known without ballots: against
    /// these a ballot says something of the weights, as the intercept takes up the rest.
    pub(super) fn usual_terms(&self) -> Vec<f64> {
        self.terms.iter().map(|term| term / self.precision).collect()
    }

    /// How uncertain it is, were the weights known.
    pub(super) fn variance(&self) -> f64 {
        1.0 / self.precision
    }
}

/// Each ballot of a group expanded at these weights and intercepts.
pub(super) fn expand(
    rows: &Rows,
    group: &Group,
    weights: &[f64],
    intercepts: &[f64],
) -> Vec<Expansion> {
    let logits = logits(rows, group, weights);
    let each = group.ballots.iter().zip(logits);
    each.map(|(ballot, logit)| expansion(ballot, logit + intercepts[ballot.listener])).collect()
}

/// The logit of each ballot without its listener. Ballots on a track that follow each other share it.
pub(super) fn logits(rows: &Rows, group: &Group, weights: &[f64]) -> Vec<f64> {
    let mut known = vec![f64::NAN; rows.numbers.len() / rows.n_terms.max(1)];
    let logit = |ballot: &Ballot| {
        let logit = &mut known[ballot.track];
        if logit.is_nan() {
            *logit = dot(rows.of(ballot.track), weights);
        }
        *logit
    };
    group.ballots.iter().map(logit).collect()
}

/// With the expected curvature, which is never negative, in place of the observed one (Fisher scoring).
fn expansion(ballot: &Ballot, logit: f64) -> Expansion {
    let sign = if ballot.is_liked { 1.0 } else { -1.0 };
    let meant = 1.0 / (1.0 + (-sign * logit).exp());
    let said = said(meant);
    let slope = (1.0 - 2.0 * LAPSES) * meant * (1.0 - meant);
    let (gradient, curvature) = (
        ballot.weight * sign * slope / said,
        ballot.weight * slope * slope / (said * (1.0 - said)),
    );
    let log_likelihood = said.ln();
    Expansion {
        value: ballot.weight * log_likelihood - gradient * logit - 0.5 * curvature * logit * logit,
        slope: gradient + curvature * logit,
        curvature,
    }
}

/// The sum of these expansions, each times `factor` of its place, over the intercepts of the
/// listeners, and what is then known of each listener.
pub(super) fn summed(
    rows: &Rows,
    group: &Group,
    expansions: &[Expansion],
    factor: impl Fn(usize) -> f64,
) -> (Quadratic, Vec<Listener>) {
    let n_terms = rows.n_terms;
    let mut sum = Quadratic::nothing(n_terms);
    let mut listeners = vec![Listener::unheard(n_terms); group.n_listeners];
    let n_tracks = rows.numbers.len() / n_terms.max(1);
    // Slope and curvature of all ballots on a track together.
    let mut tracks = vec![(0.0, 0.0); n_tracks];
    for (idx, (ballot, expansion)) in group.ballots.iter().zip(expansions).enumerate() {
        let factor = factor(idx);
        if factor == 0.0 {
            continue;
        }
        let (slope, curvature) = (factor * expansion.slope, factor * expansion.curvature);
        sum.value += factor * expansion.value;
        tracks[ballot.track].0 += slope;
        tracks[ballot.track].1 += curvature;
        let listener = &mut listeners[ballot.listener];
        listener.slope += slope;
        listener.precision += curvature;
        add_scaled(&mut listener.terms, curvature, rows.of(ballot.track));
    }
    for (track, (slope, curvature)) in tracks.into_iter().enumerate() {
        add_scaled(&mut sum.linear, slope, rows.of(track));
        sum.curvature.add_outer(curvature, rows.of(track));
    }
    for listener in &listeners {
        let Listener { slope, precision, terms } = listener;
        sum.curvature.add_outer(-1.0 / precision, terms);
        add_scaled(&mut sum.linear, -slope / precision, terms);
        sum.value += 0.5 * slope * slope / precision - 0.5 * (precision * LISTENER_VARIANCE).ln();
    }
    (sum, listeners)
}

fn add_scaled(sum: &mut [f64], factor: f64, terms: &[f64]) {
    if factor != 0.0 {
        sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += factor * term);
    }
}

/// How often a like is said where it is meant with this probability.
pub(super) fn said(meant: f64) -> f64 {
    LAPSES + (1.0 - 2.0 * LAPSES) * meant
}

/// The expectation of a logistic function over a normal logit, by the probit approximation.
pub(super) fn expected(logit: f64, variance: f64) -> f64 {
    let logit = logit / (1.0 + std::f64::consts::PI / 8.0 * variance).sqrt();
    1.0 / (1.0 + (-logit).exp())
}
