//! What is heard of a track?

use std::path::Path;

use music::midi::{Limits, read};
use music::score::{Part, Score};

use super::Failed;

/// A note; times in beats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    pub(super) at: f64,
    pub(super) length: f64,
    pub(super) pitch: u8,
}

/// The notes of a track.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) beats_per_bar: f64,
    pub(super) n_bars: usize,
    /// The highest of the lead's notes at each moment, by time.
    pub(super) line: Vec<Note>,
    /// All notes that have a pitch, by time.
    pub(super) notes: Vec<Note>,
}

impl Heard {
    /// # Errors
    /// When the file cannot be read or no lead is in it.
    pub(super) fn of_file(path: &Path) -> Result<Self, Failed> {
        let reading = |error: String| format!("{}: {error}", path.display());
        let bytes = std::fs::read(path).map_err(|error| reading(error.to_string()))?;
        let score = read(&bytes, &Limits::default());
        let score = score.map_err(|error| reading(error.to_string()))?.score;
        Self::of(&score).ok_or_else(|| reading("it has no lead".to_owned()).into())
    }

    fn of(score: &Score) -> Option<Self> {
        let beats_per_bar = score.time_signatures.first().map_or(4.0, |signature| {
            4.0 * f64::from(signature.numerator) / f64::from(signature.denominator)
        });
        let pitched = || score.parts.iter().filter(|part| !part.is_drum_channel());
        let lead = pitched().find(|part| part.name == "Lead")?;
        let mut notes: Vec<Note> = pitched().flat_map(|part| notes_of(score, part)).collect();
        notes.sort_by(|a, b| a.at.total_cmp(&b.at));
        // Those of one moment stand in the order of their pitch, so the highest comes last.
        let mut line: Vec<Note> = Vec::new();
        for note in notes_of(score, lead) {
            line.pop_if(|before| note.at - before.at < 1e-9);
            line.push(note);
        }
        let last = notes.last()?.at;
        let n_bars = (last / beats_per_bar).floor() as usize + 1;
        Some(Self { beats_per_bar, n_bars, line, notes })
    }

    /// The bar in which something happens, and the beat in it.
    pub(super) fn place(&self, at: f64) -> (usize, f64) {
        let bar = (at / self.beats_per_bar + 1e-9).floor();
        (bar as usize, at - bar * self.beats_per_bar)
    }
}

fn notes_of(score: &Score, part: &Part) -> impl Iterator<Item = Note> {
    let beats = f64::from(score.ticks_per_beat);
    part.notes.iter().map(move |note| Note {
        at: f64::from(note.onset.0) / beats,
        length: f64::from(note.duration.0) / beats,
        pitch: note.pitch.number(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A track of one line: beats at which notes begin, beats that they last, and pitches.
    pub(crate) fn line(notes: &[(f64, f64, u8)]) -> Heard {
        let note = |&(at, length, pitch): &(f64, f64, u8)| Note { at, length, pitch };
        let line: Vec<Note> = notes.iter().map(note).collect();
        let last = line.last().expect("a note").at;
        let n_bars = (last / 4.0) as usize + 1;
        Heard { beats_per_bar: 4.0, n_bars, notes: line.clone(), line }
    }
}
