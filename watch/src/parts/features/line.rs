//! How do the highest notes of a part move, and which pitch classes are there?

use music::features::measures::{Intervals, PitchClasses, n_pitch_classes, share};
use music::score::{Note, Pitch};

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
    /// Of at least one note; `onsets` are those struck together.
    pub(super) fn of(notes: &[Note], onsets: &[&[Note]]) -> Self {
        let is_pair = |group: &[Note]| n_pitch_classes(group.iter().map(|note| note.pitch)) == 2;
        let n_pairs = onsets.iter().filter(|group| is_pair(group)).count();
        let tops = onsets.iter().filter_map(|group| group.iter().map(|note| note.pitch).max());
        Self {
            pairs: share(n_pairs, onsets.len()),
            entropy: PitchClasses::of(notes.iter().map(|note| note.pitch)).entropy_bits()
                / 12f64.log2(),
            intervals: Intervals::between(tops.map(Pitch::number)),
        }
    }
}
