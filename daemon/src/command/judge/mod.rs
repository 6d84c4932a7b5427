//! `judge`: what would the inbox make of these files?
//!
//! Nothing is moved or recorded. Files are read on all cores and reported in their order: of a folder,
//! only what a person has to look at, the rejected files and the duplicates, and then a table. Only what
//! duplicates are found by is kept, a few kilobytes for each accepted file.

mod duplicates;
mod files;
mod table;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use watch::examine::Settings;

use self::duplicates::Duplicates;
use self::files::{Named, named};
use self::table::Table;
use self::verdict::Judged;
use crate::control::line::{Line, Out};

/// Files that are read before the first of them is reported.
const AT_ONCE: usize = 128;

/// Which files to judge.
#[derive(Clone, Debug, Args)]
pub(crate) struct Judge {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Report every file in full, not only those with a problem
    #[arg(long)]
    pub(crate) all: bool,
}

impl Judge {
    /// Judges the files. One that cannot be read is a rejected file. A duplicate of an earlier file is
    /// reported as such; its verdict remains the one on the file itself.
    ///
    /// # Errors
    /// When a path does not exist or a folder cannot be read, after the others were judged.
    pub(crate) fn run(&self, settings: &Settings, out: &mut Out<'_>) -> anyhow::Result<()> {
        let mut failed = Vec::new();
        let files = named(&self.paths, self.all, &mut failed);
        let bar = bar(files.len());
        let (mut duplicates, mut table) = (Duplicates::default(), Table::default());
        for some in files.chunks(AT_ONCE) {
            for (file, judged) in some.iter().zip(on_all_cores(some, settings, &bar)) {
                let Some(mut judged) = judged else {
                    failed.push(format!("{}: it does not exist", file.path.display()));
                    continue;
                };
                let known_by = judged.known_by.take();
                if let Some(found) = known_by.and_then(|by| duplicates.find(&file.path, by)) {
                    judged.repeats(&found);
                }
                table.count(&judged, &file.path);
                let line = judged.line(file.is_full);
                bar.suspend(|| out(line));
            }
        }
        bar.finish_and_clear();
        if files.is_empty() && failed.is_empty() {
            let text = "no file here ends like a MIDI file: .mid, .midi, .kar, .rmi or .smf";
            out(Line::Remark(text.to_owned()));
        }
        if files.len() > 1 {
            out(Line::Remark(table.text()));
        }
        anyhow::ensure!(failed.is_empty(), "not judged: {}", failed.join("; "));
        Ok(())
    }
}

/// Judges files on all cores; the results are in the order of the files.
fn on_all_cores(files: &[Named], settings: &Settings, bar: &ProgressBar) -> Vec<Option<Judged>> {
    let judge = |file: &Named| {
        let judged = Judged::of(&file.path, settings);
        bar.inc(1);
        judged
    };
    files.par_iter().map(judge).collect()
}

/// A bar on stderr, hidden if that is not a terminal or there is next to nothing to do.
fn bar(n_files: usize) -> ProgressBar {
    if n_files <= AT_ONCE {
        return ProgressBar::hidden();
    }
    let shape = "{bar:32.magenta/black} {pos} of {len} files  {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(shape);
    ProgressBar::new(n_files as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
