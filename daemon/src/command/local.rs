//! `roundtrip`: what do the tokens keep of a file?

use std::path::Path;

use anyhow::Context as _;
use music::midi;
use music::score::{Score, Tick};
use music::song::{STEPS_PER_BEAT, Song, TICKS_PER_BEAT};
use music::tokens::{decode, encode};
use serde_json::json;
use watch::intake::{Examined, Settings, examine};

use crate::control::answer::{Line, Out, shown};
use crate::track::track_file;

/// Writes what the tokens keep of a file, at the place in time that it has there.
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
    let score = midi::read(&bytes, &settings.midi)?.score;
    let examined = examine(&bytes, settings);
    let song = examined
        .song
        .as_ref()
        .with_context(|| format!("{} has no voice that is learned", file.display()))?;
    let tokens = encode(song);
    let decoded = decode(&tokens).context("what was encoded did not decode; please report this")?;
    let (beats, bars, notes) =
        (decoded.beats_per_bar(), decoded.n_bars(), decoded.notes().to_vec());
    let n_notes_out = notes.len();
    let kept = Song::new(song.tempo_bpm(), beats, bars, notes).with_key(decoded.key());
    let n_notes_in = score.n_notes();
    let kept = later(kept.to_score(), silence(&score, &examined, song));
    track_file::write(to, &midi::write(&kept))?;
    out(Line::row(
        json!({"file": shown(file), "out": shown(to), "notes_in": n_notes_in, "notes_out": n_notes_out, "tokens": tokens.len()}),
        format!("{n_notes_out} of {n_notes_in} notes in {} tokens: {}", tokens.len(), to.display()),
    ));
    Ok(())
}

/// The empty bars before the music, which a song leaves out, in ticks of its score.
fn silence(score: &Score, examined: &Examined, song: &Song) -> Tick {
    let beat = u64::from(score.ticks_per_beat.max(1));
    let notes = score.parts.iter().zip(&examined.parts).flat_map(|(part, judged)| {
        part.notes.iter().zip(&judged.voices).filter(|(_, voice)| voice.is_some())
    });
    let first = notes.map(|(note, _)| u64::from(note.onset.0)).min().unwrap_or(0);
    let steps = (first * u64::from(STEPS_PER_BEAT) * 2 + beat) / (beat * 2);
    let bar = u64::from(song.steps_per_bar());
    let ticks = steps / bar * bar * u64::from(TICKS_PER_BEAT / STEPS_PER_BEAT);
    Tick(u32::try_from(ticks).unwrap_or(0))
}

/// The score with its music that much later.
fn later(mut score: Score, by: Tick) -> Score {
    for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
        note.onset.0 = note.onset.0.saturating_add(by.0);
    }
    score.end.0 = score.end.0.saturating_add(by.0);
    score
}
