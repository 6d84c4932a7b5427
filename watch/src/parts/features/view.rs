//! How is a part laid out to be measured?

use music::score::{Note, Part, Score};

use super::bars::Bars;
use super::line::Line;
use super::time::Time;
use crate::parts::shape::{Shape, onsets};
use crate::parts::voices;

/// Parts with fewer notes are not compared with.
const MIN_NOTES: usize = 6;

/// A part that has notes, with what several features need of it, found once.
pub(super) struct View {
    pub(super) notes: Vec<Note>,
    pub(super) shape: Shape,
    pub(super) time: Time,
    pub(super) line: Line,
    pub(super) bars: Bars,
    /// The pitch from which on a part that holds a bass and a melody plays the melody.
    pub(super) split: Option<u8>,
    /// The shape of the notes from there on, or of all.
    pub(super) upper: Shape,
    /// Median pitches of the other parts that play pitches.
    pub(super) others: Vec<u8>,
}

impl View {
    /// Each part of a score, in order; `None` for one without notes.
    pub(super) fn all(score: &Score) -> Vec<Option<Self>> {
        let ticks = score.ticks_per_beat;
        let shapes: Vec<Shape> =
            score.parts.iter().map(|part| Shape::of(&part.notes, ticks)).collect();
        let parts = score.parts.iter().enumerate();
        let view = |(index, part): (usize, &Part)| {
            let others = others(score, &shapes, index);
            (!part.notes.is_empty()).then(|| Self::of(part, shapes[index].clone(), others, ticks))
        };
        parts.map(view).collect()
    }

    fn of(part: &Part, shape: Shape, others: Vec<u8>, ticks: u16) -> Self {
        let notes = &part.notes;
        let groups = onsets(notes, ticks);
        let split = voices::split_pitch(notes, ticks);
        let upper = match split {
            Some(split) => {
                let is_upper = |note: &&Note| note.pitch.number() >= split;
                let upper: Vec<Note> = notes.iter().filter(is_upper).copied().collect();
                Shape::of(&upper, ticks)
            }
            None => shape.clone(),
        };
        Self {
            time: Time::of(notes, &groups, ticks),
            line: Line::of(notes, &groups),
            bars: Bars::of(notes, ticks),
            notes: notes.clone(),
            shape,
            split,
            upper,
            others,
        }
    }

    /// The share of the notes whose pitch is one of those asked for.
    pub(super) fn share_of(&self, is: impl Fn(u8) -> bool) -> f64 {
        let n = self.notes.iter().filter(|note| is(note.pitch.number())).count();
        music::features::measures::share(n, self.notes.len())
    }

    /// Octaves by which its median lies above the mean of the others', within three.
    pub(super) fn height(&self) -> f64 {
        if self.others.is_empty() {
            return 0.0;
        }
        let mean = music::features::measures::mean(self.others.iter().copied().map(f64::from));
        ((f64::from(self.shape.median) - mean) / 12.0).clamp(-3.0, 3.0)
    }

    /// Whether there are others, and each of their medians is one of those asked for.
    pub(super) fn is_beside(&self, is: impl Fn(u8) -> bool) -> bool {
        !self.others.is_empty() && self.others.iter().copied().all(is)
    }
}

fn others(score: &Score, shapes: &[Shape], index: usize) -> Vec<u8> {
    let parts = score.parts.iter().zip(shapes).enumerate();
    parts
        .filter(|(other, (part, shape))| {
            *other != index && !part.is_drum_channel() && shape.n_notes >= MIN_NOTES
        })
        .map(|(_, (_, shape))| shape.median)
        .collect()
}
