//! What is said about one file?

use std::fmt;
use std::path::Path;

use music::notation;
use music::tokens::encode;
use serde::Serialize;
use watch::examine::{Examined, Settings};
use watch::filter::Verdict;

use super::duplicates::{Duplicate, KnownBy};
use crate::control::line::{Line, shown};
use crate::intake::examine_named;
use crate::store::SongId;

/// The outcome of a file that is taken.
pub(super) const ACCEPTED: &str = "accept";
/// The outcome of one that would be, did it not repeat another.
const DUPLICATE: &str = "duplicate";

/// A file that was judged.
pub(super) struct Judged {
    outcome: &'static str,
    row: Row,
    /// The verdict in one line.
    brief: String,
    /// What led to it, in further lines.
    details: String,
    /// What the duplicates of an accepted file are found by, until it is asked for.
    pub(super) known_by: Option<KnownBy>,
}

/// What is said about a file.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    verdict: &'static str,
    /// The code of the reason for which it is rejected.
    reason: Option<&'static str>,
    parts: Vec<PartRow>,
    tempo_bpm: f64,
    key: Option<String>,
    bars: u32,
    tokens: usize,
    /// Scripts read it by its first name.
    #[serde(rename = "double_of")]
    duplicate_of: Option<String>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PartRow {
    name: String,
    role: &'static str,
    notes: usize,
    why: String,
}

/// A row as it is printed, with as many words as a person has to read.
#[derive(Debug, Serialize)]
struct Printed {
    #[serde(flatten)]
    row: Row,
    #[serde(skip)]
    text: String,
}

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Judged {
    /// What the inbox would find in a file; `None` if it is not there.
    pub(super) fn of(file: &Path, settings: &Settings) -> Option<Self> {
        examine_named(file, settings).map(|(id, examined)| Self::new(file, id, examined))
    }

    fn new(file: &Path, id: Option<SongId>, examined: Examined) -> Self {
        let n_tokens = examined.song.as_ref().map_or(0, |song| encode(song).len());
        let row = Row::new(file, &examined, n_tokens);
        let verdict = match &examined.verdict {
            Verdict::Accept => "accepted".to_owned(),
            Verdict::Reject(reason) => format!("rejected, {}: {reason}", reason.code()),
        };
        let brief = format!("{}: {verdict}", file.display());
        let details = details(&examined, n_tokens);
        let id = id.filter(|_| row.reason.is_none());
        let known_by = id.map(|id| KnownBy { id, music: examined.fingerprint.zip(examined.song) });
        Self { outcome: row.reason.unwrap_or(ACCEPTED), row, brief, details, known_by }
    }

    /// Notes that it repeats an earlier file.
    pub(super) fn repeats(&mut self, duplicate: &Duplicate) {
        let Duplicate { of, how } = duplicate;
        self.outcome = DUPLICATE;
        self.row.duplicate_of = Some(shown(of));
        let of = of.display();
        self.brief.push_str(&format!(", but the inbox takes only one of it and {of} ({how})"));
    }

    /// `accept`, `duplicate`, or the code of the reason.
    pub(super) fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// What is said about it: to people everything if `is_full`, else only what is wrong with it.
    /// Programs are told about every file.
    pub(super) fn line(self, is_full: bool) -> Line {
        let text = match (is_full, self.outcome) {
            (true, _) => self.brief + &self.details,
            (false, ACCEPTED) => String::new(),
            (false, _) => self.brief,
        };
        Line::row(&Printed { row: self.row, text })
    }
}

impl Row {
    fn new(file: &Path, examined: &Examined, n_tokens: usize) -> Self {
        let (verdict, reason) = match &examined.verdict {
            Verdict::Accept => ("accept", None),
            Verdict::Reject(reason) => ("reject", Some(reason.code())),
        };
        let parts = examined.parts.iter().map(|part| PartRow {
            name: part.name.clone(),
            role: part.role.name(),
            notes: part.n_notes,
            why: part.why.clone(),
        });
        Self {
            file: shown(file),
            verdict,
            reason,
            parts: parts.collect(),
            tempo_bpm: examined.tempo_bpm,
            key: examined.key.map(|key| key.to_string()),
            bars: examined.n_bars,
            tokens: n_tokens,
            duplicate_of: None,
            warnings: examined.warnings.clone(),
        }
    }
}

fn details(examined: &Examined, n_tokens: usize) -> String {
    let mut text = String::new();
    for part in &examined.parts {
        text.push_str(&format!("\n  {} ({} notes): {}", part.role.name(), part.n_notes, part.why));
    }
    if let Some(key) = examined.key {
        let (tempo, key) = (notation::tempo(examined.tempo_bpm), notation::key(key));
        let n_bars = examined.n_bars;
        text.push_str(&format!("\n  {tempo} BPM, {key}, {n_bars} bars, {n_tokens} tokens"));
    }
    for warning in &examined.warnings {
        text.push_str(&format!("\n  note: {warning}"));
    }
    text
}
