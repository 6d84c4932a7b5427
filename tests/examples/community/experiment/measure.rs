//! What do hidden preferences listen to?
//!
//! Counted from the notes of a file, on purpose without the features from which the taste learns: what
//! judges must not be what is judged.

use std::collections::BTreeSet;

use super::heard::{Heard, Note};

/// A number about a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Notes in a bar.
    Density,
    /// How much of each bar of the lead was heard in an earlier bar.
    Repetition,
    /// Semitones from note to note of the lead.
    Leaps,
    /// Share of the lead's moves that are by one or two semitones.
    Steps,
    /// Mean pitch of the lead.
    Register,
    /// Longest ascents: moves upwards in a row, on average.
    Ascents,
    /// How much better the notes fit a major key than a minor one.
    Major,
    /// Share of beats that the lead ties over from a note struck off the beat.
    Syncopation,
    /// Beats that a note of the lead lasts.
    Length,
    /// Share of the notes struck on the third beat that lie a third below the one before them.
    ThirdBeatFall,
    /// Pitches between the lowest and the highest note of the lead.
    Span,
    /// Share of the lead's notes that are struck in the second half of their bar.
    BackHalf,
}

/// The values of all measures.
pub(super) type Values = [f64; Measure::ALL.len()];

impl Measure {
    pub(super) const ALL: [Self; 12] = [
        Self::Density,
        Self::Repetition,
        Self::Leaps,
        Self::Steps,
        Self::Register,
        Self::Ascents,
        Self::Major,
        Self::Syncopation,
        Self::Length,
        Self::ThirdBeatFall,
        Self::Span,
        Self::BackHalf,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Density => "density",
            Self::Repetition => "repetition",
            Self::Leaps => "leaps",
            Self::Steps => "steps",
            Self::Register => "register",
            Self::Ascents => "ascents",
            Self::Major => "major",
            Self::Syncopation => "syncopation",
            Self::Length => "length",
            Self::ThirdBeatFall => "third-beat fall",
            Self::Span => "span",
            Self::BackHalf => "back half",
        }
    }

    fn of(self, heard: &Heard) -> f64 {
        let pitches = || heard.line.iter().map(|note| f64::from(note.pitch));
        let moves = || heard.line.windows(2).map(|pair| step(&pair[0], &pair[1]));
        match self {
            Self::Density => heard.notes.len() as f64 / heard.n_bars as f64,
            Self::Repetition => repetition(heard),
            Self::Leaps => mean(moves().map(|by| f64::from(by.abs()))),
            Self::Steps => share(moves(), |by| (1..=2).contains(&by.abs())),
            Self::Register => mean(pitches()),
            Self::Ascents => ascents(moves()),
            Self::Major => major(&heard.notes),
            Self::Syncopation => syncopation(heard),
            Self::Length => mean(heard.line.iter().map(|note| note.length)),
            Self::ThirdBeatFall => third_beat_fall(heard),
            Self::Span => {
                let lowest = pitches().fold(f64::INFINITY, f64::min);
                pitches().fold(lowest, f64::max) - lowest
            }
            Self::BackHalf => {
                share(heard.line.iter(), |note| heard.place(note.at).1 >= heard.beats_per_bar / 2.0)
            }
        }
    }
}

/// All measures of a track.
pub(super) fn values(heard: &Heard) -> Values {
    Measure::ALL.map(|measure| measure.of(heard))
}

/// 0 where there is nothing.
fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = numbers.fold((0.0, 0), |(sum, n), number| (sum + number, n + 1));
    sum / f64::from(n.max(1))
}

fn share<T>(things: impl Iterator<Item = T>, mut counts: impl FnMut(T) -> bool) -> f64 {
    mean(things.map(|thing| if counts(thing) { 1.0 } else { 0.0 }))
}

/// Semitones from one note to another.
fn step(from: &Note, to: &Note) -> i32 {
    i32::from(to.pitch) - i32::from(from.pitch)
}

/// Of each bar but the first: the share of its notes that an earlier bar has at the same place and pitch,
/// the likest one.
fn repetition(heard: &Heard) -> f64 {
    let mut bars = vec![BTreeSet::new(); heard.n_bars];
    for note in &heard.line {
        let (bar, beat) = heard.place(note.at);
        bars[bar].insert(((beat * 24.0).round() as u32, note.pitch));
    }
    let heard_before = |idx: usize| {
        let likeness = |other: &BTreeSet<_>| {
            let n_both = bars[idx].intersection(other).count();
            n_both as f64 / (bars[idx].len() + other.len() - n_both).max(1) as f64
        };
        bars[..idx].iter().map(likeness).fold(0.0, f64::max)
    };
    mean((1..bars.len()).filter(|idx| !bars[*idx].is_empty()).map(heard_before))
}

/// The mean number of moves upwards in a row.
fn ascents(moves: impl Iterator<Item = i32>) -> f64 {
    let (mut n_up, mut n_ascents, mut is_rising) = (0, 0, false);
    for by in moves.filter(|by| *by != 0) {
        n_up += i32::from(by > 0);
        n_ascents += i32::from(by > 0 && !is_rising);
        is_rising = by > 0;
    }
    f64::from(n_up) / f64::from(n_ascents.max(1))
}

/// The correlation with the best major key minus that with the best minor key, by the profiles of
/// Krumhansl & Kessler (Psychological Review 89, 1982), each note for as long as it sounds.
fn major(notes: &[Note]) -> f64 {
    const MAJOR: [f64; 12] =
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
    const MINOR: [f64; 12] =
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];
    let mut sounding = [0.0; 12];
    for note in notes {
        sounding[usize::from(note.pitch % 12)] += note.length;
    }
    let best = |profile: &[f64; 12]| {
        let fit = |tonic: usize| {
            let turned: [f64; 12] = std::array::from_fn(|class| profile[(class + 12 - tonic) % 12]);
            correlation(&sounding, &turned)
        };
        (0..12).map(fit).fold(f64::NEG_INFINITY, f64::max)
    };
    best(&MAJOR) - best(&MINOR)
}

/// Pearson's; 0 if either does not vary.
fn correlation(a: &[f64; 12], b: &[f64; 12]) -> f64 {
    let centred = |numbers: &[f64; 12]| {
        let middle = mean(numbers.iter().copied());
        numbers.map(|number| number - middle)
    };
    let product = |a: &[f64; 12], b: &[f64; 12]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (centred(a), centred(b));
    let scale = (product(&a, &a) * product(&b, &b)).sqrt();
    if scale > 0.0 { product(&a, &b) / scale } else { 0.0 }
}

/// Whether a time is on a beat, as closely as a grid of 24 steps tells.
fn is_on_beat(at: f64) -> bool {
    (at - at.round()).abs() < 1.0 / 48.0
}

fn syncopation(heard: &Heard) -> f64 {
    let ties_over = |note: &&Note| {
        let next_beat = note.at.ceil();
        let is_restruck = heard.line.iter().any(|other| (other.at - next_beat).abs() < 1.0 / 48.0);
        !is_on_beat(note.at) && note.at + note.length > next_beat + 1.0 / 24.0 && !is_restruck
    };
    let n_tied = heard.line.iter().filter(ties_over).count();
    n_tied as f64 / (heard.n_bars as f64 * heard.beats_per_bar)
}

fn third_beat_fall(heard: &Heard) -> f64 {
    let on_third = |pair: &&[Note]| (heard.place(pair[1].at).1 - 2.0).abs() < 1.0 / 48.0;
    let falls = |pair: &[Note]| (-4..=-3).contains(&step(&pair[0], &pair[1]));
    share(heard.line.windows(2).filter(on_third), falls)
}

#[cfg(test)]
mod tests {
    use super::super::heard::tests::line;
    use super::*;

    fn assert_measures(heard: &Heard, expected: &[(Measure, f64)]) {
        for (measure, value) in expected {
            let found = measure.of(heard);
            assert!((found - value).abs() < 1e-9, "{measure:?} is {found}, not {value}");
        }
    }

    #[test]
    fn measures_count_what_their_names_say() {
        // Two bars; the second repeats two of the first one's three notes and has one of its own.
        let heard = line(&[
            (0.0, 1.0, 60),
            (1.0, 1.0, 62),
            (2.0, 2.0, 59),
            (4.0, 1.0, 60),
            (5.0, 0.5, 62),
            (5.5, 1.0, 69),
        ]);
        assert_measures(
            &heard,
            &[
                (Measure::Density, 3.0),
                (Measure::Repetition, 0.5),
                (Measure::Leaps, 15.0 / 5.0),
                (Measure::Steps, 3.0 / 5.0),
                (Measure::Register, 62.0),
                // Up; down; up, up, up.
                (Measure::Ascents, 2.0),
                (Measure::Syncopation, 1.0 / 8.0),
                (Measure::Length, 6.5 / 6.0),
                (Measure::ThirdBeatFall, 1.0),
                (Measure::Span, 10.0),
                (Measure::BackHalf, 1.0 / 6.0),
            ],
        );
    }

    #[test]
    fn major_is_told_from_minor_in_any_key() {
        let scale = |intervals: [u8; 7], tonic: u8| {
            let notes: Vec<_> = intervals
                .iter()
                .enumerate()
                .map(|(idx, up)| {
                    (idx as f64, if [0, 2, 4].contains(&idx) { 2.0 } else { 1.0 }, tonic + up)
                })
                .collect();
            Measure::Major.of(&line(&notes))
        };
        for tonic in 60..72 {
            assert!(scale([0, 2, 4, 5, 7, 9, 11], tonic) > 0.05);
            assert!(scale([0, 2, 3, 5, 7, 8, 10], tonic) < -0.05);
        }
    }
}
