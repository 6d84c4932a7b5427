//! `judge` and `roundtrip`: what can be done without a home?

use std::collections::BTreeMap;
use std::fs::FileType;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use model::midi;
use model::song::Song;
use model::tokens::{decode, encode};
use serde_json::json;
use watch::filter::{Reason, Verdict};
use watch::intake::{Examined, Settings, examine};
use watch::open::read_beneath;

use crate::answer::{Line, Out, shown};
use crate::intake::{guarded, not_opened};
use crate::track_file;

/// Judges files and folders (recursively, song files only). A file that cannot be read is a rejected
/// file.
///
/// # Errors
/// When a path does not exist or a folder cannot be read, after the others were judged.
pub fn judge(paths: &[PathBuf], settings: &Settings, out: &mut Out<'_>) -> anyhow::Result<()> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut n_files = 0;
    let mut failed = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        if path.is_dir() {
            files_below(path, &mut files, &mut failed);
        } else {
            files.push(path.clone());
        }
        files.sort();
        for file in files {
            let Some(examined) = examine_file(&file, settings) else {
                failed.push(format!("{}: it does not exist", file.display()));
                continue;
            };
            let outcome = match &examined.verdict {
                Verdict::Accept => "accept",
                Verdict::Reject(reason) => reason.code(),
            };
            *counts.entry(outcome).or_default() += 1;
            n_files += 1;
            out(verdict_line(&file, &examined));
        }
    }
    if n_files > 1 {
        let table = counts.iter().map(|(outcome, n)| format!("  {n:>6}  {outcome}"));
        out(Line::Remark(format!("{n_files} files\n{}", table.collect::<Vec<_>>().join("\n"))));
    }
    anyhow::ensure!(failed.is_empty(), "not judged: {}", failed.join("; "));
    Ok(())
}

/// What the inbox would find in a file; `None` if it is not there.
fn examine_file(file: &Path, settings: &Settings) -> Option<Examined> {
    let kind = file.symlink_metadata().ok()?.file_type();
    if kind.is_file() && !watch::has_midi_name(file) {
        return Some(unexamined(Reason::NotMidiName));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = Path::new(file.file_name()?);
    let bytes = read_beneath(folder.unwrap_or(Path::new(".")), name, settings.midi.max_file_bytes);
    Some(match bytes {
        Ok(bytes) => guarded(file, || examine(&bytes, settings)).unwrap_or_else(unexamined),
        Err(error) => unexamined(not_opened(&error, kind_of(kind))?),
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

fn unexamined(reason: Reason) -> Examined {
    Examined {
        hash: String::new(),
        verdict: Verdict::Reject(reason),
        parts: Vec::new(),
        tempo_bpm: 0.0,
        key: None,
        n_bars: 0,
        song: None,
        fingerprint: None,
        warnings: Vec::new(),
    }
}

fn verdict_line(file: &Path, examined: &Examined) -> Line {
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
    let mut text = format!("{}: {words}", file.display());
    for part in &examined.parts {
        text.push_str(&format!("\n  {} ({} notes): {}", part.role.name(), part.n_notes, part.why));
    }
    if let Some(key) = examined.key {
        let tempo = super::tidy(examined.tempo_bpm);
        text.push_str(&format!(
            "\n  {tempo} BPM, {key}, {} bars, {n_tokens} tokens",
            examined.n_bars
        ));
    }
    for warning in &examined.warnings {
        text.push_str(&format!("\n  note: {warning}"));
    }
    let json = json!({
        "file": shown(file), "verdict": verdict, "reason": code, "parts": parts,
        "tempo_bpm": examined.tempo_bpm, "key": examined.key.map(|key| key.to_string()),
        "bars": examined.n_bars, "tokens": n_tokens, "warnings": examined.warnings,
    });
    Line::row(json, text)
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

/// Writes what the tokens keep of a file.
///
/// # Errors
/// When the file has no song or the result cannot be written.
pub fn roundtrip(
    file: &Path,
    to: &Path,
    settings: &Settings,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let n_notes_in = midi::read(&bytes, &settings.midi)?.score.n_notes();
    let examined = examine(&bytes, settings);
    let song = examined
        .song
        .with_context(|| format!("{} has no voice that is learned", file.display()))?;
    let tokens = encode(&song);
    let decoded = decode(&tokens).context("what was encoded did not decode; please report this")?;
    let (beats, bars, notes) =
        (decoded.beats_per_bar(), decoded.n_bars(), decoded.notes().to_vec());
    let n_notes_out = notes.len();
    let kept = Song::new(song.tempo_bpm(), beats, bars, notes).with_key(decoded.key());
    track_file::write(to, &midi::write(&kept.to_score()))?;
    out(Line::row(
        json!({"file": shown(file), "out": shown(to), "notes_in": n_notes_in, "notes_out": n_notes_out, "tokens": tokens.len()}),
        format!("{n_notes_out} of {n_notes_in} notes in {} tokens: {}", tokens.len(), to.display()),
    ));
    Ok(())
}
