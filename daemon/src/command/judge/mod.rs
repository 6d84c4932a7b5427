//! `judge`: what would the inbox make of these files?
//!
//! Nothing is moved or noted. Files are read on all cores and told in their order; of a folder, what
//! a person has to look at: the rejected ones and the duplicates, then a table. Only what duplicates
//! are found by is kept, a few kilobytes for each accepted file.

mod duplicates;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use watch::intake::Settings;

use crate::control::answer::{Line, Out};
use duplicates::Duplicates;
use verdict::Judged;

/// Which files to judge.
#[derive(Clone, Debug, Args)]
pub struct Judge {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Of a folder, tell everything about each file, not only what is wrong with some
    #[arg(long)]
    pub all: bool,
}

impl Judge {
    /// Judges the files.
    ///
    /// # Errors
    /// As [`judge`].
    pub fn run(&self, settings: &Settings, out: &mut Out<'_>) -> anyhow::Result<()> {
        judge(&self.paths, self.all, settings, out)
    }
}

/// Files that are read before the first of them is told.
const AT_ONCE: usize = 128;

/// A file to judge.
struct Wanted {
    path: PathBuf,
    /// Whether everything about it is told, not only what is wrong with it.
    is_full: bool,
}

/// Judges files and folders (recursively, song files only). A file that cannot be read is a rejected
/// file. `is_all` tells everything about each file of a folder, as of one that is named.
///
/// A duplicate of an earlier file is told as such; its verdict stays that on the file itself.
///
/// # Errors
/// When a path does not exist or a folder cannot be read, after the others were judged.
pub fn judge(
    paths: &[PathBuf],
    is_all: bool,
    settings: &Settings,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    let files = wanted(paths, is_all, &mut failed);
    let bar = bar(files.len());
    let mut duplicates = Duplicates::default();
    let mut table = Table::default();
    for some in files.chunks(AT_ONCE) {
        for (file, judged) in some.iter().zip(on_all_cores(some, settings, &bar)) {
            let Some(mut judged) = judged else {
                failed.push(format!("{}: it does not exist", file.path.display()));
                continue;
            };
            if let Some(duplicate) = duplicates.find(&file.path, &mut judged) {
                judged.repeats(&duplicate);
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

fn wanted(paths: &[PathBuf], is_all: bool, failed: &mut Vec<String>) -> Vec<Wanted> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut below = Vec::new();
            files_below(path, &mut below, failed);
            below.sort();
            files.extend(below.into_iter().map(|path| Wanted { path, is_full: is_all }));
        } else {
            files.push(Wanted { path: path.clone(), is_full: true });
        }
    }
    files
}

/// Adds the files below a folder whose names are those of songs, and what could not be read.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>, failed: &mut Vec<String>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            failed.push(format!("{}: {error}", folder.display()));
            return;
        }
    };
    for entry in entries {
        let kind = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
        match kind {
            Ok((path, kind)) if kind.is_dir() => files_below(&path, files, failed),
            Ok((path, kind)) if kind.is_file() && watch::has_midi_name(&path) => files.push(path),
            Ok(_) => {}
            Err(error) => failed.push(format!("in {}: {error}", folder.display())),
        }
    }
}

/// Judges files on all cores; the results are in the order of the files.
fn on_all_cores(files: &[Wanted], settings: &Settings, bar: &ProgressBar) -> Vec<Option<Judged>> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let next = Mutex::new(files.iter().enumerate());
    let judged = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((idx, file)) = taken else { return };
                    let result = Judged::of(&file.path, settings);
                    bar.inc(1);
                    judged.lock().unwrap_or_else(PoisonError::into_inner).push((idx, result));
                }
            });
        }
    });
    let mut judged = judged.into_inner().unwrap_or_else(PoisonError::into_inner);
    judged.sort_by_key(|(idx, _)| *idx);
    judged.into_iter().map(|(_, judged)| judged).collect()
}

/// A bar on stderr, hidden if that is no terminal or there is next to nothing to do.
fn bar(n_files: usize) -> ProgressBar {
    if n_files <= AT_ONCE {
        return ProgressBar::hidden();
    }
    let shape = "{bar:32.magenta/black} {pos} of {len} files  {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(shape);
    ProgressBar::new(n_files as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// How many files had which outcome.
#[derive(Default)]
struct Table {
    rows: Vec<(&'static str, usize, PathBuf)>,
}

impl Table {
    fn count(&mut self, judged: &Judged, file: &Path) {
        match self.rows.iter_mut().find(|(outcome, ..)| *outcome == judged.outcome()) {
            Some((_, n, _)) => *n += 1,
            None => self.rows.push((judged.outcome(), 1, file.to_owned())),
        }
    }

    /// What is taken comes first, then the reasons, the most frequent first; each with its first
    /// file.
    fn text(mut self) -> String {
        self.rows.sort_by_key(|(outcome, n, _)| {
            (*outcome != verdict::ACCEPTED, std::cmp::Reverse(*n), *outcome)
        });
        let n_files: usize = self.rows.iter().map(|(_, n, _)| n).sum();
        let mut text = format!("{n_files} files");
        for (outcome, n, file) in &self.rows {
            let share = 100.0 * *n as f64 / n_files as f64;
            let example = file.display();
            text.push_str(&format!("\n  {n:>6}  {share:>5.1} %  {outcome:<13}  such as {example}"));
        }
        text
    }
}
