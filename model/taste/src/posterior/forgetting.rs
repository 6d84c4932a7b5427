//! Has the taste changed, so that old ballots should count less?
//!
//! Of a few half-lives, in ballots, the one under which the latest ballots would have been predicted
//! best from those before them. Forgetting nothing is preferred: a stable taste keeps all it has said.

use super::likelihood::{self, Expansion, Quadratic, Rows};
use crate::ballots::Group;
use crate::matrix::dot;

/// Half-lives in ballots that are considered, besides none.
const HALF_LIVES: [f64; 4] = [120.0, 60.0, 30.0, 15.0];
/// The latest ballots that are predicted, in blocks of so many.
const N_BLOCKS: usize = 6;
const BLOCK: usize = 10;
/// Nats over these blocks by which a half-life must do better than none.
const BIAS: f64 = 5.0;

/// By what a ballot with so many later ones counts.
pub(super) fn factor(half_life: Option<f64>, n_later: usize) -> f64 {
    half_life.map_or(1.0, |half_life| (-(n_later as f64) / half_life).exp2())
}

/// The half-life that the ballots of a group speak for; `None` forgets nothing.
///
/// `known` is what is known of its weights without them.
pub(super) fn half_life(
    rows: &Rows,
    group: &Group,
    expansions: &[Expansion],
    known: &Quadratic,
) -> Option<f64> {
    if group.ballots.len() < 2 * BLOCK {
        return None;
    }
    let lost = |half_life| loss(rows, group, expansions, known, half_life);
    let mut best = (lost(None) - BIAS, None);
    for half_life in HALF_LIVES.into_iter().map(Some) {
        let loss = lost(half_life);
        if loss < best.0 {
            best = (loss, half_life);
        }
    }
    best.1
}

/// The logarithmic loss of predicting each of the latest blocks from what came before it.
fn loss(
    rows: &Rows,
    group: &Group,
    expansions: &[Expansion],
    known: &Quadratic,
    half_life: Option<f64>,
) -> f64 {
    let n = group.ballots.len();
    let n_blocks = N_BLOCKS.min(n / BLOCK - 1);
    let starts = (1..=n_blocks).rev().map(|block| n - block * BLOCK);
    starts.map(|start| block_loss(rows, group, expansions, known, half_life, start)).sum()
}

fn block_loss(
    rows: &Rows,
    group: &Group,
    expansions: &[Expansion],
    known: &Quadratic,
    half_life: Option<f64>,
    start: usize,
) -> f64 {
    let before = |idx: usize| if idx < start { factor(half_life, start - 1 - idx) } else { 0.0 };
    let (mut sum, listeners) = likelihood::summed(rows, group, expansions, before);
    sum.add(known);
    let precision = sum.curvature.cholesky();
    let weights = precision.solve(&sum.linear);
    let block = &group.ballots[start..(start + BLOCK).min(group.ballots.len())];
    let loss = block.iter().map(|ballot| {
        let (terms, listener) = (rows.of(ballot.track), &listeners[ballot.listener]);
        let whitened = precision.forward(terms);
        let logit = dot(terms, &weights) + listener.intercept(&weights);
        let variance = dot(&whitened, &whitened) + listener.variance();
        let likes = likelihood::said(likelihood::expected(logit, variance));
        -ballot.weight * if ballot.is_liked { likes } else { 1.0 - likes }.ln()
    });
    loss.sum()
}
