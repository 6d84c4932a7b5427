//! How does a genre go through one training cycle?
//!
//! Songs and ratings become a corpus with weights, the network learns, the result becomes a version,
//! and the version is promoted unless it is clearly worse. Runs on whatever thread it is called on;
//! it stops within a step when `stop` is set, and resumes there when it is called again.

use std::fmt;
use std::sync::atomic::AtomicBool;

use composer::lessons::evaluate;
use composer::ngram::Ngram;
use composer::version::{self, Manifest, WeightsId};
use network::Network;
use network::train::{Hardware, TrainError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::gate::{Decision, decide};
use super::learn::{Run, learn};
use super::plan::{Plan, plan};
use super::resume;
use super::training_request::TrainingRequest;
use crate::context::{Context, now_ms};
use crate::control::line::{Line, Out};
use crate::store::{Outcome, Promotion};
use crate::votes::gain::Gain;
use crate::votes::like_rates::arm_ballots;

/// What came of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewVersion {
    /// The version made.
    pub(crate) version: u32,
    /// Whether it is played from now on.
    pub(crate) promoted: bool,
}

/// Trains a genre once and tells of it in lines.
///
/// # Errors
/// [`NotNow`] when there are too few songs; [`TrainError::Abandoned`] when stopped; else what failed.
pub(crate) fn cycle(
    context: &Context,
    request: &TrainingRequest,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<NewVersion> {
    let genre = context.known_genre(&request.genre)?;
    context.store.check_space()?;
    let (request, unfinished) = resume::find(context, request, out);
    let request = &request;
    let mut plan = plan(context, request, stop)?;
    let unfinished = resume::matching(context, request, unfinished, &plan.identity, out);
    plan.choose_size(context, unfinished.as_ref())?;
    out(Line::Remark(plan.announcement(request, unfinished.as_ref())));
    if let Some(remark) =
        Hardware::find(plan.settings.hyperparameters.device).ok().and_then(|own| own.remark())
    {
        out(Line::Remark(remark));
    }
    match learn(context, request, &plan, unfinished, stop, out) {
        Ok(run) => finish(context, genre, &plan, run, stop, out),
        Err(error) => {
            // One that was stopped is not recorded, or the news it was due for would be lost; one that
            // failed is, and tried again when there is more news.
            if !matches!(error, TrainError::Abandoned) {
                let outcome = Outcome::Failed { why: error.to_string() };
                let cycle = plan.cycle(None, None, outcome);
                context.store.add_cycle(genre, cycle, Vec::new(), None)?;
            }
            // What failed for lack of memory or a GPU can be resumed when that is back.
            if matches!(error, TrainError::Diverged { .. } | TrainError::NothingToLearn) {
                resume::forget(context, genre);
            }
            Err(error.into())
        }
    }
}

/// Makes a version of what was learned and records the cycle.
fn finish(
    context: &Context,
    genre: &str,
    plan: &Plan,
    run: Run,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<NewVersion> {
    let Run { trained, tokens_per_second } = run;
    let valid_nll = trained.best.valid_nll;
    let Decision { promoted, why } = decide(context, genre, plan, valid_nll, stop)?;
    let version = next_version(context, genre)?;
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
        held_out_below: plan.held_out_below(),
        curve: trained.curve,
        valid_nll,
        untrained_nll: untrained_nll(plan)?,
        bigram_nll: Ngram::new(2, &plan.material.corpus.train).evaluate(plan.held_out()),
        statistics: Some(plan.material.statistics.clone()),
        tokens_per_second,
        weights: WeightsId::of(&trained.network)?,
    };
    let gain = Gain::of(&arm_ballots(context, genre)?);
    let row = Row { gain, ..Row::new(&manifest, promoted, why.clone()) };
    let genre_dir = context.home.models().join(genre);
    version::save(&genre_dir, &trained.network, &plan.material.melodies, &manifest)?;
    let outcome = if promoted { Outcome::Promoted } else { Outcome::Kept { why: why.clone() } };
    let cycle = plan.cycle(Some(version), Some(valid_nll), outcome);
    let promotion = promoted.then(|| Promotion { version, at_ms: now_ms(), why });
    context.store.add_cycle(genre, cycle, plan.material.weights.clone(), promotion)?;
    resume::forget(context, genre);
    out(Line::row(&row));
    Ok(NewVersion { version, promoted })
}

/// The number of a deleted version is not given again: tracks are known by it.
fn next_version(context: &Context, genre: &str) -> anyhow::Result<u32> {
    let kept = version::versions(&context.home.models().join(genre))?;
    let noted = context.store.cycles(genre)?.into_iter().filter_map(|(_, cycle)| cycle.version);
    Ok(noted.chain(kept).max().map_or(1, |last| last + 1))
}

/// The loss of a network with random weights, for comparison.
fn untrained_nll(plan: &Plan) -> anyhow::Result<f64> {
    let settings = &plan.settings.hyperparameters;
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let untrained = Network::new(settings.size(composer::INTERFACE), &mut rng);
    // It knows nothing of any song: a few are enough to measure that.
    let few = &plan.held_out()[..plan.held_out().len().min(8)];
    Ok(evaluate(&untrained, few)?)
}

/// What a training made.
#[derive(Debug, Serialize)]
struct Row {
    event: &'static str,
    genre: String,
    version: u32,
    promoted: bool,
    /// Nats a token on the held-out songs, as the two below.
    valid_nll: f64,
    untrained_nll: f64,
    bigram_nll: f64,
    why: String,
    tokens_per_second: f64,
    /// What votes have gained so far, by the tracks of earlier versions that take part in the comparison.
    #[serde(flatten)]
    gain: Gain,
}

impl Row {
    fn new(manifest: &Manifest, promoted: bool, why: String) -> Self {
        Self {
            event: "trained",
            genre: manifest.genre.clone(),
            version: manifest.version,
            promoted,
            valid_nll: manifest.valid_nll,
            untrained_nll: manifest.untrained_nll,
            bigram_nll: manifest.bigram_nll,
            why,
            tokens_per_second: manifest.tokens_per_second.round(),
            gain: Gain::default(),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { genre, version, why, valid_nll, bigram_nll, untrained_nll, .. } = self;
        let fate = if self.promoted { "is played from now on" } else { "is kept but not played" };
        write!(
            f,
            "{genre} v{version} {fate}: {why}\n  nats a token on held-out songs: {valid_nll:.3}, \
             bigram {bigram_nll:.3}, untrained {untrained_nll:.3}"
        )?;
        self.gain.lines().iter().try_for_each(|line| write!(f, "\n  so far, {line}"))
    }
}
