//! Which way does the melody go?
//!
//! Of the lead's top line, the highest note of each onset, so that chords are no leaps.

use super::measures::{Intervals, mean, share};
use super::schema::{Feature, Unit};
use super::view::View;
use crate::song::GridNote;

/// A fourth, in semitones; wider intervals are leaps.
const FOURTH: u32 = 5;
/// Bars of a phrase.
const PHRASE: u32 = 4;

pub(super) const FEATURES: &[&[Feature<View>]] = &[&[
    Feature::number(
        "lead_top_leaps",
        Unit::Share,
        "share of the top line's intervals that are wider than a fourth",
        |view| tops(view).share_of(|size| size > FOURTH),
    ),
    Feature::number(
        "lead_top_steps",
        Unit::Share,
        "share of the top line's intervals that are steps of one or two semitones",
        |view| tops(view).steps(),
    ),
    Feature::number(
        "lead_top_repeats",
        Unit::Share,
        "share of the top line's intervals that repeat a pitch",
        |view| tops(view).share_of(|size| size == 0),
    ),
    Feature::number(
        "lead_rising",
        Unit::Share,
        "share of the top line's intervals that rise, of those that rise or fall; half of none",
        |view| {
            let moving = moving(view);
            let n_rising = moving.iter().filter(|interval| *interval > 0).count();
            let n = moving.iter().count();
            if n == 0 { 0.5 } else { share(n_rising, n) }
        },
    ),
    Feature::number(
        "lead_turns",
        Unit::Share,
        "share of the top line's moves after which it turns back",
        |view| {
            let moves: Vec<i32> = moving(view).iter().collect();
            let n_turns = moves.windows(2).filter(|pair| (pair[0] > 0) != (pair[1] > 0)).count();
            share(n_turns, moves.len().saturating_sub(1))
        },
    ),
    Feature::number(
        "lead_phrase_rise",
        Unit::Semitones,
        "how much higher the second half of four bars lies than the first, on average",
        phrase_rise,
    ),
]];

fn tops(view: &View) -> Intervals {
    Intervals::between(view.lead().tops.iter().map(|note| note.pitch.number()))
}

/// The intervals of the top line that are no repetitions.
fn moving(view: &View) -> Intervals {
    let mut pitches: Vec<u8> = view.lead().tops.iter().map(|note| note.pitch.number()).collect();
    pitches.dedup();
    Intervals::between(pitches)
}

fn phrase_rise(view: &View) -> f64 {
    let half = PHRASE / 2 * view.song.steps_per_bar();
    let phrases = view.lead().tops.chunk_by(|a, b| a.onset / (2 * half) == b.onset / (2 * half));
    let centre = |notes: &[GridNote]| mean(notes.iter().map(|note| f64::from(note.pitch.number())));
    let rises = phrases.filter_map(|phrase| {
        let middle = phrase.partition_point(|note| (note.onset / half).is_multiple_of(2));
        let (first, second) = phrase.split_at(middle);
        let is_whole = !first.is_empty() && !second.is_empty();
        is_whole.then(|| centre(second) - centre(first))
    });
    mean(rises)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::named;
    use crate::score::Pitch;
    use crate::song::{Song, Voice};

    fn value(name: &str, pitches: &[u8]) -> f64 {
        let pitch = |number| Pitch::new(number).expect("a pitch");
        let note =
            |(idx, number): (u32, &u8)| GridNote::new(idx * 48, Voice::Lead, pitch(*number), 24);
        let song = Song::new(150.0, 4, 4, (0..).zip(pitches).map(note));
        named(name).expect("a feature").values(&View::of(&song))[0]
    }

    #[test]
    fn a_rising_line_rises_and_its_mirror_falls() {
        let (up, down) = ([60, 62, 64, 65, 67, 69, 71, 72], [72, 71, 69, 67, 65, 64, 62, 60]);
        assert!((value("lead_rising", &up) - 1.0).abs() < 1e-12);
        assert!(value("lead_rising", &down).abs() < 1e-12);
        let rise = value("lead_phrase_rise", &up);
        assert!((rise - (69.75 - 62.75)).abs() < 1e-12, "{rise}");
        assert!((value("lead_phrase_rise", &down) + rise).abs() < 1e-12);
        assert!(value("lead_turns", &up).abs() < 1e-12);
    }

    #[test]
    fn leaps_turn_and_repetitions_are_no_moves() {
        let line = [60, 67, 60, 60, 72, 60];
        assert!((value("lead_top_leaps", &line) - 0.8).abs() < 1e-12);
        assert!((value("lead_top_repeats", &line) - 0.2).abs() < 1e-12);
        assert!((value("lead_turns", &line) - 1.0).abs() < 1e-12);
        // A fourth is none, a line that stays neither rises nor falls.
        assert!(value("lead_top_leaps", &[60, 65, 60]).abs() < 1e-12);
        assert!((value("lead_rising", &[60, 60, 60]) - 0.5).abs() < 1e-12);
    }
}
