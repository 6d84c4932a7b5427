//! `score`: how well does the current version predict files?

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use composer::corpus::Piece;
use composer::lessons::evaluate;
use composer::version;
use network::Network;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::failure::with_causes;
use crate::control::line::{Line, Out, shown};
use crate::cycle::label;
use crate::track::make;
use bot::wish::AbsolutePath;

/// Which files to score.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Score {
    /// The genre
    pub(crate) genre: String,
    /// MIDI files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<AbsolutePath>,
}

/// How well a version predicts a file.
#[derive(Debug, Serialize)]
struct Row<'a> {
    file: String,
    genre: &'a str,
    version: u32,
    /// Nats per note.
    nll_per_note: f64,
    notes: usize,
}

impl Score {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let genre = context.known_genre(&self.genre)?;
        let version = make::version(context, genre)?;
        let (network, manifest) = version::load(&context.home.version(genre, version))?;
        let label = label::number(&manifest.genres, genre);
        let mut n_failed = 0;
        for file in &self.files {
            match score(context, &network, label, file) {
                Ok((nll_per_note, notes)) => {
                    let file = shown(file);
                    out(Line::row(&Row { file, genre, version, nll_per_note, notes }));
                }
                Err(error) if self.files.len() == 1 => return Err(error),
                Err(error) => {
                    n_failed += 1;
                    out(Line::Remark(with_causes(&error)));
                }
            }
        }
        let n_files = self.files.len();
        anyhow::ensure!(
            n_failed == 0,
            "{n_failed} of {n_files} files could not be scored; see above"
        );
        Ok(())
    }
}

/// Nats per note of a file, and its notes.
fn score(
    context: &Context,
    network: &Network,
    label: u32,
    file: &Path,
) -> anyhow::Result<(f64, usize)> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let examined = watch::examine::examine(&bytes, &context.config.intake);
    let Some(song) = examined.song.filter(|song| !song.notes().is_empty()) else {
        anyhow::bail!("{} has no notes to score; `kickback judge` says why", file.display());
    };
    let n_notes = song.notes().len();
    let mut piece = Piece::new("file", "file", &song);
    piece.label = label;
    let n_predicted = piece.tokens().len() - 1;
    Ok((evaluate(network, &[piece])? * n_predicted as f64 / n_notes as f64, n_notes))
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, genre, version, nll_per_note, notes } = self;
        write!(
            f,
            "{nll_per_note:.3} nats per note over {notes} notes under {genre} v{version}: {file}"
        )
    }
}
