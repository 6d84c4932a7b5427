//! How do the highest notes of a part move, and which pitch classes are there?

use music::features::measures::{Intervals, PitchClasses, share};
use music::score::{Note, Pitch};

use crate::parts::shape::onsets;

/// The top line and the pitch classes.
pub(super) struct Line {
    /// Share of the onsets that strike two pitch classes.
    pub(super) pairs: f64,
    /// Entropy of the pitch classes; 1 where all twelve are alike.
    pub(super) entropy: f64,
    /// Between the highest notes of successive onsets.
    pub(super) intervals: Intervals,
}

impl Line {
    /// Of at least one note.
    pub(super) fn of(notes: &[Note], ticks: u16) -> Self {
        let groups = onsets(notes, ticks);
        let classes = |group: &[Note]| PitchClasses::of(group.iter().map(|note| note.pitch));
        let n_pairs = groups.iter().filter(|group| classes(group).n_different() == 2).count();
        let tops = groups.iter().filter_map(|group| group.iter().map(|note| note.pitch).max());
        Self {
            pairs: share(n_pairs, groups.len()),
            entropy: classes(notes).entropy_bits() / 12f64.log2(),
            intervals: Intervals::between(tops.map(Pitch::number)),
        }
    }
}
