//! Are these two songs the same, and what was changed?
//!
//! One song is laid over the other (`overlay`); then each note of either lead is looked for among the
//! other song's notes, whatever voice they have, as leads are not always picked alike.
//! Both leads must be found nearly whole, in nearly all their bars, and both songs must last nearly
//! as long: so neither a part of a song, nor a longer version, nor one with some bars rewritten is
//! its duplicate. Where both have an accompaniment, that must be found too: the same tune over other
//! harmonies is a piece of its own.

use std::collections::BTreeMap;
use std::fmt;

use music::song::STEPS_PER_BEAT;

use super::line::Stroke;
use super::outline::{Onsets, Outline};
use super::overlay::{Lay, TOLERANCE, ways};

/// The least share of either lead's notes that the other song has.
const MIN_SHARE: f64 = 0.8;
/// The largest share of bars in which most notes are not found.
const MAX_LOST_BARS: f64 = 0.2;
/// The least share of the accompaniment that the other song has, where both have one.
const MIN_REST: f64 = 0.7;
/// With fewer than one note for this many of the lead, there is no accompaniment to speak of.
const THIN: usize = 4;
/// The least share of the longer song's length that the shorter has.
const MIN_LENGTH: f64 = 0.8;
/// Steps of the bars in which notes are counted.
const BAR: u32 = 4 * STEPS_PER_BEAT;

/// How a song differs from one that it is a duplicate of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Semitones that it is higher.
    pub transposed_by: i32,
    /// How many times as many beats it takes: 1, 2 or 0.5.
    pub stretched_by: f64,
    /// The share of notes found again, 0.8 to 1, in that lead where it is less.
    pub share: f64,
}

impl fmt::Display for Likeness {
    /// What a person needs to check it: `same melody, transposed by +2, 97 % of its notes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("same melody")?;
        if self.transposed_by != 0 {
            write!(f, ", transposed by {:+}", self.transposed_by)?;
        }
        if self.stretched_by > 1.0 {
            f.write_str(", in half time")?;
        } else if self.stretched_by < 1.0 {
            f.write_str(", in double time")?;
        }
        write!(f, ", {:.0} % of its notes", (self.share * 100.0).floor())
    }
}

/// How our song is the same as theirs; `None` if it is another song, a part of it, or a variation.
pub fn compare(ours: &Outline, theirs: &Outline) -> Option<Likeness> {
    let mut best: Option<Likeness> = None;
    let lines = [(&ours.lead, &theirs.lead), (&ours.top, &theirs.top)];
    for lay in ways(&lines) {
        if !lasts_alike(ours, theirs, &lay) {
            continue;
        }
        let there = found(ours.lead.strokes(), &lay, &theirs.onsets);
        let back = found(theirs.lead.strokes(), &lay.inverse(), &ours.onsets);
        let are_whole = there.is_whole() && back.is_whole();
        if !(are_whole && is_accompanied_alike(ours, theirs, &lay)) {
            continue;
        }
        let share = there.share.min(back.share);
        if best.is_none_or(|best| share > best.share) {
            best = Some(Likeness {
                transposed_by: -lay.semitones,
                stretched_by: f64::from(lay.stretch.over) / f64::from(lay.stretch.by),
                share,
            });
        }
    }
    best
}

/// Whether one song is not much longer than the other.
fn lasts_alike(ours: &Outline, theirs: &Outline, lay: &Lay) -> bool {
    let (ours, theirs) = (lay.stretch.of(i64::from(ours.n_steps)), i64::from(theirs.n_steps));
    ours.min(theirs) as f64 >= MIN_LENGTH * ours.max(theirs) as f64
}

/// Whether the other song has the thinner of both accompaniments.
fn is_accompanied_alike(ours: &Outline, theirs: &Outline, lay: &Lay) -> bool {
    let (outline, lay, onsets) = if ours.rest.len() <= theirs.rest.len() {
        (ours, *lay, &theirs.onsets)
    } else {
        (theirs, lay.inverse(), &ours.onsets)
    };
    outline.rest.len() < outline.lead.strokes().len() / THIN
        || found(&outline.rest, &lay, onsets).share >= MIN_REST
}

/// What of a line was found in another song.
struct Found {
    /// Share of its notes.
    share: f64,
    /// Share of its bars in which fewer than half the notes were found.
    lost_bars: f64,
}

impl Found {
    fn is_whole(&self) -> bool {
        self.share >= MIN_SHARE && self.lost_bars <= MAX_LOST_BARS
    }
}

fn found(line: &[Stroke], lay: &Lay, onsets: &Onsets) -> Found {
    let mut n_found = 0;
    let mut bars: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for stroke in line {
        let pitch = i32::from(stroke.pitch) + lay.semitones;
        let is_there = onsets.has(pitch, lay.time(stroke.onset), TOLERANCE);
        let (n_there, n_all) = bars.entry(stroke.onset / BAR).or_default();
        *n_there += u32::from(is_there);
        *n_all += 1;
        n_found += u32::from(is_there);
    }
    let n_lost = bars.values().filter(|(n_there, n_all)| 2 * n_there < *n_all).count();
    let share = |n: f64, of: usize| if of == 0 { 0.0 } else { n / of as f64 };
    Found {
        share: share(f64::from(n_found), line.len()),
        lost_bars: share(n_lost as f64, bars.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};

    const BAR_STEPS: u32 = 96;
    /// Eight bars of four notes.
    const TUNE: [u8; 32] = [
        72, 75, 79, 77, 75, 74, 72, 67, 70, 72, 75, 74, 72, 70, 68, 67, 72, 75, 79, 80, 82, 80, 79,
        75, 77, 75, 74, 72, 70, 71, 74, 72,
    ];

    fn notes(voice: Voice, pitches: &[u8]) -> Vec<GridNote> {
        let note = |(pitch, idx): (&u8, u32)| {
            GridNote::new(idx * 24, voice, Pitch::new(*pitch).expect("a pitch"), 12)
        };
        pitches.iter().zip(0..).map(note).collect()
    }

    fn song(notes: Vec<GridNote>) -> Song {
        let n_bars = notes.iter().map(|note| note.onset).max().unwrap_or(0) / BAR_STEPS + 1;
        Song::new(150.0, 4, n_bars, notes)
    }

    fn tune() -> Song {
        song(notes(Voice::Lead, &TUNE))
    }

    fn compare(song: &Song, known: &Song) -> Option<Likeness> {
        super::compare(&Outline::of(song), &Outline::of(known))
    }

    fn said(song: &Song, known: &Song) -> Option<String> {
        compare(song, known).map(|likeness| likeness.to_string())
    }

    #[test]
    fn key_place_and_single_notes_do_not_matter() {
        let mut changed = notes(Voice::Lead, &TUNE);
        changed[9].pitch = Pitch::new(73).expect("a pitch");
        changed.remove(20);
        for note in &mut changed {
            note.onset += 24;
            note.pitch = note.pitch.transposed(2).expect("in range");
        }
        let said = said(&song(changed), &tune());
        assert_eq!(said.as_deref(), Some("same melody, transposed by +2, 93 % of its notes"));
    }

    #[test]
    fn half_and_double_time_are_recognised() {
        let mut slow = notes(Voice::Lead, &TUNE);
        for note in &mut slow {
            note.onset *= 2;
        }
        let slow = song(slow);
        let half = "same melody, in half time, 100 % of its notes";
        let double = "same melody, in double time, 100 % of its notes";
        assert_eq!(said(&slow, &tune()).as_deref(), Some(half));
        assert_eq!(said(&tune(), &slow).as_deref(), Some(double));
    }

    #[test]
    fn halves_and_repetitions_are_no_duplicates_of_the_whole() {
        let first = song(notes(Voice::Lead, &TUNE[..16]));
        let second = song(notes(Voice::Lead, &TUNE[16..]));
        let twice = song(notes(Voice::Lead, &[TUNE, TUNE].concat()));
        for other in [first, second, twice] {
            assert_eq!(compare(&other, &tune()), None);
            assert_eq!(compare(&tune(), &other), None);
        }
    }

    #[test]
    fn a_song_with_a_third_of_its_bars_rewritten_stays() {
        let mut pitches = TUNE;
        for (bar, new) in [(1, [60, 84, 61, 83]), (4, [85, 62, 86, 63]), (6, [64, 87, 65, 88])] {
            pitches[4 * bar..4 * bar + 4].copy_from_slice(&new);
        }
        assert_eq!(compare(&song(notes(Voice::Lead, &pitches)), &tune()), None);
    }

    #[test]
    fn a_tune_alone_is_a_duplicate_of_the_whole_but_not_over_other_harmonies() {
        let over = |bass: [u8; 4]| {
            let bass = notes(Voice::Bass, &bass.repeat(8));
            song(notes(Voice::Lead, &TUNE).into_iter().chain(bass).collect())
        };
        let whole = over([36, 43, 44, 41]);
        assert!(compare(&tune(), &whole).is_some());
        assert!(compare(&whole, &whole).is_some());
        assert_eq!(compare(&over([45, 38, 40, 47]), &whole), None);
    }

    #[test]
    fn a_lead_that_was_taken_for_chords_is_found_all_the_same() {
        let other = song(
            notes(Voice::Chords, &TUNE)
                .into_iter()
                .enumerate()
                .map(|(idx, note)| {
                    let voice = if idx % 3 == 0 { Voice::Lead } else { Voice::Chords };
                    GridNote { voice, ..note }
                })
                .collect(),
        );
        assert!(compare(&other, &tune()).is_some());
    }

    #[test]
    fn a_song_without_a_lead_is_no_duplicate() {
        let without = song(notes(Voice::Bass, &TUNE));
        assert_eq!(compare(&without, &without), None);
        assert_eq!(compare(&song(Vec::new()), &tune()), None);
    }
}
