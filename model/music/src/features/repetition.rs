//! How much of the music comes back?

use std::collections::{BTreeSet, HashSet};

use super::measures::{mean, n_repeated, share};
use super::schema::{Feature, Unit};
use super::view::View;
use crate::song::{GridNote, Voice};

pub(super) const FEATURES: &[&[Feature<View>]] = &[&[
    Feature::number(
        "returning_after_1_bar",
        Unit::Share,
        "share of the notes that stand at the same place and pitch a bar before",
        |view| returning(view, 1),
    ),
    Feature::number(
        "returning_after_2_bars",
        Unit::Share,
        "share of the notes that stand at the same place and pitch two bars before",
        |view| returning(view, 2),
    ),
    Feature::number(
        "returning_after_4_bars",
        Unit::Share,
        "share of the notes that stand at the same place and pitch four bars before",
        |view| returning(view, 4),
    ),
    Feature::number(
        "returning_after_8_bars",
        Unit::Share,
        "share of the notes that stand at the same place and pitch eight bars before",
        |view| returning(view, 8),
    ),
    Feature::number(
        "lead_repeated_bars",
        Unit::Share,
        "share of the bars, from the second on, in which the lead plays what it played in an \
         earlier one, or is silent as there",
        lead_repeated_bars,
    ),
    Feature::number(
        "repeated_bars",
        Unit::Share,
        "share of the bars with notes, from the second on, that are note for note an earlier one",
        |view| {
            let bars = filled_bars(view);
            share(n_repeated(&bars), bars.len().saturating_sub(1))
        },
    ),
    Feature::number(
        "bar_similarity",
        Unit::Share,
        "what each bar with notes shares with the earlier one most like it",
        bar_similarity,
    ),
]];

/// What is played in a bar: where, by which voice, at which pitch.
type Bar = BTreeSet<(u32, Voice, u8)>;

fn returning(view: &View, n_bars: u32) -> f64 {
    let back = n_bars * view.song.steps_per_bar();
    let notes = view.song.notes();
    let places: HashSet<(u32, u8)> =
        notes.iter().map(|note| (note.onset, note.pitch.number())).collect();
    let later = notes.iter().filter(|note| note.onset >= back);
    let returns = |note: &&GridNote| places.contains(&(note.onset - back, note.pitch.number()));
    share(later.clone().filter(returns).count(), later.count())
}

fn lead_repeated_bars(view: &View) -> f64 {
    let bars = bars(view, &view.lead().notes);
    share(n_repeated(&bars), bars.len() - 1)
}

fn filled_bars(view: &View) -> Vec<Bar> {
    bars(view, view.song.notes()).into_iter().filter(|bar| !bar.is_empty()).collect()
}

fn bars(view: &View, notes: &[GridNote]) -> Vec<Bar> {
    let steps = view.song.steps_per_bar();
    let mut bars = vec![Bar::new(); view.song.n_bars() as usize];
    for note in notes {
        let place = (note.onset % steps, note.voice, note.pitch.number());
        bars[(note.onset / steps) as usize].insert(place);
    }
    bars
}

fn bar_similarity(view: &View) -> f64 {
    let bars = filled_bars(view);
    let shared = |a: &Bar, b: &Bar| share(a.intersection(b).count(), a.union(b).count());
    let best = |idx: usize| {
        bars[..idx].iter().map(|earlier| shared(&bars[idx], earlier)).fold(0.0, f64::max)
    };
    mean((1..bars.len()).map(best))
}
