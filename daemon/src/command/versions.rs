//! `versions`, `rollback`, `discard` and `score`: which model is played, and what is it worth?

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use composer::corpus::Piece;
use composer::lessons::evaluate;
use composer::version::{self, Manifest};
use network::train::Hyperparameters;
use serde_json::json;

use crate::cli::args::Versions;
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, Misused, NotNow, Out, shown};
use crate::cycle::label;
use crate::cycle::standing;
use crate::store::{Outcome, Promotion};
use crate::track::publish;
use crate::track::track_file;

pub(super) fn versions(
    context: &Context,
    wanted: &Versions,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let genre = context.known_genre(&wanted.genre)?;
    let only = match &wanted.version {
        Some(version) => Some(kept(context, genre, version)?.1),
        None => None,
    };
    let current = context.store.current_version(genre)?;
    let cycles = context.store.cycles(genre)?;
    let mut versions = version::versions(&context.home.models().join(genre))?;
    if versions.is_empty() {
        publish::version(context, genre)?;
    }
    let drawn = only.or(current.as_ref().map(|current| current.version));
    if let Some(file) = &wanted.plot {
        plot(context, genre, drawn.context("no version is played")?, file)?;
    }
    versions.retain(|version| only.is_none_or(|only| *version == only));
    for version in versions {
        let plot = wanted.plot.as_deref().filter(|_| drawn == Some(version)).map(shown);
        let is_current = current.as_ref().is_some_and(|c| c.version == version);
        let outcome = cycles.iter().find(|(_, cycle)| cycle.version == Some(version));
        let outcome = outcome.map(|(_, cycle)| &cycle.outcome);
        let mark = if is_current { "▶" } else { " " };
        match version::manifest(&context.home.version(genre, version)) {
            Ok(m) => out(Line::row(
                json!({"genre": genre, "version": version, "current": is_current,
                    "valid_nll": m.valid_nll, "bigram_nll": m.bigram_nll, "untrained_nll": m.untrained_nll,
                    "epochs": m.curve.len(), "curve": m.curve, "songs": m.n_train,
                    "replayed": m.n_replayed, "held_out": m.n_valid, "parent": m.parent,
                    "layers": m.hyperparameters.layers, "hidden": m.hyperparameters.hidden,
                    "embedding": m.hyperparameters.embedding,
                    "sequence_length": m.hyperparameters.sequence_length,
                    "batch": m.hyperparameters.batch, "created_ms": m.created_ms,
                    "outcome": outcome, "tokens_per_second": m.tokens_per_second.round(),
                    "plot": &plot}),
                format!(
                    "{mark} v{version}  {}{}",
                    in_short(&m, outcome),
                    plot.map_or(String::new(), |path| format!("\n      {path}"))
                ),
            )),
            Err(error) => out(Line::row(
                json!({"genre": genre, "version": version, "current": is_current, "error": error.to_string()}),
                format!("{mark} v{version}  {error}"),
            )),
        }
    }
    Ok(())
}

/// A version for people, in two lines or three.
fn in_short(m: &Manifest, outcome: Option<&Outcome>) -> String {
    let Hyperparameters { layers, hidden, .. } = m.hyperparameters;
    let mut text = format!(
        "{:.3} nats a token (bigram {:.3}, untrained {:.3}), {} songs, {layers}×{hidden} units",
        m.valid_nll, m.bigram_nll, m.untrained_nll, m.n_train
    );
    let best = m.curve.iter().min_by(|a, b| a.valid_nll.total_cmp(&b.valid_nll));
    if let (Some(first), Some(best), Some(last)) = (m.curve.first(), best, m.curve.last()) {
        text.push_str(&format!(
            "\n      by epochs: {:.3} in the first, {:.3} in the {}. (the best), {:.3} in the {}. (the last)",
            first.valid_nll, best.valid_nll, best.epoch, last.valid_nll, last.epoch
        ));
    }
    if let Some(Outcome::Kept { why }) = outcome {
        text.push_str(&format!("\n      was not taken: {why}"));
    }
    text
}

/// Writes the picture of how a version learned.
fn plot(context: &Context, genre: &str, version: u32, file: &Path) -> anyhow::Result<()> {
    // A song named by mistake would be overwritten.
    if file.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("png")) {
        let file = file.display();
        return Err(Misused(format!("{file} is no name for a picture: let it end in .png")).into());
    }
    let manifest = version::manifest(&context.home.version(genre, version))?;
    track_file::write(file, &standing::curve(context, &manifest)?)
}

pub(super) fn rollback(
    context: &Context,
    genre: &str,
    version: &str,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let (genre, number) = kept(context, genre, version)?;
    version::load(&context.home.version(genre, number))?;
    let why = "a person asked for it".to_owned();
    context.store.promote(genre, Promotion { version: number, at_ms: now_ms(), why })?;
    out(Line::row(
        json!({"genre": genre, "version": number}),
        format!("{genre} v{number} is played from now on"),
    ));
    Ok(())
}

pub(super) fn discard(
    context: &Context,
    genre: &str,
    version: &str,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let (genre, number) = kept(context, genre, version)?;
    if context.store.current_version(genre)?.is_some_and(|current| current.version == number) {
        let hint = format!("play another one first: kickback rollback {genre} VERSION");
        return Err(NotNow(format!("{genre} v{number} is the one that is played; {hint}")).into());
    }
    version::remove(&context.home.version(genre, number))?;
    out(Line::row(
        json!({"genre": genre, "version": number, "deleted": true}),
        format!("{genre} v{number} is deleted; its tracks and its place in the history stay"),
    ));
    Ok(())
}

/// A genre that is known and the number of a version of it that is kept.
fn kept<'a>(context: &Context, genre: &'a str, version: &str) -> anyhow::Result<(&'a str, u32)> {
    let genre = context.known_genre(genre)?;
    let number = version.strip_prefix('v').unwrap_or(version).parse::<u32>();
    let number = number.map_err(|_| Misused(format!("{version:?} is no version: give 3 or v3")))?;
    let kept = version::versions(&context.home.models().join(genre))?;
    if kept.contains(&number) {
        return Ok((genre, number));
    }
    let kept: Vec<String> = kept.iter().map(|version| format!("v{version}")).collect();
    let hint = if kept.is_empty() {
        "none is kept".to_owned()
    } else {
        format!("kept are {}", kept.join(", "))
    };
    Err(NotNow(format!("{genre} has no v{number}: {hint}")).into())
}

pub(super) fn score(
    context: &Context,
    genre: &str,
    files: &[PathBuf],
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let genre = context.known_genre(genre)?;
    let version = publish::version(context, genre)?;
    let (network, manifest) = version::load(&context.home.version(genre, version))?;
    let condition = label::number(&manifest.genres, genre);
    for file in files {
        let (nll, n_notes) = score_one(context, &network, condition, file)?;
        out(Line::row(
            json!({"file": shown(file), "genre": genre, "version": version, "nll_per_note": nll, "notes": n_notes}),
            format!(
                "{nll:.3} nats a note over {n_notes} notes under {genre} v{version}: {}",
                file.display()
            ),
        ));
    }
    Ok(())
}

fn score_one(
    context: &Context,
    network: &network::Network,
    condition: u32,
    file: &Path,
) -> anyhow::Result<(f64, usize)> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let examined = watch::intake::examine(&bytes, &context.config.intake);
    let Some(song) = examined.song.filter(|song| !song.notes().is_empty()) else {
        anyhow::bail!("{} has no notes to score; `kickback judge` says why", file.display());
    };
    let n_notes = song.notes().len();
    let mut piece = Piece::new("file", "file", &song);
    piece.condition = condition;
    let n_tokens = piece.tokens().len() - 1;
    Ok((evaluate(network, &[piece])? * n_tokens as f64 / n_notes as f64, n_notes))
}
