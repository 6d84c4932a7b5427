//! Is what was learned played from now on?
//!
//! A new version is held against the best that its genre has played, not against the last one only:
//! else a little could be lost in every cycle. All are measured now, on the same held-out songs, every
//! token counted alike, so that votes do not count here. Of the earlier versions those with the lowest
//! noted losses are measured, and only those that learned from none of the songs held out now: one that
//! knows them by heart would be a bar that nothing new can reach.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use composer::corpus::Corpus;
use composer::lessons::evaluate_while;
use composer::version;
use network::train::TrainError;

use super::label;
use super::plan::Plan;
use crate::context::Context;
use crate::store::Promotion;

/// The most earlier versions that are measured besides the one in force. Each takes about a second.
const MAX_EARLIER: usize = 8;

/// Whether a version is played, and why (not).
pub(super) struct Decision {
    pub(super) promoted: bool,
    pub(super) why: String,
}

/// A version and its loss on the held-out songs, in nats a token.
#[derive(Clone, Copy, Debug)]
struct Measured {
    version: u32,
    nll: f64,
}

/// Decides about weights with a loss of `valid_nll` on the held-out songs.
///
/// # Errors
/// [`TrainError::Abandoned`] when `stop` is set; or when the store cannot be read.
pub(super) fn decide(
    context: &Context,
    genre: &str,
    plan: &Plan,
    valid_nll: f64,
    stop: &AtomicBool,
) -> anyhow::Result<Decision> {
    // A person may have rolled back meanwhile.
    let Some(Promotion { version: current, .. }) = context.store.current_version(genre)? else {
        return Ok(Decision { promoted: true, why: "it is the first version".to_owned() });
    };
    let mut played = Vec::new();
    for version in candidates(context, genre, current)? {
        let is_current = version == current;
        match nll_of(context, genre, version, is_current, plan, stop) {
            Ok(Some(nll)) if nll.is_finite() => played.push(Measured { version, nll }),
            Ok(_) => tracing::debug!(genre, version, "cannot be compared on these songs"),
            Err(error) if is_abandoned(&error) => return Err(error),
            Err(error) => {
                let error = format!("{error:#}");
                // What cannot be played any more must not stay in force, whatever was played before it.
                if is_current {
                    let why = format!("v{version} can't be read any more: {error}");
                    return Ok(Decision { promoted: true, why });
                }
                tracing::debug!(genre, version, error, "not measured");
            }
        }
    }
    Ok(compare(valid_nll, &played, context.config.schedule.promotion_margin))
}

/// The version in force, and those of the ones played before that had the lowest losses.
fn candidates(context: &Context, genre: &str, current: u32) -> anyhow::Result<Vec<u32>> {
    let noted: BTreeMap<u32, f64> = context
        .store
        .cycles(genre)?
        .into_iter()
        .filter_map(|(_, cycle)| Some((cycle.version?, cycle.valid_nll?)))
        .collect();
    let promotions = context.store.promotions(genre)?;
    let mut earlier: Vec<u32> = promotions.into_iter().map(|promotion| promotion.version).collect();
    earlier.sort_unstable();
    earlier.dedup();
    earlier.retain(|version| *version != current);
    let loss = |version: &u32| noted.get(version).copied().unwrap_or(f64::INFINITY);
    earlier.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    earlier.truncate(MAX_EARLIER);
    earlier.insert(0, current);
    Ok(earlier)
}

/// The loss of a version on the songs that are held out now; `None` for an earlier one that may have
/// learned from some of them.
fn nll_of(
    context: &Context,
    genre: &str,
    version: u32,
    is_current: bool,
    plan: &Plan,
    stop: &AtomicBool,
) -> anyhow::Result<Option<f64>> {
    let folder = context.home.version(genre, version);
    let below = version::manifest(&folder)?.held_out_below;
    if !is_current && !has_not_learned(below, &plan.material.corpus) {
        return Ok(None);
    }
    let (network, manifest) = version::load(&folder)?;
    let mut pieces = plan.held_out().to_vec();
    for piece in &mut pieces {
        piece.label = label::number(&manifest.genres, genre);
    }
    let should_continue = || !stop.load(Ordering::Relaxed);
    Ok(Some(evaluate_while(&network, &pieces, should_continue)?.ok_or(TrainError::Abandoned)?))
}

/// Whether a version that held out what lies `below` has learned from none of the songs that `corpus`
/// holds out.
fn has_not_learned(below: Option<f64>, corpus: &Corpus) -> bool {
    !corpus.valid.is_empty() && below.is_some_and(|below| below >= corpus.held_out_below)
}

fn is_abandoned(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(TrainError::Abandoned))
}

/// A new version may be worse than the best by no more than the margin.
fn compare(valid_nll: f64, played: &[Measured], margin: f64) -> Decision {
    let measured = played.iter().filter(|played| played.nll.is_finite());
    let best = measured.min_by(|a, b| a.nll.total_cmp(&b.nll));
    let Some(Measured { version, nll }) = best else {
        return Decision { promoted: true, why: "nothing to compare it with".to_owned() };
    };
    let why = format!("{valid_nll:.3} against {nll:.3} of v{version} on the same songs");
    if valid_nll <= *nll {
        Decision { promoted: true, why }
    } else if valid_nll <= nll + margin {
        let why = format!("{why}, worse by no more than the margin of {margin}");
        Decision { promoted: true, why }
    } else {
        let why = format!("{why}, worse by more than the margin of {margin}");
        Decision { promoted: false, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use composer::corpus::Piece;
    use music::song::Song;

    use crate::chat::posting::tests::context;
    use crate::cycle::fixtures::{GENRE, keep, played, songs};
    use crate::cycle::plan::plan;
    use crate::cycle::training_request::TrainingRequest;

    #[test]
    fn the_best_version_ever_played_is_measured_however_many_came_after_it() {
        let (_folder, context) = context();
        for version in 1..=30 {
            played(&context, version, if version == 3 { 0.4 } else { 0.5 });
        }
        let measured = candidates(&context, GENRE, 30).expect("readable");
        assert_eq!((measured[0], measured[1], measured.len()), (30, 3, 1 + MAX_EARLIER));
    }

    #[test]
    fn what_is_worse_than_the_best_ever_played_is_not_promoted() {
        let (_folder, mut context) = context();
        let config = std::sync::Arc::make_mut(&mut context.config);
        (config.schedule.min_songs, config.schedule.promotion_margin) = (1, 0.0);
        songs(&context);
        keep(&context, 1, Some(1.0));
        keep(&context, 2, Some(1.0));
        let request = TrainingRequest::by_person(GENRE.to_owned(), true, None);
        let never = AtomicBool::new(false);
        let plan = plan(&context, &request, &never).expect("a plan");
        let nll = |version| nll_of(&context, GENRE, version, false, &plan, &never);
        let [first, second] =
            [1, 2].map(|version| nll(version).expect("loads").expect("a measure"));
        let (best, current) = if first < second { (1, 2) } else { (2, 1) };
        played(&context, best, 0.4);
        played(&context, current, 0.5);
        // Better than the version in force, but not than the best.
        let decision = decide(&context, GENRE, &plan, f64::midpoint(first, second), &never);
        let Decision { promoted, why } = decision.expect("measured");
        assert!(!promoted && why.contains(&format!(" of v{best} on the same songs")), "{why}");
    }

    #[test]
    fn a_version_in_force_that_cannot_be_played_gives_way_to_any() {
        let (_folder, mut context) = context();
        std::sync::Arc::make_mut(&mut context.config).schedule.min_songs = 1;
        songs(&context);
        for version in [1, 2] {
            keep(&context, version, Some(1.0));
            played(&context, version, 0.4);
        }
        let request = TrainingRequest::by_person(GENRE.to_owned(), true, None);
        let never = AtomicBool::new(false);
        let plan = plan(&context, &request, &never).expect("a plan");
        assert!(!decide(&context, GENRE, &plan, 99.0, &never).expect("measured").promoted);
        let weights = context.home.version(GENRE, 2).join("weights.safetensors");
        std::fs::write(weights, "damaged").expect("written");
        let Decision { promoted, why } =
            decide(&context, GENRE, &plan, 99.0, &never).expect("read");
        assert!(promoted && why.starts_with("v2 can't be read any more"), "{why}");
    }

    #[test]
    fn what_is_lost_does_not_add_up_over_cycles() {
        let mut played = vec![Measured { version: 1, nll: 0.5 }];
        let mut promoted = Vec::new();
        for version in 2..5 {
            let nll = 0.5 + 0.04 * f64::from(version - 1);
            let decision = compare(nll, &played, 0.05);
            promoted.push(decision.promoted);
            if decision.promoted {
                played.push(Measured { version, nll });
            } else {
                assert!(decision.why.contains("of v1 on the same songs"), "{}", decision.why);
            }
        }
        assert_eq!(promoted, [true, false, false]);
    }

    #[test]
    fn the_best_ever_played_counts_wherever_it_stands() {
        let played = [(3, 0.6), (1, 0.4), (2, 0.5)].map(|(version, nll)| Measured { version, nll });
        assert!(compare(0.44, &played, 0.05).promoted);
        assert!(!compare(0.46, &played, 0.05).promoted);
        assert!(compare(9.0, &[], 0.05).promoted);
        assert!(!compare(f64::NAN, &played, 0.05).promoted);
        for nll in [f64::NAN, -f64::NAN] {
            let broken = [Measured { version: 1, nll }, Measured { version: 2, nll: 0.5 }];
            assert!(
                compare(0.54, &broken, 0.05).promoted && !compare(0.56, &broken, 0.05).promoted
            );
        }
    }

    #[test]
    fn a_version_that_learned_from_what_is_held_out_now_is_no_measure() {
        let piece = |name: &str, may_validate| {
            let mut piece = Piece::new(name, name, &Song::new(150.0, 4, 1, []));
            piece.may_validate = may_validate;
            piece
        };
        let songs = |names: &[&str]| names.iter().map(|name| piece(name, true)).collect();
        let many = Corpus::split(songs(&["a", "b", "c", "d", "e", "f", "g", "h"]), 0.3);
        let below = many.held_out_below;
        assert!(!many.valid.is_empty() && has_not_learned(Some(below), &many));
        assert!(has_not_learned(Some(below + 0.1), &many));
        assert!(!has_not_learned(Some(below - 0.1), &many) && !has_not_learned(None, &many));
        let one = Corpus::split(vec![piece("track", false), piece("a", true)], 0.3);
        assert!(one.valid.is_empty() && !has_not_learned(Some(1.0), &one));
        let measured_on: Vec<&str> = one.held_out().iter().map(|piece| piece.id.as_str()).collect();
        assert_eq!(measured_on, ["a"]);
    }
}
