//! By which few phrases is a song found again, in any key, rhythm and tempo?
//!
//! Some dozens of short texts, each for a phrase of its lead or of its top line. So no song has to be
//! compared with all others, and a changed note costs only the phrases that it stands in.
//!
//! The phrases leave out rhythm and octave, which differ most between two exports of one tune. Of a
//! long song's phrases those with the smallest hashes are kept (a bottom-k sketch: Broder, "On the
//! resemblance and containment of documents", 1997), so that two songs keep the same ones of what
//! they share. The top line is there for files whose lead is picked differently in another key.

use std::collections::BTreeSet;

use music::song::Song;

use super::line::{Line, Stroke};

/// The text of a phrase begins with this; another letter for each other way to make them.
const SCHEME: char = 'b';
/// The most phrases of the lead, and as many more of the top line.
const MAX_PHRASES: usize = 31;
/// Intervals of a phrase.
const INTERVALS: usize = 6;
/// Intervals of the phrases of a short lead, in which one changed note would spoil all longer ones.
const SHORT_INTERVALS: usize = 3;
/// Below this many different phrases a lead is short.
const SHORT: usize = 24;
/// The letters of a phrase's text, five bits each.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What the lead of a song is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(Vec<String>);

impl Fingerprint {
    /// The fingerprint of the lead of `song`; `None` without a lead. The same whatever key, tempo
    /// and resolution the lead has.
    pub fn of(song: &Song) -> Option<Self> {
        let lead = Line::lead(song);
        if lead.strokes().is_empty() {
            return None;
        }
        let mut hashes = of_line(&lead);
        hashes.extend(of_line(&Line::top(song)));
        Some(Self(hashes.into_iter().map(text).collect()))
    }

    /// The phrases, at most 64, each a text of 7 letters and digits.
    pub fn phrases(&self) -> &[String] {
        &self.0
    }

    /// Whether such a phrase is one that this version makes.
    pub fn is_current(phrase: &str) -> bool {
        phrase.starts_with(SCHEME) && phrase.len() == 7
    }

    /// The share of all phrases of two songs that both have, 0 to 1.
    pub fn overlap(&self, phrases: &[String]) -> f64 {
        let known: BTreeSet<&String> = phrases.iter().collect();
        let n_shared = self.0.iter().filter(|phrase| known.contains(phrase)).count();
        n_shared as f64 / (self.0.len() + known.len() - n_shared).max(1) as f64
    }
}

fn of_line(line: &Line) -> BTreeSet<u32> {
    let moves = intervals(line.changes().iter());
    let mut hashes = phrases(&moves, INTERVALS);
    if hashes.len() < SHORT {
        hashes.extend(phrases(&moves, SHORT_INTERVALS));
        hashes.extend(phrases(&intervals(line.strokes().iter()), SHORT_INTERVALS + 1));
    }
    let mut kept: BTreeSet<u32> = hashes.into_iter().take(MAX_PHRASES).collect();
    kept.insert(hash(&moves));
    kept
}

/// From pitch class to pitch class, 0 to 11.
fn intervals<'a>(strokes: impl Iterator<Item = &'a Stroke>) -> Vec<u8> {
    let classes: Vec<u8> = strokes.map(|stroke| stroke.pitch % 12).collect();
    classes.windows(2).map(|pair| (pair[1] + 12 - pair[0]) % 12).collect()
}

fn phrases(intervals: &[u8], length: usize) -> BTreeSet<u32> {
    intervals.windows(length).map(hash).collect()
}

/// 30 bits that stand for these intervals.
fn hash(intervals: &[u8]) -> u32 {
    let digest = blake3::hash(intervals);
    digest.as_bytes().iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte)) >> 2
}

fn text(hash: u32) -> String {
    let letter = |place: u32| char::from(LETTERS[(hash >> (5 * place) & 31) as usize]);
    std::iter::once(SCHEME).chain((0..6).map(letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    const TUNE: [u8; 24] = [
        60, 63, 67, 72, 70, 67, 65, 63, 62, 60, 67, 68, 70, 72, 75, 74, 72, 70, 68, 67, 63, 65, 62,
        60,
    ];

    fn song(tempo_bpm: f64, pitches: &[u8]) -> Song {
        let notes = pitches.iter().zip(0..).map(|(pitch, index)| {
            GridNote::new(index * 24, Voice::Lead, Pitch::new(*pitch).expect("a pitch"), 12)
        });
        Song::new(tempo_bpm, 4, 256, notes)
    }

    fn fingerprint(pitches: &[u8]) -> Fingerprint {
        Fingerprint::of(&song(150.0, pitches)).expect("it has a lead")
    }

    #[test]
    fn key_and_tempo_do_not_matter_but_the_tune_does() {
        let tune = fingerprint(&TUNE);
        let higher = TUNE.map(|pitch| pitch + 5);
        assert_eq!(Fingerprint::of(&song(160.0, &higher)), Some(tune.clone()));
        let backwards: Vec<u8> = TUNE.iter().rev().copied().collect();
        assert!(tune.overlap(fingerprint(&backwards).phrases()) < 0.3);
        assert_eq!(Fingerprint::of(&song(150.0, &[])), None);
    }

    #[test]
    fn a_changed_note_leaves_most_phrases() {
        let mut changed = TUNE;
        changed[4] = 71;
        let overlap = fingerprint(&TUNE).overlap(fingerprint(&changed).phrases());
        assert!((0.4..1.0).contains(&overlap), "{overlap}");
    }

    #[test]
    fn phrases_are_few_short_and_of_this_version() {
        let long: Vec<u8> = (0..2000_u32).map(|idx| 60 + (idx * idx % 23) as u8).collect();
        for pitches in [&long[..], &TUNE, &[60], &[60, 62]] {
            let fingerprint = fingerprint(pitches);
            let phrases = fingerprint.phrases();
            assert!((1..=64).contains(&phrases.len()), "{}", phrases.len());
            assert!(phrases.iter().all(|phrase| Fingerprint::is_current(phrase)));
        }
        assert!(!Fingerprint::is_current("an older fingerprint"));
    }
}
