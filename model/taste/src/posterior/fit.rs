//! How is the posterior found?

use std::collections::BTreeSet;

use music::features::Vector;

use super::basis::terms;
use super::forgetting;
use super::grounds::Grounds;
use super::hierarchy::{Solved, Tree};
use super::likelihood::{Expansion, Listener, Quadratic, Rows, expand, logits, summed};
use super::predict::Posterior;
use super::scales::{self, Scales};
use crate::ballots::{Ballots, Group};
use crate::statistics::Statistics;

/// Newton's steps at most; it usually takes half of them.
const MAX_STEPS: usize = 12;
/// No logit moves further than this in one step, so that Newton's method never overshoots.
const FURTHEST: f64 = 3.0;
/// Steps below which nothing changes any more, in logits.
const SMALL: f64 = 1e-3;
/// How often the scales are chosen anew.
const ROUNDS: usize = 2;
/// Groups of other communities that are told apart: those with the most ballots.
const MAX_OTHERS: usize = 12;

impl Posterior {
    /// Learns the taste of a community in a genre from all ballots (`None`: of all communities together, as if
    /// they were one); those of other communities and genres say something too, but less. Songs are weighed
    /// by the features that `statistics` knows, against what is usual among the tracks that were voted on.
    pub fn fit(
        statistics: &Statistics,
        ballots: &Ballots,
        genre: &str,
        community: Option<&str>,
    ) -> Self {
        Self::fit_with_grounds(statistics, ballots, genre, community).0
    }

    /// The same, and what each track brought into it.
    pub fn fit_with_grounds(
        statistics: &Statistics,
        ballots: &Ballots,
        genre: &str,
        community: Option<&str>,
    ) -> (Self, Grounds) {
        let groups = groups(ballots, genre, community);
        let target = groups.iter().position(|group| group.is(genre, community)).unwrap_or(0);
        let statistics = statistics.among(&heard(ballots, genre));
        let features = statistics.names();
        let mut numbers = Vec::new();
        for track in &ballots.tracks {
            numbers.extend(terms(&statistics, &features, track));
        }
        let rows = Rows { n_terms: 1 + 2 * features.len(), numbers };
        let mut search = Search::new(&rows, groups, target);
        search.run();
        search.half_life = search.forgetting();
        if search.half_life.is_some() {
            search.run();
        }
        let local = search.local();
        let grounds = search.grounds(&local);
        (search.posterior(&local, statistics, features), grounds)
    }
}

/// The tracks of a genre with ballots, each once.
fn heard(ballots: &Ballots, genre: &str) -> Vec<Vector> {
    let of_genre = ballots.groups.iter().filter(|group| group.genre == genre);
    let tracks: BTreeSet<usize> =
        of_genre.flat_map(|group| group.ballots.iter().map(|ballot| ballot.track)).collect();
    tracks.into_iter().map(|track| ballots.tracks[track].clone()).collect()
}

/// The groups that are told apart, the one asked for among them, sorted; small ones among the rest are
/// left out.
fn groups(ballots: &Ballots, genre: &str, community: Option<&str>) -> Vec<Group> {
    let mut others = ballots.groups.clone();
    others.retain(|group| !group.is_within(genre, community));
    others.sort_by_key(|group| std::cmp::Reverse(group.ballots.len()));
    others.truncate(MAX_OTHERS);
    others.push(ballots.of_community(genre, community));
    others.sort_by(|a, b| (&a.genre, &a.community).cmp(&(&b.genre, &b.community)));
    others
}

/// The search for the mode, with the scales on the way.
struct Search<'a> {
    rows: &'a Rows,
    groups: Vec<Group>,
    target: usize,
    tree: Tree,
    scales: Scales,
    half_life: Option<f64>,
    weights: Vec<Vec<f64>>,
    intercepts: Vec<Vec<f64>>,
}

/// What one Newton step goes by.
struct Local {
    said: Vec<Quadratic>,
    listeners: Vec<Vec<Listener>>,
}

impl<'a> Search<'a> {
    fn new(rows: &'a Rows, groups: Vec<Group>, target: usize) -> Self {
        Self {
            rows,
            target,
            tree: Tree::of(&groups),
            scales: Scales::default(),
            half_life: None,
            weights: vec![vec![0.0; rows.n_terms]; groups.len()],
            intercepts: groups.iter().map(|group| vec![0.0; group.n_listeners]).collect(),
            groups,
        }
    }

    /// Finds the mode, and the scales under which the ballots are most probable, in turns.
    fn run(&mut self) {
        for _ in 0..ROUNDS {
            let local = self.find_mode();
            let scales = scales::chosen(&self.tree, &local.said, &self.scales);
            let is_settled = scales == self.scales;
            self.scales = scales;
            if is_settled {
                break;
            }
        }
        let said = self.find_mode().said;
        self.scales = scales::with_relevance(&self.scales, &self.tree, &said, self.target);
        self.find_mode();
    }

    /// Newton's method on all weights and intercepts.
    fn find_mode(&mut self) -> Local {
        let prior = self.scales.prior(self.rows.n_terms);
        for _ in 1..MAX_STEPS {
            let local = self.local();
            let solved = self.tree.solve(&prior, &local.said);
            if self.step(&local, &solved) < SMALL {
                return local;
            }
        }
        self.local()
    }

    /// What the ballots say close to the present weights.
    fn local(&self) -> Local {
        let each = (0..self.groups.len()).map(|idx| {
            let group = &self.groups[idx];
            let n = group.ballots.len();
            let half_life = if idx == self.target { self.half_life } else { None };
            let factor = |place: usize| forgetting::factor(half_life, n - 1 - place);
            summed(self.rows, group, &self.expansions(idx), factor)
        });
        let (said, listeners) = each.unzip();
        Local { said, listeners }
    }

    fn expansions(&self, group: usize) -> Vec<Expansion> {
        expand(self.rows, &self.groups[group], &self.weights[group], &self.intercepts[group])
    }

    /// Moves to the mode of the expansion, or as far towards it as is safe; gives how far logits moved.
    fn step(&mut self, local: &Local, solved: &Solved) -> f64 {
        let weights: Vec<Vec<f64>> = self.tree.modes(solved).map(<[f64]>::to_vec).collect();
        let intercepts: Vec<Vec<f64>> = local
            .listeners
            .iter()
            .zip(&weights)
            .map(|(listeners, weights)| listeners.iter().map(|l| l.intercept(weights)).collect())
            .collect();
        let mut moved: f64 = 0.0;
        for (idx, group) in self.groups.iter().enumerate() {
            let before = logits(self.rows, group, &self.weights[idx]);
            let after = logits(self.rows, group, &weights[idx]);
            for ((ballot, before), after) in group.ballots.iter().zip(before).zip(after) {
                let (old, new) = (&self.intercepts[idx], &intercepts[idx]);
                let by = after - before + new[ballot.listener] - old[ballot.listener];
                moved = moved.max(by.abs());
            }
        }
        let share = if moved > FURTHEST { FURTHEST / moved } else { 1.0 };
        towards(&mut self.weights, &weights, share);
        towards(&mut self.intercepts, &intercepts, share);
        moved
    }

    /// What is known of the asked group's weights without its own ballots.
    fn known_without_own(&self, local: &Local) -> Quadratic {
        let prior = self.scales.prior(self.rows.n_terms);
        let solved = self.tree.solve(&prior, &local.said);
        self.tree.known_without(&prior, &solved, self.target)
    }

    fn forgetting(&self) -> Option<f64> {
        let known = self.known_without_own(&self.local());
        let group = &self.groups[self.target];
        forgetting::half_life(self.rows, group, &self.expansions(self.target), &known)
    }

    /// What each track brought in, at the mode.
    fn grounds(&self, local: &Local) -> Grounds {
        let (target, group) = (self.target, &self.groups[self.target]);
        let logits = logits(self.rows, group, &self.weights[target]);
        let expansions = self.expansions(target);
        let each = group.ballots.iter().zip(&expansions).zip(logits).enumerate();
        let slopes = each.map(|(place, ((ballot, expansion), logit))| {
            let n_later = group.ballots.len() - 1 - place;
            let logit = logit + self.intercepts[target][ballot.listener];
            let factor = forgetting::factor(self.half_life, n_later);
            (factor * expansion.gradient(logit), factor * expansion.curvature)
        });
        Grounds::of(self.rows, group, slopes, &local.listeners[target])
    }

    fn posterior(self, local: &Local, statistics: Statistics, features: Vec<String>) -> Posterior {
        let mut known = self.known_without_own(local);
        known.add(&local.said[self.target]);
        let mut mean = self.weights.into_iter().nth(self.target).unwrap_or_default();
        if scales::deny(&self.scales, &self.tree, &local.said) {
            // All but the intercept: that nearly everything is liked is known all the same.
            mean.iter_mut().skip(1).for_each(|weight| *weight = 0.0);
        }
        let ballots = &self.groups[self.target].ballots;
        let counted =
            ballots.iter().rev().enumerate().map(|(n_later, ballot)| {
                ballot.weight * forgetting::factor(self.half_life, n_later)
            });
        Posterior {
            n_effective: counted.sum::<f64>() + 0.0,
            half_life: self.half_life,
            mean,
            precision: known.curvature.cholesky(),
            statistics,
            features,
        }
    }
}

fn towards(present: &mut [Vec<f64>], aim: &[Vec<f64>], share: f64) {
    for (present, aim) in present.iter_mut().flatten().zip(aim.iter().flatten()) {
        *present += share * (aim - *present);
    }
}
