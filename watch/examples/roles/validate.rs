//! How right is the filter on songs that it did not learn from?
//!
//! Songs are dealt into folds by a hash of their group, and each fold is judged with what the others
//! teach. What is not learned but chosen is `choose.rs`'s question.

use std::cell::RefCell;
use std::collections::BTreeMap;

use music::score::Score;
use watch::examine::song::song;
use watch::filter::{self, Verdict};
use watch::parts::features::{self, Features};
use watch::parts::{self, Decision, Model, Role};

use crate::learn::{Row, learn};
use crate::table::Case;

/// A case with its numbers.
pub(crate) struct Measured {
    /// The case.
    pub(crate) case: Case,
    /// The numbers about each part.
    pub(crate) features: Vec<Features>,
    /// Verdicts found before, by the roles of the parts.
    known: RefCell<BTreeMap<Vec<Role>, bool>>,
}

/// Measures every case.
pub(crate) fn measured(cases: Vec<Case>) -> Vec<Measured> {
    let measured = |case: Case| Measured {
        features: features::measure(&case.score),
        known: RefCell::default(),
        case,
    };
    cases.into_iter().map(measured).collect()
}

/// In which of `n` folds a group lies; `salt` deals anew.
pub(crate) fn fold(group: &str, salt: &str, n: usize) -> usize {
    let hash = blake3::hash(format!("{salt}{group}").as_bytes());
    usize::from(hash.as_bytes()[0]) * n / 256
}

/// The rows to learn from. The rows of one song and role together count as the root of their
/// number, so that no song of many parts or variants drowns the others.
pub(crate) fn rows<'a>(cases: impl Iterator<Item = &'a Measured>) -> Vec<Row> {
    let mut found: Vec<(&str, usize, Features)> = Vec::new();
    let mut n_of: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for measured in cases.filter(|measured| measured.case.is_row) {
        let group = measured.case.group.as_str();
        for (role, features) in measured.case.roles.iter().zip(&measured.features) {
            let Some(role) = role.and_then(index) else { continue };
            found.push((group, role, *features));
            *n_of.entry((group, role)).or_default() += 1;
        }
    }
    let weight = |group: &str, role: usize| 1.0 / (n_of[&(group, role)] as f64).sqrt();
    let row = |(group, role, features)| Row { features, role, weight: weight(group, role) };
    found.into_iter().map(row).collect()
}

fn index(role: Role) -> Option<usize> {
    Role::LEARNED.iter().position(|learned| *learned == role)
}

/// The numbers of a model that are not learned.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chosen {
    /// On half the squared weights.
    pub(crate) penalty: f64,
    /// See [`Model::hint`].
    pub(crate) hint: f64,
    /// See [`Model::agreement`].
    pub(crate) agreement: f64,
}

impl Chosen {
    /// What `cases` teach.
    pub(crate) fn learned(self, cases: &[&Measured]) -> Model {
        self.with_words(&learn(&rows(cases.iter().copied()), self.penalty))
    }

    /// `model` with what words add.
    pub(crate) fn with_words(self, model: &Model) -> Model {
        Model { hint: self.hint, agreement: self.agreement, ..model.clone() }
    }
}

impl Measured {
    /// Whether it is judged as it should be; `None` where both are right.
    pub(crate) fn is_right(&self, model: &Model) -> Option<bool> {
        self.is_right_by(self.decide(model))
    }

    /// The role of each part by `model`, with facts, names and programs.
    pub(crate) fn decide(&self, model: &Model) -> Vec<Decision> {
        parts::decide_measured(&self.case.score, &self.features, model)
    }

    /// Whether it is judged as it should be with these roles.
    pub(crate) fn is_right_by(&self, decisions: Vec<Decision>) -> Option<bool> {
        let is_taken = self.case.is_taken?;
        let roles: Vec<Role> = decisions.iter().map(|decision| decision.role).collect();
        let judge = || is_accepted(&self.case.score, decisions) == is_taken;
        Some(*self.known.borrow_mut().entry(roles).or_insert_with(judge))
    }
}

fn is_accepted(score: &Score, decisions: Vec<Decision>) -> bool {
    let parts = parts::classify_as(score, decisions);
    let song = song(score, &parts);
    let limits = filter::Requirements::default();
    filter::judge(score, &parts, song.as_ref(), &limits) == Verdict::Accept
}

/// Right and all, by kind.
#[derive(Default)]
pub(crate) struct Tally(pub(crate) BTreeMap<String, (usize, usize)>);

impl Tally {
    /// Counts one.
    pub(crate) fn add(&mut self, kind: &str, is_right: bool) {
        let (right, all) = self.0.entry(kind.to_owned()).or_default();
        *right += usize::from(is_right);
        *all += 1;
    }

    /// Right and all of all kinds.
    pub(crate) fn total(&self) -> (usize, usize) {
        self.0.values().fold((0, 0), |sum, (right, all)| (sum.0 + right, sum.1 + all))
    }
}
