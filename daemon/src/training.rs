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
use model::copying::Melodies;
use model::corpus::{Corpus, Piece, group_of};
use model::network::Network;
use model::ngram::Ngram;
use model::taste::{self, Features, Usual, features};
use model::train::{
    End, EpochLoss, Hyperparameters, Progress, TrainError, Trained, evaluate, evaluate_while, train,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::answer::{Line, NotNow, Out, Step};
use crate::rating;
use crate::store::{Cycle, Outcome, Promotion, SongId, SongStatus, Weighted};
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
    corpus: Corpus,
    weights: Vec<(Weighted, f32)>,
    usual: Usual,
    melodies: Melodies,
    n_songs: u64,
    vote_change: u64,
    settings: Hyperparameters,
    current: Option<(u32, Network)>,
    warm: bool,
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
    let (n_train, n_valid) = (plan.corpus.train.len(), plan.corpus.valid.len());
    out(Line::Remark(format!(
        "training {genre} because {}: {n_train} songs to learn from, {n_valid} held out",
        wanted.why
    )));
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
    let (songs, mut melodies) = songs(studio, genre, stop)?;
    let rated = rating::rated(studio, genre)?;
    let usual = Usual::of(&songs.iter().map(|(.., features)| *features).collect::<Vec<Features>>());
    let taste = rating::taste(&usual, &rated);
    let gain = studio.config.taste.gain;
    let n_songs = studio.store.song_counts(genre)?.accepted;
    let mut pieces = Vec::new();
    let mut ids = Vec::new();
    for (id, mut piece, features) in songs {
        piece.weight = taste::weight(taste.reward(&features), gain) as f32;
        ids.push((piece.id.clone(), Weighted::Song(id)));
        pieces.push(piece);
    }
    for track in &rated {
        melodies.add(format!("track {}", track.id), &track.song);
        let mut piece =
            Piece::new(format!("track {}", track.id), format!("track {}", track.id), &track.song);
        piece.weight = taste::track_weight(track.score, gain) as f32;
        piece.may_validate = false;
        ids.push((piece.id.clone(), Weighted::Track(track.id)));
        pieces.push(piece);
    }
    let corpus = Corpus::split(pieces, studio.config.training.valid_share);
    let weight_of = |id: &str| {
        let used = corpus.train.iter().chain(&corpus.valid).find(|piece| piece.id == id);
        used.map_or(0.0, |piece| piece.weight)
    };
    let weights = ids.into_iter().map(|(id, weighted)| (weighted, weight_of(&id))).collect();
    let mut settings = studio.config.training.clone();
    let current = current(studio, genre, wanted.fresh)?;
    let warm = !wanted.fresh && current.as_ref().is_some_and(|(_, n)| n.size() == settings.size());
    settings.epochs =
        wanted.epochs.unwrap_or(if warm { settings.continue_epochs } else { settings.epochs });
    // Each cycle sees the songs in another order and other keys.
    settings.seed ^= u64::from(current.as_ref().map_or(0, |(version, _)| *version)) << 20;
    Ok(Plan { corpus, weights, usual, melodies, n_songs, vote_change, settings, current, warm })
}

/// The version in force and its network. One that cannot be loaded is an error unless a fresh start
/// is wanted.
fn current(studio: &Studio, genre: &str, fresh: bool) -> anyhow::Result<Option<(u32, Network)>> {
    let Some(promotion) = studio.store.current_version(genre)? else { return Ok(None) };
    match checkpoint::load(&studio.home.version(genre, promotion.version)) {
        Ok((network, _)) => Ok(Some((promotion.version, network))),
        // After an upgrade that changed the tokens, the genre simply starts anew.
        Err(CheckpointError::OtherTokens { .. }) => Ok(None),
        Err(_) if fresh => Ok(None),
        Err(error) => Err(error).context("loading the current version"),
    }
}

/// A song, its piece of weight 1 and its features.
type Known = (SongId, Piece, Features);

/// The accepted songs of a genre and their melodies.
fn songs(
    studio: &Studio,
    genre: &str,
    stop: &AtomicBool,
) -> anyhow::Result<(Vec<Known>, Melodies)> {
    let (mut songs, mut melodies) = (Vec::new(), Melodies::default());
    for (id, song) in studio.store.songs_of(genre)? {
        if stop.load(Ordering::Relaxed) {
            return Err(TrainError::Abandoned.into());
        }
        if song.status != SongStatus::Accepted {
            continue;
        }
        let path = studio.home.songs().join(format!("{id}.mid"));
        let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()));
        let music = bytes.map(|bytes| watch::intake::examine(&bytes, &studio.config.intake).song);
        match music {
            Ok(Some(music)) => {
                let piece = Piece::new(id.to_string(), group_of(&song.file_name), &music);
                songs.push((id, piece, features(&music)));
                melodies.add(id.to_string(), &music);
            }
            Ok(None) => {
                tracing::warn!(%id, name = song.file_name, "a song has no voice any more, left out");
            }
            Err(error) => tracing::warn!(%id, error = format!("{error:#}"), "a song is left out"),
        }
    }
    if songs.is_empty() {
        anyhow::bail!("none of the songs of {genre} can be read; run `kickback doctor`");
    }
    Ok((songs, melodies))
}

fn learn(
    plan: &Plan,
    stop: &AtomicBool,
    out: &mut Out<'_>,
) -> std::result::Result<(Trained, u64), TrainError> {
    let start = plan.current.as_ref().filter(|_| plan.warm).map(|(_, network)| network);
    let began = Instant::now();
    let (mut n_tokens, mut epoch_began, mut epoch_tokens) = (0u64, Instant::now(), 0u64);
    let mut n_epochs_done = 0;
    let trained = train(&plan.corpus, &plan.settings, start, |progress| {
        match progress {
            Progress::Step { epoch, step, n_steps, n_tokens: n, nll } => {
                n_tokens += n as u64;
                epoch_tokens += n as u64;
                let (step, n_steps) = (step as u64, n_steps as u64);
                out(Line::Step(Step { epoch, n_epochs: plan.settings.epochs, step, n_steps, nll }));
            }
            Progress::Checking => {}
            Progress::Epoch(loss) => {
                let speed = epoch_tokens as f64 / epoch_began.elapsed().as_secs_f64().max(1e-9);
                out(epoch_line(loss, plan.settings.epochs, speed));
                (epoch_began, epoch_tokens) = (Instant::now(), 0);
                n_epochs_done += 1;
            }
        }
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(End::Abandon)
        } else if n_epochs_done > 0 && minutes > plan.settings.max_minutes {
            ControlFlow::Break(End::Finish)
        } else {
            ControlFlow::Continue(())
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
        if self.corpus.valid.is_empty() { &self.corpus.train } else { &self.corpus.valid }
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
    let (promoted, why) = judge(studio, plan, &trained, stop)?;
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
        parent: plan.current.as_ref().filter(|_| plan.warm).map(|(version, _)| *version),
        created_ms: now_ms(),
        hyperparameters: plan.settings.clone(),
        n_train: plan.corpus.train.len(),
        n_valid: plan.corpus.valid.len(),
        curve: trained.curve,
        valid_nll,
        untrained_nll: evaluate(&untrained, few)?,
        bigram_nll: Ngram::new(2, &plan.corpus.train).evaluate(plan.held_out()),
        usual: plan.usual.clone(),
        tokens_per_second,
        token_layout: 0,
        vocabulary: 0,
        weights_blake3: String::new(),
    };
    let (untrained_nll, bigram_nll) = (manifest.untrained_nll, manifest.bigram_nll);
    checkpoint::save(&genre_dir, &trained.network, &plan.melodies, manifest)?;
    let outcome = if promoted { Outcome::Promoted } else { Outcome::Kept { why: why.clone() } };
    let cycle = Cycle { outcome, ..plan.cycle(Some(version), Some(valid_nll)) };
    let promotion = promoted.then(|| Promotion { version, at_ms: now_ms(), why: why.clone() });
    studio.store.add_cycle(genre, cycle, plan.weights.clone(), promotion)?;
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
    plan: &Plan,
    trained: &Trained,
    stop: &AtomicBool,
) -> anyhow::Result<(bool, String)> {
    let Some((version, network)) = &plan.current else {
        return Ok((true, "it is the first version".to_owned()));
    };
    let current_nll = if plan.warm {
        trained.start_nll
    } else {
        let goes_on = || !stop.load(Ordering::Relaxed);
        evaluate_while(network, plan.held_out(), goes_on)?.ok_or(TrainError::Abandoned)?
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
