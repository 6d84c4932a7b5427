//! How loud is the music, and how much do its notes differ?

use super::measures::{mean, spread};
use super::schema::{Feature, Unit};
use super::view::View;

pub(super) const FEATURES: &[&[Feature<View>]] = &[&[
    Feature::number("loudness", Unit::Number, "mean velocity of the notes", |view| {
        mean(velocities(view))
    }),
    Feature::number(
        "lead_loudness_spread",
        Unit::Number,
        "standard deviation of the velocities of the lead's notes",
        |view| spread(view.lead().notes.iter().map(|note| f64::from(note.dynamic.velocity()))),
    ),
]];

fn velocities(view: &View) -> impl Iterator<Item = f64> {
    view.song.notes().iter().map(|note| f64::from(note.dynamic.velocity()))
}
