//! `roundtrip`: what do the tokens keep of a file?

use std::fmt;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use music::midi;
use music::score::{Score, Tick};
use music::song::{STEPS_PER_BEAT, Song, TICKS_PER_BEAT};
use music::tokens::{decode, encode};
use serde::Serialize;
use watch::examine::{Examined, Settings, examine};

use crate::control::line::{Line, Out, shown};
use crate::track::track_file;

/// Which file to read and which to write.
#[derive(Clone, Debug, Args)]
pub(crate) struct Roundtrip {
    /// The MIDI file
    pub(crate) file: PathBuf,
    /// Where to write
    #[arg(long, value_name = "FILE.mid")]
    pub(crate) out: PathBuf,
}

/// How much was kept.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    out: String,
    notes_in: usize,
    notes_out: usize,
    tokens: usize,
}

impl Roundtrip {
    /// Writes what the tokens keep of a file, at the place in time that it has there.
    ///
    /// # Errors
    /// When the file has no song or the result cannot be written.
    pub(crate) fn run(&self, settings: &Settings, out: &mut Out<'_>) -> anyhow::Result<()> {
        let shown_file = self.file.display();
        let bytes = std::fs::read(&self.file).with_context(|| format!("reading {shown_file}"))?;
        let score = midi::read(&bytes, &settings.midi)?.score;
        let examined = examine(&bytes, settings);
        let song = examined.song.as_ref();
        let song = song.with_context(|| format!("{shown_file} has no voice that is learned"))?;
        let tokens = encode(song);
        let kept =
            decode(&tokens).context("what was encoded did not decode; please report this")?;
        let row = Row {
            file: shown(&self.file),
            out: shown(&std::path::absolute(&self.out)?),
            notes_in: score.n_notes(),
            notes_out: kept.notes().len(),
            tokens: tokens.len(),
        };
        let kept = kept.with_tempo(song.tempo_bpm());
        let kept = later(kept.to_score(), silence(&score, &examined, song));
        track_file::write(&self.out, &midi::write(&kept))?;
        out(Line::row(&row));
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { out, notes_in, notes_out, tokens, .. } = self;
        write!(f, "{notes_out} of {notes_in} notes in {tokens} tokens: {out}")
    }
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
