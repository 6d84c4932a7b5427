//! `versions`: how did each version of a model learn, and what is it worth?

use std::fmt;

use anyhow::Context as _;
use clap::Args;
use composer::version::{self, Manifest};
use network::train::{EpochLoss, Hyperparameters};
use serde::{Deserialize, Serialize};

use super::kept_version::VersionNumber;
use super::plot;
use crate::context::Context;
use crate::control::line::{Line, Out, shown};
use crate::cycle::model_report;
use crate::store::Outcome;
use crate::track::make;
use crate::votes::gain::Gain;
use crate::votes::like_rates::arm_ballots;
use bot::wish::AbsolutePath;

/// Which versions to list.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Versions {
    /// The genre
    pub(crate) genre: String,
    /// Only this version: 3 or v3
    pub(crate) version: Option<VersionNumber>,
    /// Draw how that version learned, or the one that is played if none is named
    #[arg(long, value_name = "FILE.png")]
    pub(crate) plot: Option<AbsolutePath>,
}

/// A version.
#[derive(Debug, Serialize)]
struct Row<'a> {
    genre: &'a str,
    version: u32,
    /// Whether it is the one that is played.
    current: bool,
    valid_nll: f64,
    bigram_nll: f64,
    untrained_nll: f64,
    epochs: usize,
    curve: &'a [EpochLoss],
    songs: usize,
    replayed: usize,
    held_out: usize,
    parent: Option<u32>,
    layers: usize,
    hidden: usize,
    embedding: usize,
    sequence_length: usize,
    batch: usize,
    created_ms: u64,
    outcome: Option<&'a Outcome>,
    tokens_per_second: f64,
    /// What votes gain, by its tracks that take part in the comparison.
    #[serde(flatten)]
    gain: Gain,
    /// The picture that was drawn of it.
    plot: Option<String>,
}

/// A version that cannot be read.
#[derive(Debug, Serialize)]
struct DamagedRow<'a> {
    genre: &'a str,
    version: u32,
    current: bool,
    error: String,
}

impl Versions {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let genre = context.known_genre(&self.genre)?;
        let only = self.version.map(|version| version.kept(context, genre)).transpose()?;
        let current = context.store.current_version(genre)?.map(|current| current.version);
        let cycles = context.store.cycles(genre)?;
        let ballots = arm_ballots(context, genre)?;
        let mut versions = version::versions(&context.home.models().join(genre))?;
        if versions.is_empty() {
            make::version(context, genre)?;
        }
        let drawn = only.or(current);
        if let Some(file) = &self.plot {
            let drawn = drawn.context("no version is played")?;
            plot::write(file, || draw(context, genre, drawn))?;
        }
        versions.retain(|version| only.is_none_or(|only| *version == only));
        for version in versions {
            let is_current = current == Some(version);
            let cycle = cycles.iter().find(|(_, cycle)| cycle.version == Some(version));
            let outcome = cycle.map(|(_, cycle)| &cycle.outcome);
            let plot = self.plot.as_deref().filter(|_| drawn == Some(version)).map(shown);
            let of_version = ballots.iter().filter(|ballot| ballot.version == version);
            let gain = Gain::of(of_version);
            out(match version::manifest(&context.home.version(genre, version)) {
                Ok(manifest) => {
                    Line::row(&Row { gain, plot, ..Row::new(&manifest, is_current, outcome) })
                }
                Err(error) => {
                    let error = error.to_string();
                    Line::row(&DamagedRow { genre, version, current: is_current, error })
                }
            });
        }
        Ok(())
    }
}

/// The picture of how a version learned.
fn draw(context: &Context, genre: &str, version: u32) -> anyhow::Result<Vec<u8>> {
    let manifest = version::manifest(&context.home.version(genre, version))?;
    model_report::curve(context, &manifest)
}

impl<'a> Row<'a> {
    fn new(manifest: &'a Manifest, current: bool, outcome: Option<&'a Outcome>) -> Self {
        let Hyperparameters { layers, hidden, embedding, sequence_length, batch, .. } =
            manifest.hyperparameters.hyperparameters;
        Self {
            genre: &manifest.genre,
            version: manifest.version,
            current,
            valid_nll: manifest.valid_nll,
            bigram_nll: manifest.bigram_nll,
            untrained_nll: manifest.untrained_nll,
            epochs: manifest.curve.len(),
            curve: &manifest.curve,
            songs: manifest.n_train,
            replayed: manifest.n_replayed,
            held_out: manifest.n_valid,
            parent: manifest.parent,
            layers,
            hidden,
            embedding,
            sequence_length,
            batch,
            created_ms: manifest.created_ms,
            outcome,
            tokens_per_second: manifest.tokens_per_second.round(),
            gain: Gain::default(),
            plot: None,
        }
    }
}

fn mark(is_current: bool) -> &'static str {
    if is_current { "▶" } else { " " }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, valid_nll, bigram_nll, untrained_nll, songs, .. } = self;
        let (mark, layers, hidden) = (mark(self.current), self.layers, self.hidden);
        write!(
            f,
            "{mark} v{version}  {valid_nll:.3} nats a token (bigram {bigram_nll:.3}, untrained \
             {untrained_nll:.3}), {songs} songs, {layers}×{hidden} units"
        )?;
        let best = self.curve.iter().min_by(|a, b| a.valid_nll.total_cmp(&b.valid_nll));
        if let (Some(first), Some(best), Some(last)) = (self.curve.first(), best, self.curve.last())
        {
            write!(
                f,
                "\n      epochs: {:.3} after the first, {:.3} after epoch {} (the best), {:.3} after \
                 epoch {} (the last)",
                first.valid_nll, best.valid_nll, best.epoch, last.valid_nll, last.epoch
            )?;
        }
        if let Some(Outcome::Kept { why }) = self.outcome {
            write!(f, "\n      was not promoted: {why}")?;
        }
        self.gain.lines().iter().try_for_each(|line| write!(f, "\n      {line}"))?;
        self.plot.as_ref().map_or(Ok(()), |path| write!(f, "\n      {path}"))
    }
}

impl fmt::Display for DamagedRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}  {}", mark(self.current), self.version, self.error)
    }
}
