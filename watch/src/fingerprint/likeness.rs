//! Are these two songs the same, and what was changed?
//!
//! One song is laid over the other (`overlay`); then each note of either lead is looked for among the
//! other song's notes, whatever voice they have, as leads are not always picked alike.
//! Both leads must be found nearly whole, in nearly all their bars, and both songs must last nearly
//! as long: so neither a part of a song, nor a longer version, nor one with some bars rewritten is
//! its double. Where both have an accompaniment, that must be found too: the same tune over other
//! harmonies is a piece of its own.

use std::collections::BTreeMap;
use std::fmt;

use music::song::{STEPS_PER_BEAT, Song, Voice};

use super::line::{Line, Stroke};
use super::overlay::{Lay, TOLERANCE, ways};

/// The least share of either lead's notes that the other song has.
const MIN_SHARE: f64 = 0.8;
/// The largest share of bars in which most notes are not found.
const MAX_LOST_BARS: f64 = 0.2;
/// The least share of the accompaniment that the other song has, where both have one.
const MIN_REST: f64 = 0.7;
/// With fewer notes than one for so many of the lead, there is no accompaniment to speak of.
const THIN: usize = 4;
/// The least share of the longer song's length that the shorter has.
const MIN_LENGTH: f64 = 0.8;
/// Steps of the bars in which notes are counted.
const BAR: u32 = 4 * STEPS_PER_BEAT;
/// How a song differs from one that it is the double of.
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

/// How `song` is the same as `known`; `None` if it is another song, a part of it, or a variation.
pub fn compare(song: &Song, known: &Song) -> Option<Likeness> {
    let (ours, theirs) = (Side::of(song), Side::of(known));
    let mut best: Option<Likeness> = None;
    let lines = [(&ours.lead, &theirs.lead), (&ours.top, &theirs.top)];
    for lay in ways(&lines) {
        if !lasts_alike(&ours, &theirs, &lay) {
            continue;
        }
        let there = found(ours.lead.strokes(), &lay, &theirs.notes);
        let back = found(theirs.lead.strokes(), &lay.inverse(), &ours.notes);
        let are_whole = there.is_whole() && back.is_whole();
        if !(are_whole && is_accompanied_alike(&ours, &theirs, &lay)) {
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

/// What of a song is compared.
struct Side {
    lead: Line,
    top: Line,
    /// Notes of the other voices.
    rest: Vec<Stroke>,
    notes: Notes,
    /// Steps from the first to the last onset.
    n_steps: u32,
}

impl Side {
    fn of(song: &Song) -> Self {
        let all = song.notes();
        let onsets = all.first().zip(all.last()).map(|(first, last)| last.onset - first.onset);
        let rest = all.iter().filter(|note| note.voice != Voice::Lead);
        Self {
            lead: Line::lead(song),
            top: Line::top(song),
            rest: rest.map(|n| Stroke { onset: n.onset, pitch: n.pitch.number() }).collect(),
            notes: Notes::of(song),
            n_steps: onsets.unwrap_or(0),
        }
    }
}

/// Whether one song is not much longer than the other.
fn lasts_alike(ours: &Side, theirs: &Side, lay: &Lay) -> bool {
    let (ours, theirs) = (lay.stretch.of(i64::from(ours.n_steps)), i64::from(theirs.n_steps));
    ours.min(theirs) as f64 >= MIN_LENGTH * ours.max(theirs) as f64
}

/// Whether the other song has the thinner of both accompaniments.
fn is_accompanied_alike(ours: &Side, theirs: &Side, lay: &Lay) -> bool {
    let (side, lay, notes) = if ours.rest.len() <= theirs.rest.len() {
        (ours, *lay, &theirs.notes)
    } else {
        (theirs, lay.inverse(), &ours.notes)
    };
    side.rest.len() < side.lead.strokes().len() / THIN
        || found(&side.rest, &lay, notes).share >= MIN_REST
}

/// When each pitch of a song is struck, in any voice.
struct Notes(Vec<Vec<u32>>);

impl Notes {
    fn of(song: &Song) -> Self {
        let mut onsets = vec![Vec::new(); 128];
        for note in song.notes() {
            onsets[usize::from(note.pitch.number())].push(note.onset);
        }
        Self(onsets)
    }

    fn has(&self, pitch: i32, time: i64) -> bool {
        let Some(onsets) = usize::try_from(pitch).ok().and_then(|pitch| self.0.get(pitch)) else {
            return false;
        };
        let from = time - i64::from(TOLERANCE);
        let next = onsets.partition_point(|onset| i64::from(*onset) < from);
        onsets.get(next).is_some_and(|onset| i64::from(*onset) <= time + i64::from(TOLERANCE))
    }
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

fn found(line: &[Stroke], lay: &Lay, notes: &Notes) -> Found {
    let mut n_found = 0;
    let mut bars: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for stroke in line {
        let is_there = notes.has(i32::from(stroke.pitch) + lay.semitones, lay.time(stroke.onset));
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
    use music::song::GridNote;

    const BAR_STEPS: u32 = 96;
    /// Eight bars of four notes.
    const TUNE: [u8; 32] = [
        72, 75, 79, 77, 75, 74, 72, 67, 70, 72, 75, 74, 72, 70, 68, 67, 72, 75, 79, 80, 82, 80, 79,
        75, 77, 75, 74, 72, 70, 71, 74, 72,
    ];

    fn notes(voice: Voice, pitches: &[u8]) -> Vec<GridNote> {
        let note = |(pitch, idx): (&u8, u32)| GridNote {
            onset: idx * 24,
            voice,
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: 12,
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
    fn halves_and_repetitions_are_no_doubles_of_the_whole() {
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
    fn a_tune_alone_is_the_double_of_the_whole_but_not_over_other_harmonies() {
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
    fn a_song_without_a_lead_is_no_double() {
        let without = song(notes(Voice::Bass, &TUNE));
        assert_eq!(compare(&without, &without), None);
        assert_eq!(compare(&song(Vec::new()), &tune()), None);
    }

    #[test]
    fn an_endless_trill_takes_no_long_time() {
        let pitches: Vec<u8> = [72, 74].into_iter().cycle().take(8000).collect();
        let mut trill = notes(Voice::Lead, &pitches);
        for note in &mut trill {
            note.onset /= 8;
        }
        let trill = song(trill);
        let started = std::time::Instant::now();
        assert!(compare(&trill, &trill).is_some());
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
}
