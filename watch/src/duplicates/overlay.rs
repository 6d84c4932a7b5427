//! In which ways may one song be laid over another so that their lines meet?
//!
//! Moved in pitch and time, perhaps in double or half time. Phrases of three intervals that both
//! lines have vote for how. Nothing here says whether the songs are the same.

use std::collections::BTreeMap;

use super::line::{Line, Stroke};

/// The steps that a note may be off.
pub(super) const TOLERANCE: u32 = 3;
/// The steps that two votes for one shift may be apart.
const APART: i64 = 2;
/// Intervals of a phrase that votes.
const INTERVALS: usize = 3;
/// How often one phrase votes in each song, as loops repeat theirs without end.
const MAX_REPEATS: usize = 16;
/// The most notes of a line that vote, from its start.
const MAX_VOTERS: usize = 2048;
/// The most ways of laying one song over the other that are tried.
const MAX_TRIED: usize = 8;
/// How many times as long the first song's notes may last in the second: as written, double time,
/// half time.
const STRETCHES: [Stretch; 3] =
    [Stretch { by: 1, over: 1 }, Stretch { by: 2, over: 1 }, Stretch { by: 1, over: 2 }];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    pub(super) by: u16,
    pub(super) over: u16,
}

impl Stretch {
    /// So many steps, stretched.
    pub(super) fn of(self, steps: i64) -> i64 {
        (2 * steps * i64::from(self.by) + i64::from(self.over)).div_euclid(2 * i64::from(self.over))
    }
}

/// A way of laying one song over another: its times are stretched, then shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lay {
    pub(super) stretch: Stretch,
    /// From our pitches to theirs.
    pub(super) semitones: i32,
    /// Steps from our stretched times to theirs.
    shift: i64,
}

impl Lay {
    /// The way back.
    pub(super) fn inverse(self) -> Self {
        let stretch = Stretch { by: self.stretch.over, over: self.stretch.by };
        Self { stretch, semitones: -self.semitones, shift: -stretch.of(self.shift) }
    }

    /// When one of our onsets falls in the other song.
    pub(super) fn time(self, onset: u32) -> i64 {
        self.stretch.of(i64::from(onset)) + self.shift
    }
}

/// The ways of laying our lines over theirs for which most shared phrases vote, the best first, at
/// most eight.
pub(super) fn ways(lines: &[(&Line, &Line)]) -> Vec<Lay> {
    let mut votes: BTreeMap<Lay, u32> = BTreeMap::new();
    for (ours, theirs) in lines {
        vote(&ours.changes(), &theirs.changes(), &mut votes);
    }
    most_voted(&votes)
}

fn vote(ours: &[Stroke], theirs: &[Stroke], votes: &mut BTreeMap<Lay, u32>) {
    let theirs = by_intervals(theirs);
    for (intervals, ours) in by_intervals(ours) {
        let Some(theirs) = theirs.get(&intervals) else { continue };
        for (our, their) in ours.iter().flat_map(|our| theirs.iter().map(move |their| (our, their)))
        {
            for stretch in STRETCHES {
                let is_as_long =
                    (stretch.of(our.span) - their.span).abs() <= i64::from(2 * TOLERANCE);
                if is_as_long {
                    let semitones = i32::from(their.first.pitch) - i32::from(our.first.pitch);
                    let shift =
                        i64::from(their.first.onset) - stretch.of(i64::from(our.first.onset));
                    *votes.entry(Lay { stretch, semitones, shift }).or_default() += 1;
                }
            }
        }
    }
}

/// The ways with most votes, those for nearly the same shift counted for each other.
fn most_voted(votes: &BTreeMap<Lay, u32>) -> Vec<Lay> {
    let near = |lay: &Lay| {
        let [from, to] = [-APART, APART].map(|apart| Lay { shift: lay.shift + apart, ..*lay });
        votes.range(from..=to)
    };
    let sum = |lay: &Lay| -> u32 { near(lay).map(|(_, n)| n).sum() };
    let mut ranked: Vec<(u32, u32, Lay)> =
        votes.iter().map(|(lay, n)| (sum(lay), *n, *lay)).collect();
    ranked.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2)));
    let mut tried: Vec<Lay> = Vec::new();
    for (_, _, lay) in ranked {
        let is_near = |other: &Lay| {
            (other.stretch, other.semitones) == (lay.stretch, lay.semitones)
                && (other.shift - lay.shift).abs() <= APART
        };
        if !tried.iter().any(is_near) {
            tried.push(lay);
        }
        if tried.len() == MAX_TRIED {
            break;
        }
    }
    tried
}

/// A phrase somewhere in a song.
struct Place {
    first: Stroke,
    span: i64,
}

fn by_intervals(strokes: &[Stroke]) -> BTreeMap<Vec<u8>, Vec<Place>> {
    let mut places: BTreeMap<Vec<u8>, Vec<Place>> = BTreeMap::new();
    let length = (INTERVALS + 1).min(strokes.len());
    if length < 2 {
        return places;
    }
    for phrase in strokes.windows(length).take(MAX_VOTERS) {
        let (first, last) = (phrase[0], phrase[length - 1]);
        let intervals = phrase.iter().map(|s| (s.pitch + 12 - first.pitch % 12) % 12).collect();
        let places = places.entry(intervals).or_default();
        if places.len() < MAX_REPEATS {
            places.push(Place { first, span: i64::from(last.onset - first.onset) });
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};

    #[test]
    fn an_endless_trill_casts_few_votes_and_is_laid_over_itself_in_few_ways() {
        let note = |idx: u32| {
            GridNote::new(
                3 * idx,
                Voice::Lead,
                Pitch::new(if idx.is_multiple_of(2) { 72 } else { 74 }).expect("a pitch"),
                3,
            )
        };
        let trill = Line::lead(&Song::new(150.0, 4, 250, (0..8000).map(note)));
        assert!(trill.strokes().len() > MAX_VOTERS);
        let mut votes = BTreeMap::new();
        vote(&trill.changes(), &trill.changes(), &mut votes);
        // It has two phrases, one up and one down, each laid over itself.
        let most = 2 * MAX_REPEATS * MAX_REPEATS * STRETCHES.len();
        assert!(votes.values().sum::<u32>() as usize <= most);
        let ways = ways(&[(&trill, &trill)]);
        assert!(ways.len() <= MAX_TRIED);
        assert!(ways.iter().any(|lay| (lay.semitones, lay.time(0)) == (0, 0)));
    }
}
