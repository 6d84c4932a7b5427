//! How does each voice move?
//!
//! The top line is the highest note of each onset. The lead's `interval_size`, `steps` and
//! `repeated_pitches` go from note to note instead, through its chords if it has any.

use super::measures::{Intervals, distribution};
use super::schema::{Feature, Unit, of_each_voice};
use super::view::View;
use crate::song::Voice;

/// The widest interval with a class of its own, in semitones.
const WIDEST: i32 = 12;
/// Down by [`WIDEST`] or more, up to up by as much.
const N_CLASSES: usize = 2 * WIDEST as usize + 1;

pub(super) const FEATURES: &[&[Feature<View>]] = &[
    &of_each_voice!(
        "intervals",
        distribution(N_CLASSES),
        "intervals of the top line, an octave down to an octave up",
        |view, voice| {
            let class = |interval: i32| (interval.clamp(-WIDEST, WIDEST) + WIDEST) as usize;
            distribution(N_CLASSES, tops(view, voice).iter().map(class))
        }
    ),
    &[
        Feature::number(
            "lead_interval_size",
            Unit::Semitones,
            "mean size of the lead's intervals, two octaves at most",
            |view| from_note_to_note(view).mean_size(),
        ),
        Feature::number(
            "lead_steps",
            Unit::Share,
            "share of the lead's intervals that are steps of one or two semitones",
            |view| from_note_to_note(view).steps(),
        ),
        Feature::number(
            "lead_repeated_pitches",
            Unit::Share,
            "share of the lead's notes that repeat the pitch before them",
            |view| from_note_to_note(view).share_of(|size| size == 0),
        ),
        Feature::of_notes(
            "lead_top_intervals",
            Unit::Semitones,
            "each interval of the lead's top line, upward positive",
            |view| tops(view, Voice::Lead).iter().map(f64::from).collect(),
        ),
    ],
];

fn tops(view: &View, voice: Voice) -> Intervals {
    Intervals::between(view.line(voice).tops.iter().map(|note| note.pitch.number()))
}

fn from_note_to_note(view: &View) -> Intervals {
    Intervals::between(view.lead().notes.iter().map(|note| note.pitch.number()))
}
