//! How varied and how syncopated is the rhythm?

use std::collections::BTreeSet;

use super::measures::{entropy_bits, mean, share};
use super::schema::{Feature, Unit};
use super::view::View;
use crate::song::{GridNote, STEPS_PER_BEAT};

/// Bars within which rhythms are compared, so that a long song counts as a short one.
const PASSAGE: u32 = 8;

pub(super) const FEATURES: &[&[Feature<View>]] = &[&[
    Feature::number(
        "lead_syncopation",
        Unit::Number,
        "by how many levels of the metre the lead's onsets are weaker than what they are held over, \
         on average (Longuet-Higgins and Lee 1984)",
        |view| {
            let tops = view.lead().tops.windows(2);
            mean(tops.map(|pair| f64::from(syncopation(view, pair[0], pair[1]))))
        },
    ),
    Feature::number(
        "lead_gap_entropy",
        Unit::Bits,
        "how varied the distances between the lead's onsets are",
        |view| {
            let tops = view.lead().tops.windows(2);
            entropy_bits(tops.map(|pair| pair[1].onset - pair[0].onset))
        },
    ),
    Feature::number(
        "lead_rhythms",
        Unit::Share,
        "share of the bars of eight in which the lead has a rhythm that it had in none before",
        lead_rhythms,
    ),
]];

/// How strong a place in the bar is: 0 at its start, one less for each level of the metre below. Of
/// triplets the places are as strong as the halves that they stand for.
fn strength(at: u32, bar: u32) -> i32 {
    let levels = levels(bar);
    let place = at % bar;
    let level = (0..).zip(levels).find(|(_, step)| place.is_multiple_of(*step));
    match level {
        Some((level, _)) => -level,
        None if place.is_multiple_of(STEPS_PER_BEAT / 3) => -3,
        None if place.is_multiple_of(STEPS_PER_BEAT / 6) => -4,
        None => -5,
    }
}

/// The metre's levels in steps: bar, half bar where it has an even number of beats, beat, half and
/// quarter of a beat.
fn levels(bar: u32) -> [u32; 5] {
    let half_bar = if (bar / STEPS_PER_BEAT).is_multiple_of(2) { bar / 2 } else { bar };
    [bar, half_bar, STEPS_PER_BEAT, STEPS_PER_BEAT / 2, STEPS_PER_BEAT / 4]
}

/// How much stronger than the place of a note the strongest is that it is held, or left, over.
fn syncopation(view: &View, note: GridNote, next: GridNote) -> i32 {
    let bar = view.song.steps_per_bar();
    let is_over = |step: u32| (next.onset - 1) / step > note.onset / step;
    let strongest = (0..).zip(levels(bar)).find(|(_, step)| is_over(*step));
    strongest.map_or(0, |(level, _)| (-level - strength(note.onset, bar)).max(0))
}

fn lead_rhythms(view: &View) -> f64 {
    let steps = view.song.steps_per_bar();
    let tops = &view.lead().tops;
    let mut n_new = 0;
    let mut n = 0;
    for passage in tops.chunk_by(|a, b| a.onset / steps / PASSAGE == b.onset / steps / PASSAGE) {
        let bars = passage.chunk_by(|a, b| a.onset / steps == b.onset / steps);
        let rhythm = |bar: &[GridNote]| bar.iter().map(|note| note.onset % steps).collect();
        let rhythms: Vec<Vec<u32>> = bars.map(rhythm).collect();
        n += rhythms.len();
        n_new += rhythms.into_iter().collect::<BTreeSet<_>>().len();
    }
    share(n_new, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::named;
    use crate::score::Pitch;
    use crate::song::{Song, Voice};

    fn value(name: &str, onsets: &[u32]) -> f64 {
        let pitch = Pitch::new(60).expect("a pitch");
        let note = |onset: &u32| GridNote::new(*onset, Voice::Lead, pitch, 6);
        let song = Song::new(150.0, 4, 8, onsets.iter().map(note));
        named(name).expect("a feature").values(&View::of(&song))[0]
    }

    #[test]
    fn what_is_struck_before_a_strong_place_and_held_over_it_is_syncopated() {
        // Straight beats, off-beats, and triplets, which are even too.
        assert!(value("lead_syncopation", &[0, 24, 48, 72, 96]).abs() < 1e-12);
        assert!(value("lead_syncopation", &[0, 8, 16, 24, 32, 40, 48]).abs() < 1e-12);
        // From the last half beat over the bar line: three levels.
        assert!((value("lead_syncopation", &[84, 120]) - 3.0).abs() < 1e-12);
        // Off-beats are held over beats: over two, the half bar and the bar.
        let off_beats = value("lead_syncopation", &[12, 36, 60, 84, 108]);
        assert!((off_beats - f64::from(1 + 2 + 1 + 3) / 4.0).abs() < 1e-12, "{off_beats}");
    }

    #[test]
    fn the_length_of_a_song_makes_its_rhythm_no_more_varied() {
        let bars = |n: u32| -> Vec<u32> {
            (0..n).flat_map(|bar| [0, 24, 60 + bar % 2 * 12].map(|on| bar * 96 + on)).collect()
        };
        assert!((value("lead_rhythms", &bars(8)) - 2.0 / 8.0).abs() < 1e-12);
        let entropy = value("lead_gap_entropy", &bars(8));
        assert!((value("lead_gap_entropy", &bars(4)) - entropy).abs() < 0.1 && entropy > 1.0);
        assert!(value("lead_gap_entropy", &[0, 24, 48, 72]).abs() < 1e-12);
    }
}
