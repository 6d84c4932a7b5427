//! How does a genre go through one training cycle?
//!
//! Songs and ratings become a corpus with weights, the network learns, the result becomes a version,
//! and the version is promoted unless it is clearly worse. Runs on whatever thread it is called on;
//! it stops within a step when `stop` is set, and then nothing is left of it.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context;
use model::checkpoint::{self, CheckpointError, Manifest};
use model::corpus::Piece;
use model::network::Network;
use model::ngram::Ngram;
use model::train::{
    CONDITIONS, End, EpochLoss, Hyperparameters, Progress, TrainError, Trained, evaluate,
    evaluate_while, train,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::answer::{Line, NotNow, Out, Step};
use crate::material::{self, Material, condition};
use crate::store::{Cycle, Outcome, Promotion};
use crate::studio::{Studio, now_ms};

/// What is to be trained, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The genre.
    pub genre: String,
    /// Begin with new weights.
    pub fresh: bool,
    /// Epochs at most, instead of what is set.
    pub epochs: Option<usize>,
    /// Why, for the log and for people.
    pub why: String,
}

/// What came of a cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct Result {
    /// The version made.
    pub version: u32,
    /// Whether it is played from now on.
    pub promoted: bool,
}

struct Plan {
    material: Material,
    n_songs: u64,
    vote_change: u64,
    settings: Hyperparameters,
    /// The genres that the network knows.
    genres: Vec<String>,
    /// The version in force.
    current: Option<u32>,
    start: Option<Start>,
}

/// A version that training begins with.
struct Start {
    genre: String,
    version: u32,
    network: Network,
    genres: Vec<String>,
    n_train: usize,
}

/// Trains a genre once and tells of it in lines.
///
/// # Errors
/// [`NotNow`] when there are too few songs; [`TrainError::Abandoned`] when stopped; else what failed.
pub fn cycle(
    studio: &Studio,
    wanted: &Wanted,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<Result> {
    let genre = studio.known_genre(&wanted.genre)?;
    studio.store.check_space()?;
    let plan = plan(studio, wanted, stop)?;
    out(Line::Remark(plan.announcement(wanted)));
    let began = Instant::now();
    match learn(&plan, stop, out) {
        Ok((trained, n_tokens)) => {
            let speed = n_tokens as f64 / began.elapsed().as_secs_f64().max(1e-9);
            finish(studio, genre, &plan, trained, speed, stop, out)
        }
        Err(error) => {
            // One that was stopped is not recorded, or the news it was due for would be lost; one that
            // failed is, and tried again when there is more news.
            if !matches!(error, TrainError::Abandoned) {
                let outcome = Outcome::Failed { why: error.to_string() };
                let cycle = Cycle { outcome, ..plan.cycle(None, None) };
                studio.store.add_cycle(genre, cycle, Vec::new(), None)?;
            }
            Err(error.into())
        }
    }
}

/// Says how many songs are missing, if any are.
///
/// # Errors
/// [`NotNow`] with the sentence; or when the store cannot be read.
pub fn require_songs(studio: &Studio, genre: &str) -> anyhow::Result<()> {
    let (n, needed) = (studio.store.song_counts(genre)?.accepted, studio.config.schedule.min_songs);
    if n >= needed {
        return Ok(());
    }
    let folder = studio.home.inbox().join(genre);
    let hint = format!("drop more MIDI files into {}", folder.display());
    Err(NotNow(format!("{genre} has {n} of the {needed} songs it needs: {hint}")).into())
}

fn plan(studio: &Studio, wanted: &Wanted, stop: &AtomicBool) -> anyhow::Result<Plan> {
    let genre = wanted.genre.as_str();
    require_songs(studio, genre)?;
    let vote_change = studio.store.vote_change()?;
    let n_songs = studio.store.song_counts(genre)?.accepted;
    let mut settings = studio.config.training.clone();
    let start = start(studio, genre, wanted.fresh, &settings)?;
    let is_own = start.as_ref().is_some_and(|start| start.genre == genre);
    settings.epochs =
        wanted.epochs.unwrap_or(if is_own { settings.continue_epochs } else { settings.epochs });
    let current = studio.store.current_version(genre)?.map(|promotion| promotion.version);
    // Each cycle sees the songs in another order and other keys.
    settings.seed ^= u64::from(current.unwrap_or(0)) << 20;
    let known = start.as_ref().map_or(&[][..], |start| &start.genres);
    let genres = all_genres(known, studio.genres()?);
    if let Some(start) = &start {
        start.network.begin_conditions(known.len() as u32 + 1..genres.len() as u32 + 1)?;
    }
    let gathering =
        material::Wanted { genre, genres: &genres, has_past: start.is_some(), seed: settings.seed };
    let material = material::gather(studio, &gathering, stop)?;
    Ok(Plan { material, n_songs, vote_change, settings, genres, current, start })
}

/// The genres that a network knows, and after them those that are new, as far as there is room.
fn all_genres(known: &[String], now: Vec<String>) -> Vec<String> {
    let new = now.into_iter().filter(|genre| !known.contains(genre));
    known.iter().cloned().chain(new).take(CONDITIONS - 1).collect()
}

/// What training begins with: the version in force, or one of another genre, from which a new genre
/// takes what it knows of music. None if a fresh start is wanted or the network shall be of another size.
fn start(
    studio: &Studio,
    genre: &str,
    fresh: bool,
    settings: &Hyperparameters,
) -> anyhow::Result<Option<Start>> {
    if fresh {
        return Ok(None);
    }
    if let Some(own) = version_of(studio, genre)? {
        return Ok(Some(own).filter(|start| start.network.size() == settings.size()));
    }
    let mut best: Option<Start> = None;
    for other in studio.genres()?.iter().filter(|other| *other != genre) {
        // What is wrong with another genre's version is that genre's concern.
        let Ok(Some(start)) = version_of(studio, other) else { continue };
        let is_better = best.as_ref().is_none_or(|best| start.n_train > best.n_train);
        if start.network.size() == settings.size() && is_better {
            best = Some(start);
        }
    }
    Ok(best)
}

/// The version of a genre that is played; none after an upgrade that changed the tokens.
fn version_of(studio: &Studio, genre: &str) -> anyhow::Result<Option<Start>> {
    let Some(promotion) = studio.store.current_version(genre)? else { return Ok(None) };
    match checkpoint::load(&studio.home.version(genre, promotion.version)) {
        Ok((network, manifest)) => Ok(Some(Start {
            genre: genre.to_owned(),
            version: promotion.version,
            network,
            genres: manifest.genres,
            n_train: manifest.n_train,
        })),
        Err(CheckpointError::OtherTokens { .. }) => Ok(None),
        Err(error) => Err(error).context("loading the current version"),
    }
}

fn learn(
    plan: &Plan,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> std::result::Result<(Trained, u64), TrainError> {
    let start = plan.start.as_ref().map(|start| &start.network);
    let began = Instant::now();
    let (mut n_tokens, mut epoch_began, mut epoch_tokens) = (0u64, Instant::now(), 0u64);
    let trained =
        train(&plan.material.corpus, &plan.settings, plan.settings.size(), start, |progress| {
            match progress {
                Progress::Step { epoch, step, n_steps, n_tokens: n, nll } => {
                    n_tokens += n as u64;
                    epoch_tokens += n as u64;
                    let (step, n_steps) = (step as u64, n_steps as u64);
                    out(Line::Step(Step {
                        epoch,
                        n_epochs: plan.settings.epochs,
                        step,
                        n_steps,
                        nll,
                    }));
                }
                Progress::Checking => {}
                Progress::Epoch(loss) => {
                    let speed = epoch_tokens as f64 / epoch_began.elapsed().as_secs_f64().max(1e-9);
                    out(epoch_line(loss, plan.settings.epochs, speed));
                    (epoch_began, epoch_tokens) = (Instant::now(), 0);
                }
            }
            let minutes = began.elapsed().as_secs_f64() / 60.0;
            if stop.load(Ordering::Relaxed) {
                ControlFlow::Break(End::Abandon)
            } else if minutes > plan.settings.max_minutes {
                ControlFlow::Break(End::Finish)
            } else {
                ControlFlow::Continue(minutes / plan.settings.max_minutes)
            }
        })?;
    Ok((trained, n_tokens))
}

fn epoch_line(loss: EpochLoss, n_epochs: usize, tokens_per_second: f64) -> Line {
    let EpochLoss { epoch, train_nll, valid_nll } = loss;
    Line::row(
        json!({"event": "epoch", "epoch": epoch, "train_nll": train_nll, "valid_nll": valid_nll,
            "tokens_per_second": tokens_per_second.round()}),
        format!(
            "epoch {epoch:>3}/{n_epochs}  train {train_nll:.3}  valid {valid_nll:.3} nats a token  \
             {tokens_per_second:.0} tokens/s"
        ),
    )
}

impl Plan {
    fn announcement(&self, wanted: &Wanted) -> String {
        let corpus = &self.material.corpus;
        let n_own = corpus.train.len() - self.material.n_replayed;
        let mut text = format!(
            "training {} because {}: {n_own} songs to learn from, {} held out",
            wanted.genre,
            wanted.why,
            corpus.valid.len()
        );
        if self.material.n_replayed > 0 {
            text.push_str(&format!(", {} of other genres besides", self.material.n_replayed));
        }
        if let Some(start) = self.start.as_ref().filter(|start| start.genre != wanted.genre) {
            text.push_str(&format!(
                "; it begins with what {} v{} knows",
                start.genre, start.version
            ));
        }
        text
    }

    /// The version of the same genre that training begins with.
    fn parent(&self, genre: &str) -> Option<u32> {
        self.start.as_ref().filter(|start| start.genre == genre).map(|start| start.version)
    }

    fn cycle(&self, version: Option<u32>, valid_nll: Option<f64>) -> Cycle {
        Cycle {
            at_ms: now_ms(),
            version,
            n_songs: self.n_songs,
            vote_change: self.vote_change,
            valid_nll,
            outcome: Outcome::Promoted,
        }
    }

    fn held_out(&self) -> &[Piece] {
        let corpus = &self.material.corpus;
        if corpus.valid.is_empty() { &corpus.train } else { &corpus.valid }
    }
}

fn finish(
    studio: &Studio,
    genre: &str,
    plan: &Plan,
    trained: Trained,
    tokens_per_second: f64,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> anyhow::Result<Result> {
    let valid_nll = trained.best.valid_nll;
    let (promoted, why) = judge(studio, genre, plan, &trained, stop)?;
    let genre_dir = studio.home.models().join(genre);
    // The number of a deleted version is not given again: tracks are known by it.
    let kept = checkpoint::versions(&genre_dir)?;
    let noted = studio.store.cycles(genre)?.into_iter().filter_map(|(_, cycle)| cycle.version);
    let version = noted.chain(kept).max().map_or(1, |last| last + 1);
    let untrained =
        Network::new(plan.settings.size(), &mut ChaCha8Rng::seed_from_u64(plan.settings.seed))?;
    // An untrained network knows nothing of any song: a few are enough to measure that.
    let few = &plan.held_out()[..plan.held_out().len().min(8)];
    let manifest = Manifest {
        genre: genre.to_owned(),
        version,
        parent: plan.parent(genre),
        genres: plan.genres.clone(),
        created_ms: now_ms(),
        hyperparameters: plan.settings.clone(),
        n_train: plan.material.corpus.train.len(),
        n_replayed: plan.material.n_replayed,
        n_valid: plan.material.corpus.valid.len(),
        curve: trained.curve,
        valid_nll,
        untrained_nll: evaluate(&untrained, few)?,
        bigram_nll: Ngram::new(2, &plan.material.corpus.train).evaluate(plan.held_out()),
        usual: plan.material.usual.clone(),
        tokens_per_second,
        token_layout: 0,
        vocabulary: 0,
        weights_blake3: String::new(),
    };
    let (untrained_nll, bigram_nll) = (manifest.untrained_nll, manifest.bigram_nll);
    checkpoint::save(&genre_dir, &trained.network, &plan.material.melodies, manifest)?;
    let outcome = if promoted { Outcome::Promoted } else { Outcome::Kept { why: why.clone() } };
    let cycle = Cycle { outcome, ..plan.cycle(Some(version), Some(valid_nll)) };
    let promotion = promoted.then(|| Promotion { version, at_ms: now_ms(), why: why.clone() });
    studio.store.add_cycle(genre, cycle, plan.material.weights.clone(), promotion)?;
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
    Ok(Result { version, promoted })
}

/// Whether the trained network is played, and why (not).
fn judge(
    studio: &Studio,
    genre: &str,
    plan: &Plan,
    trained: &Trained,
    stop: &AtomicBool,
) -> anyhow::Result<(bool, String)> {
    let Some(version) = plan.current else {
        return Ok((true, "it is the first version".to_owned()));
    };
    let current_nll = if plan.parent(genre) == Some(version) {
        trained.start_nll
    } else {
        match checkpoint::load(&studio.home.version(genre, version)) {
            Ok((network, manifest)) => loss_of(&network, &manifest, genre, plan, stop)?,
            Err(error) => return Ok((true, format!("v{version} can't be read any more: {error}"))),
        }
    };
    let valid_nll = trained.best.valid_nll;
    let margin = studio.config.schedule.promotion_margin;
    let said = format!("{valid_nll:.3} against {current_nll:.3} of v{version} on the same songs");
    if valid_nll <= current_nll + margin {
        Ok((true, said))
    } else {
        Ok((false, format!("{said}, worse by more than the margin of {margin}")))
    }
}

/// The loss of another version on the held-out songs.
fn loss_of(
    network: &Network,
    manifest: &Manifest,
    genre: &str,
    plan: &Plan,
    stop: &AtomicBool,
) -> anyhow::Result<f64> {
    let mut pieces = plan.held_out().to_vec();
    for piece in &mut pieces {
        piece.condition = condition(&manifest.genres, genre);
    }
    let goes_on = || !stop.load(Ordering::Relaxed);
    Ok(evaluate_while(network, &pieces, goes_on)?.ok_or(TrainError::Abandoned)?)
}
