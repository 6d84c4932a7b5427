//! How do genres and communities learn from each other?
//!
//! The weights of a group are the sum of three parts: all genres', its genre's, and its community's in
//! that genre, each normal around 0, which is partial pooling (Gelman and Hill 2007, chapter 12). As a
//! tree, each node is normal around its parent; what the ballots say goes up and down it as
//! Gaussian messages, exactly. What comes from another community is weakened by the spread of both,
//! so that two of opposite taste each keep their own.

use super::likelihood::Quadratic;
use crate::ballots::Group;
use crate::matrix::Cholesky;

/// The prior variance of each term over the whole of a group's weights, and how it is divided among
/// the three levels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prior {
    pub(super) variances: Vec<f64>,
    /// Shares of all genres, the genre, and the community in the genre; together 1.
    pub(super) shares: [f64; 3],
}

/// Where groups stand: nodes of which each comes after its parent.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// The node of each group.
    leaves: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Node {
    parent: Option<usize>,
    /// The levels whose spread is between the node and its parent, or 0.
    levels: std::ops::Range<usize>,
}

/// What is known after all messages went up.
pub(super) struct Solved {
    /// The weights of each node that are most probable.
    modes: Vec<Vec<f64>>,
    /// What stands at each node from below, and what it sends up.
    below: Vec<Quadratic>,
    sent: Vec<Quadratic>,
    /// The logarithm of the probability of all ballots.
    pub(super) evidence: f64,
}

impl Tree {
    /// Levels that would have a single node are joined with the one below.
    pub(super) fn of(groups: &[Group]) -> Self {
        if let [_] = groups {
            return Self { nodes: vec![Node { parent: None, levels: 0..3 }], leaves: vec![0] };
        }
        let mut genres: Vec<&str> = groups.iter().map(|group| group.genre.as_str()).collect();
        genres.dedup();
        let mut nodes = Vec::new();
        if genres.len() > 1 {
            nodes.push(Node { parent: None, levels: 0..1 });
            nodes.extend(genres.iter().map(|_| Node { parent: Some(0), levels: 1..2 }));
        } else {
            nodes.push(Node { parent: None, levels: 0..2 });
        }
        let mut leaves = Vec::new();
        for group in groups {
            let genre = genres.iter().position(|genre| *genre == group.genre).unwrap_or(0);
            let parent = if genres.len() > 1 { 1 + genre } else { 0 };
            leaves.push(nodes.len());
            nodes.push(Node { parent: Some(parent), levels: 2..3 });
        }
        Self { nodes, leaves }
    }

    /// Brings together what the ballots of each group say.
    pub(super) fn solve(&self, prior: &Prior, groups: &[Quadratic]) -> Solved {
        let n_terms = prior.variances.len();
        let mut below = vec![Quadratic::nothing(n_terms); self.nodes.len()];
        for (leaf, said) in self.leaves.iter().zip(groups) {
            below[*leaf].add(said);
        }
        let mut sent = below.clone();
        let mut steps = Vec::with_capacity(self.nodes.len());
        let mut evidence = 0.0;
        for idx in (0..self.nodes.len()).rev() {
            let step = Step::of(&below[idx], &self.deviations(prior, idx));
            match self.nodes[idx].parent {
                Some(parent) => {
                    sent[idx] = step.message();
                    let message = sent[idx].clone();
                    below[parent].add(&message);
                }
                None => evidence = step.value(),
            }
            steps.push(step);
        }
        steps.reverse();
        let mut modes: Vec<Vec<f64>> = Vec::with_capacity(self.nodes.len());
        for (node, step) in self.nodes.iter().zip(&steps) {
            let mode = step.mode(node.parent.map(|parent| modes[parent].as_slice()));
            modes.push(mode);
        }
        Solved { modes, below, sent, evidence }
    }

    /// The most probable weights of each group.
    pub(super) fn modes<'a>(&self, solved: &'a Solved) -> impl Iterator<Item = &'a [f64]> {
        self.leaves.iter().map(|leaf| solved.modes[*leaf].as_slice())
    }

    /// What is known of a group's weights without its own ballots: the prior, and what came from the
    /// other groups.
    pub(super) fn known_without(&self, prior: &Prior, solved: &Solved, group: usize) -> Quadratic {
        let mut path = vec![self.leaves[group]];
        while let Some(parent) = path.last().and_then(|node| self.nodes[*node].parent) {
            path.push(parent);
        }
        let mut known = Quadratic::nothing(prior.variances.len());
        let mut above = None;
        for node in path.into_iter().rev() {
            if let Some(parent) = above.replace(node) {
                known.add(&self.beside(solved, parent, node));
            }
            known =
                spread(&known, &self.deviations(prior, node), self.nodes[node].parent.is_none());
        }
        known
    }

    /// What the other children of a node's parent sent it.
    fn beside(&self, solved: &Solved, parent: usize, node: usize) -> Quadratic {
        let mut sum = Quadratic::nothing(solved.below[parent].linear.len());
        let others = (0..self.nodes.len()).filter(|idx| *idx != node);
        for other in others.filter(|idx| self.nodes[*idx].parent == Some(parent)) {
            sum.add(&solved.sent[other]);
        }
        sum
    }

    /// The standard deviation of each term between a node and its parent.
    fn deviations(&self, prior: &Prior, node: usize) -> Vec<f64> {
        let share: f64 = prior.shares[self.nodes[node].levels.clone()].iter().sum();
        prior.variances.iter().map(|variance| (variance * share).sqrt()).collect()
    }
}

/// What is known of a child by what is known of its parent: weakened by the spread between them. At
/// the root nothing is known before, and the spread is the prior itself.
fn spread(parent: &Quadratic, deviations: &[f64], is_root: bool) -> Quadratic {
    if !is_root {
        return Step::of(parent, deviations).message();
    }
    let mut prior = Quadratic::nothing(deviations.len());
    for (idx, deviation) in deviations.iter().enumerate() {
        prior.curvature.row_mut(idx)[idx] = deviation.powi(-2);
    }
    prior
}

/// A node with what is known from below, in units of its deviations from the parent, where its
/// precision is `I + D H D`.
struct Step {
    deviations: Vec<f64>,
    factor: Cholesky,
    /// `D b`.
    linear: Vec<f64>,
    /// `(I + D H D)⁻¹ D b`.
    solved: Vec<f64>,
    value: f64,
}

impl Step {
    fn of(below: &Quadratic, deviations: &[f64]) -> Self {
        let mut precision = below.curvature.scaled(deviations);
        precision.add_diagonal(1.0);
        let factor = precision.cholesky();
        let linear: Vec<f64> = below.linear.iter().zip(deviations).map(|(b, d)| b * d).collect();
        let solved = factor.solve(&linear);
        Self { deviations: deviations.to_vec(), factor, linear, solved, value: below.value }
    }

    /// The logarithm of the integral over the node, were its parent 0.
    fn value(&self) -> f64 {
        let explained: f64 = self.linear.iter().zip(&self.solved).map(|(b, x)| b * x).sum();
        self.value + 0.5 * explained - 0.5 * self.factor.log_determinant()
    }

    /// What is then known of the parent: `D⁻¹ (I − (I + D H D)⁻¹) D⁻¹`, and `D⁻¹` times the solution.
    fn message(&self) -> Quadratic {
        let inverse: Vec<f64> = self.deviations.iter().map(|d| 1.0 / d).collect();
        let mut curvature = self.factor.inverse();
        curvature.negate();
        curvature.add_diagonal(1.0);
        let linear = self.solved.iter().zip(&inverse).map(|(x, d)| x * d).collect();
        Quadratic { curvature: curvature.scaled(&inverse), linear, value: self.value() }
    }

    /// The most probable weights given those of the parent.
    fn mode(&self, parent: Option<&[f64]>) -> Vec<f64> {
        let Some(parent) = parent else {
            return self.solved.iter().zip(&self.deviations).map(|(x, d)| x * d).collect();
        };
        // In units of the deviations: (I + D H D)⁻¹ (D b + D⁻¹ m).
        let known = self.linear.iter().zip(parent).zip(&self.deviations);
        let known: Vec<f64> = known.map(|((b, m), d)| b + m / d).collect();
        let solved = self.factor.solve(&known);
        solved.iter().zip(&self.deviations).map(|(x, d)| x * d).collect()
    }
}
