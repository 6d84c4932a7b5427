//! How does a genre go through one training cycle?
//!
//! Songs and ratings become a corpus with weights, the network learns, the result becomes a version,
//! and the version is promoted unless it is clearly worse. Runs on whatever thread it is called on;
//! it stops within a step when `stop` is set, and goes on there when it is called again.

use std::sync::atomic::AtomicBool;

use composer::lessons::evaluate;
use composer::ngram::Ngram;
use composer::version::{self, Manifest};
use network::Network;
use network::train::{Hardware, TrainError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::judge::judge;
use super::keep;
use super::learn::{Learned, learn};
use super::plan::{Plan, plan};
use super::request::TrainingRequest;
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, Out};
use crate::store::{Cycle, Outcome, Promotion};

/// What came of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVersion {
    /// The version made.
    pub version: u32,
    /// Whether it is played from now on.
    pub promoted: bool,
}

/// Trains a genre once and tells of it in lines.
///
/// # Errors
/// [`NotNow`] when there are too few songs; [`TrainError::Abandoned`] when stopped; else what failed.
pub fn cycle(
    context: &Context,
    wanted: &TrainingRequest,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<NewVersion> {
    let genre = context.known_genre(&wanted.genre)?;
    context.store.check_space()?;
    let (wanted, unfinished) = keep::find(context, wanted, out);
    let wanted = &wanted;
    let mut plan = plan(context, wanted, stop)?;
    let unfinished = keep::matching(context, wanted, unfinished, &plan.identity, out);
    plan.choose_size(context, unfinished.as_ref())?;
    out(Line::Remark(plan.announcement(wanted, unfinished.as_ref())));
    if let Some(remark) = Hardware::find(plan.settings.device).ok().and_then(|own| own.remark()) {
        out(Line::Remark(remark));
    }
    match learn(context, wanted, &plan, unfinished, stop, out) {
        Ok(learned) => finish(context, genre, &plan, learned, stop, out),
        Err(error) => {
            // One that was stopped is not recorded, or the news it was due for would be lost; one that
            // failed is, and tried again when there is more news.
            if !matches!(error, TrainError::Abandoned) {
                let outcome = Outcome::Failed { why: error.to_string() };
                let cycle = Cycle { outcome, ..plan.cycle(None, None) };
                context.store.add_cycle(genre, cycle, Vec::new(), None)?;
            }
            // What failed for lack of memory or a GPU may go on when that is back.
            if matches!(error, TrainError::Diverged { .. } | TrainError::NothingToLearn) {
                keep::forget(context, genre);
            }
            Err(error.into())
        }
    }
}

fn finish(
    context: &Context,
    genre: &str,
    plan: &Plan,
    learned: Learned,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<NewVersion> {
    let Learned { trained, tokens_per_second } = learned;
    let valid_nll = trained.best.valid_nll;
    let (promoted, why) = judge(context, genre, plan, &trained, stop)?;
    let genre_dir = context.home.models().join(genre);
    // The number of a deleted version is not given again: tracks are known by it.
    let kept = version::versions(&genre_dir)?;
    let noted = context.store.cycles(genre)?.into_iter().filter_map(|(_, cycle)| cycle.version);
    let version = noted.chain(kept).max().map_or(1, |last| last + 1);
    let untrained = Network::new(
        plan.settings.size(composer::INTERFACE),
        &mut ChaCha8Rng::seed_from_u64(plan.settings.seed),
    )?;
    // An untrained network knows nothing of any song: a few are enough to measure that.
    let few = &plan.held_out()[..plan.held_out().len().min(8)];
    let manifest = Manifest {
        genre: genre.to_owned(),
        version,
        parent: plan.parent(genre),
        genres: plan.names.clone(),
        created_ms: now_ms(),
        hyperparameters: plan.settings.clone(),
        n_train: plan.material.corpus.train.len(),
        n_replayed: plan.material.n_replayed,
        n_valid: plan.material.corpus.valid.len(),
        curve: trained.curve,
        valid_nll,
        untrained_nll: evaluate(&untrained, few)?,
        bigram_nll: Ngram::new(2, &plan.material.corpus.train).evaluate(plan.held_out()),
        statistics: Some(plan.material.statistics.clone()),
        tokens_per_second,
        token_layout: 0,
        vocabulary: 0,
        weights_blake3: String::new(),
    };
    let (untrained_nll, bigram_nll) = (manifest.untrained_nll, manifest.bigram_nll);
    version::save(&genre_dir, &trained.network, &plan.material.melodies, manifest)?;
    let outcome = if promoted { Outcome::Promoted } else { Outcome::Kept { why: why.clone() } };
    let cycle = Cycle { outcome, ..plan.cycle(Some(version), Some(valid_nll)) };
    let promotion = promoted.then(|| Promotion { version, at_ms: now_ms(), why: why.clone() });
    context.store.add_cycle(genre, cycle, plan.material.weights.clone(), promotion)?;
    keep::forget(context, genre);
    let fate = if promoted { "is played from now on" } else { "is kept but not played" };
    out(Line::row(
        json!({"event": "trained", "genre": genre, "version": version, "promoted": promoted,
            "valid_nll": valid_nll, "untrained_nll": untrained_nll, "bigram_nll": bigram_nll,
            "why": why, "tokens_per_second": tokens_per_second.round()}),
        format!(
            "{genre} v{version} {fate}: {why}\n  nats a token on held-out songs: \
             {valid_nll:.3}, bigram {bigram_nll:.3}, untrained {untrained_nll:.3}"
        ),
    ));
    Ok(NewVersion { version, promoted })
}
