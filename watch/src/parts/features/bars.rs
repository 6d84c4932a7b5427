//! What recurs in a part?

use std::collections::BTreeMap;

use music::features::measures::{n_repeated, share};
use music::score::Note;

use super::time::step;

/// What recurs. Bars are four beats from the start of the file: what repeats in 3/4 repeats in
/// twelve beats too.
pub(super) struct Bars {
    /// Pitch classes a bar, on average over the bars that have any.
    pub(super) classes: f64,
    /// Share of the bars that an earlier one equals in onsets and pitches.
    pub(super) repeated: f64,
    /// The same in onsets alone.
    pub(super) repeated_rhythms: f64,
}

impl Bars {
    /// Of at least one note.
    pub(super) fn of(notes: &[Note], ticks: u16) -> Self {
        let mut bars: BTreeMap<u64, Vec<(u64, u8)>> = BTreeMap::new();
        for note in notes {
            let at = step(note.onset.0, ticks);
            bars.entry(at / 96).or_default().push((at % 96, note.pitch.number()));
        }
        for bar in bars.values_mut() {
            bar.sort_unstable();
        }
        let classes = |bar: &Vec<(u64, u8)>| {
            bar.iter().fold(0u16, |set, (_, pitch)| set | 1 << (pitch % 12)).count_ones() as usize
        };
        let rhythm = |bar: &Vec<(u64, u8)>| {
            let mut onsets: Vec<u64> = bar.iter().map(|(at, _)| *at).collect();
            onsets.dedup();
            onsets
        };
        Self {
            classes: share(bars.values().map(classes).sum(), bars.len()),
            repeated: share(n_repeated(bars.values()), bars.len()),
            repeated_rhythms: share(n_repeated(bars.values().map(rhythm)), bars.len()),
        }
    }
}
