//! What is told about one file?

use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use music::song::Song;
use music::tokens::encode;
use serde_json::{Value, json};
use watch::duplicates::Fingerprint;
use watch::filter::{Reason, Verdict};
use watch::intake::{Examined, Settings, examine};
use watch::open::read_beneath;

use super::duplicates::Duplicate;
use crate::command::tidy;
use crate::control::answer::{Line, shown};
use crate::intake::{guarded, not_opened};
use crate::store::SongId;

/// The outcome of a file that is taken.
pub(super) const ACCEPTED: &str = "accept";
/// The outcome of one that would be, did it not repeat another.
const DUPLICATE: &str = "duplicate";

/// A file that was judged.
pub(super) struct Judged {
    outcome: &'static str,
    json: Value,
    /// The verdict in a line.
    brief: String,
    /// What led to it, in further lines.
    details: String,
    /// What the duplicates of an accepted file are found by, until it is asked for.
    pub(super) known_by: Option<KnownBy>,
}

/// What the duplicates of a file are found by.
pub(super) struct KnownBy {
    pub(super) id: SongId,
    pub(super) music: Option<(Fingerprint, Song)>,
}

impl Judged {
    /// What the inbox would find in a file; `None` if it is not there.
    pub(super) fn of(file: &Path, settings: &Settings) -> Option<Self> {
        examine_file(file, settings).map(|(id, examined)| Self::told(file, id, examined))
    }

    fn told(file: &Path, id: Option<SongId>, examined: Examined) -> Self {
        let n_tokens = examined.song.as_ref().map_or(0, |song| encode(song).len());
        let (verdict, code, words) = match &examined.verdict {
            Verdict::Accept => ("accept", None, "accepted".to_owned()),
            Verdict::Reject(reason) => {
                ("reject", Some(reason.code()), format!("rejected, {}: {reason}", reason.code()))
            }
        };
        let parts: Vec<_> = examined
            .parts
            .iter()
            .map(|part| json!({"name": part.name, "role": part.role.name(), "notes": part.n_notes, "why": part.why}))
            .collect();
        let json = json!({
            "file": shown(file), "verdict": verdict, "reason": code, "parts": parts,
            "tempo_bpm": examined.tempo_bpm, "key": examined.key.map(|key| key.to_string()),
            "bars": examined.n_bars, "tokens": n_tokens, "double_of": null,
            "warnings": examined.warnings,
        });
        let brief = format!("{}: {words}", file.display());
        let details = details(&examined, n_tokens);
        let id = id.filter(|_| code.is_none());
        let known_by = id.map(|id| KnownBy { id, music: examined.fingerprint.zip(examined.song) });
        Self { outcome: code.unwrap_or(ACCEPTED), json, brief, details, known_by }
    }

    /// Notes that it repeats an earlier file.
    pub(super) fn repeats(&mut self, duplicate: &Duplicate) {
        self.outcome = DUPLICATE;
        self.json["double_of"] = json!(shown(&duplicate.of));
        self.brief.push_str(&format!(
            ", but the inbox takes only one of it and {} ({})",
            duplicate.of.display(),
            duplicate.how
        ));
    }

    /// `accept`, `duplicate`, or the code of the reason.
    pub(super) fn outcome(&self) -> &'static str {
        self.outcome
    }

    /// What is said about it: for people everything if `is_full`, else whatever is wrong with it.
    /// Programs are told of every file.
    pub(super) fn line(self, is_full: bool) -> Line {
        let text = match (is_full, self.outcome) {
            (true, _) => self.brief + &self.details,
            (false, ACCEPTED) => String::new(),
            (false, _) => self.brief,
        };
        Line::row(self.json, text)
    }
}

fn details(examined: &Examined, n_tokens: usize) -> String {
    let mut text = String::new();
    for part in &examined.parts {
        text.push_str(&format!("\n  {} ({} notes): {}", part.role.name(), part.n_notes, part.why));
    }
    if let Some(key) = examined.key {
        let tempo = tidy(examined.tempo_bpm);
        let n_bars = examined.n_bars;
        text.push_str(&format!("\n  {tempo} BPM, {key}, {n_bars} bars, {n_tokens} tokens"));
    }
    for warning in &examined.warnings {
        text.push_str(&format!("\n  note: {warning}"));
    }
    text
}

/// What is in a file, with its id if it could be read; `None` if it is not there.
fn examine_file(file: &Path, settings: &Settings) -> Option<(Option<SongId>, Examined)> {
    let kind = file.symlink_metadata().ok()?.file_type();
    if kind.is_file() && !watch::has_midi_name(file) {
        return Some((None, Examined::unread(Reason::NotMidiName)));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = Path::new(file.file_name()?);
    let bytes = read_beneath(folder.unwrap_or(Path::new(".")), name, settings.midi.max_file_bytes);
    Some(match bytes {
        Ok(bytes) => {
            let examined = guarded(file, || examine(&bytes, settings));
            (Some(SongId::of(&bytes)), examined.unwrap_or_else(Examined::unread))
        }
        Err(error) => (None, Examined::unread(not_opened(&error, kind_of(kind))?)),
    })
}

/// What a file that is no plain one is, with its article.
fn kind_of(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device"
    }
}
