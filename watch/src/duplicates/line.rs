//! What is the line that people hear as the melody, in which time and pitch may be compared?
//!
//! Of lead notes that are struck nearly together the highest counts. Nothing here knows keys or
//! other songs.

use music::song::{GridNote, Song, Voice};

/// Lead notes this many steps after the first of a group are struck together with it.
const TOGETHER: u32 = 2;

/// A note of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stroke {
    /// Steps from the start of the song.
    pub(super) onset: u32,
    /// MIDI key number.
    pub(super) pitch: u8,
}

/// A top line, by onset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line(Vec<Stroke>);

impl Line {
    /// The top line of the lead of `song`; empty without a lead.
    pub(super) fn lead(song: &Song) -> Self {
        Self::top_of(song.voice(Voice::Lead))
    }

    /// The top line of all voices of `song`.
    pub(super) fn top(song: &Song) -> Self {
        Self::top_of(song.notes().iter())
    }

    fn top_of<'a>(notes: impl Iterator<Item = &'a GridNote>) -> Self {
        let mut strokes: Vec<Stroke> = Vec::new();
        let mut group = 0;
        for note in notes {
            let stroke = Stroke { onset: note.onset, pitch: note.pitch.number() };
            match strokes.last_mut() {
                Some(last) if note.onset - group <= TOGETHER => {
                    if stroke.pitch > last.pitch {
                        *last = stroke;
                    }
                }
                _ => {
                    group = note.onset;
                    strokes.push(stroke);
                }
            }
        }
        Self(strokes)
    }

    /// All strokes.
    pub(super) fn strokes(&self) -> &[Stroke] {
        &self.0
    }

    /// The strokes that bring another pitch class than the one before.
    pub(super) fn changes(&self) -> Vec<Stroke> {
        let mut changes = self.0.clone();
        changes.dedup_by_key(|stroke| stroke.pitch % 12);
        changes
    }
}
