//! How many files had which outcome?

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::verdict::{ACCEPTED, Judged};

/// How many files had which outcome.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(&'static str, usize, PathBuf)>,
}

impl Table {
    /// Counts a file.
    pub(super) fn count(&mut self, judged: &Judged, file: &Path) {
        match self.rows.iter_mut().find(|(outcome, ..)| *outcome == judged.outcome()) {
            Some((_, n, _)) => *n += 1,
            None => self.rows.push((judged.outcome(), 1, file.to_owned())),
        }
    }

    /// What is taken comes first, then the reasons, the most frequent first; each with its first
    /// file.
    pub(super) fn text(mut self) -> String {
        self.rows.sort_by_key(|(outcome, n, _)| (*outcome != ACCEPTED, Reverse(*n), *outcome));
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
