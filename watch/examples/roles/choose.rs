//! How are the numbers of the model chosen that are not learned?
//!
//! By judging each third of the songs that one may look at with what the other thirds teach.

use watch::parts::Model;

use crate::learn::learn;
use crate::validate::{Chosen, Measured, Tally, fold, rows};

/// Penalties to choose from.
pub(crate) const PENALTIES: [f64; 3] = [0.003, 0.01, 0.03];
/// Hints to choose from, in nats.
pub(crate) const HINTS: [f64; 3] = [0.5, 1.0, 1.5];
/// Agreements to choose from, in nats.
pub(crate) const AGREEMENTS: [f64; 4] = [4.0, 8.0, 12.0, 16.0];

/// The numbers under which thirds of `cases` are judged best by what
/// the other thirds teach.
pub(crate) fn choose(cases: &[&Measured]) -> Chosen {
    let mut best = (f64::NEG_INFINITY, Chosen::default());
    let third = |measured: &Measured| fold(&measured.case.group, "inner", 3);
    for penalty in PENALTIES {
        let models: Vec<Model> = (0..3)
            .map(|held| {
                let others = cases.iter().copied().filter(|measured| third(measured) != held);
                learn(&rows(others), penalty)
            })
            .collect();
        let words = HINTS.into_iter().flat_map(|hint| AGREEMENTS.map(|both| (hint, both)));
        for (hint, agreement) in words {
            let chosen = Chosen { penalty, hint, agreement };
            let models: Vec<Model> = models.iter().map(|model| chosen.with_words(model)).collect();
            let mut tally = Tally::default();
            for measured in cases {
                if let Some(is_right) = measured.is_right(&models[third(measured)]) {
                    tally.add(&measured.case.kind, is_right);
                }
            }
            let score = mean_of_kinds(&tally);
            if score > best.0 + 1e-9 {
                best = (score, chosen);
            }
        }
    }
    best.1
}

/// Every label and trap counts as much as any other.
fn mean_of_kinds(tally: &Tally) -> f64 {
    let shares = tally.0.values().map(|(right, all)| *right as f64 / *all as f64);
    shares.sum::<f64>() / tally.0.len().max(1) as f64
}
