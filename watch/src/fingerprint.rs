//! Is this the same song under another name, in another key, at another tempo?
//!
//! A file's identity is the BLAKE3 hash of its bytes. A song is found by its [`Fingerprint`]: some
//! dozens of short texts, each a phrase of its lead or of its top line in any key and rhythm. Songs
//! that share some are candidates ([`candidates`]); [`compare`] lays the likeliest over each other,
//! note by note, and decides. So no song is compared with all others, and a changed note costs only
//! the phrases that it stands in.
//!
//! The phrases leave out rhythm and octave, which differ most between two exports of one tune. Of a
//! long song's phrases those with the smallest hashes are kept (a bottom-k sketch: Broder, "On the
//! resemblance and containment of documents", 1997), so that two songs keep the same ones of what
//! they share. The top line is there for files whose lead is picked differently in another key.

mod likeness;
mod line;
mod overlay;

use std::collections::{BTreeMap, BTreeSet};

use music::song::Song;

pub use likeness::{Likeness, compare};
use line::{Line, Stroke};

/// Texts begin with this; another letter for each other way to make them.
const SCHEME: char = 'b';
/// The most texts for phrases of the lead, and as many more for those of the top line.
const MAX_PHRASES: usize = 31;
/// Intervals of a phrase.
const INTERVALS: usize = 6;
/// Intervals of the phrases of a short lead, in which one changed note would spoil all longer ones.
const SHORT_INTERVALS: usize = 3;
/// Below this many different phrases a lead is short.
const SHORT: usize = 24;
/// The most songs that are worth a closer look.
const MAX_LISTED: usize = 32;
/// The letters of a text, five bits each.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The identity of a file: BLAKE3 of its bytes, 64 hexadecimal digits.
pub fn content(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

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

    /// The texts, at most 64, each of 7 letters and digits.
    pub fn texts(&self) -> &[String] {
        &self.0
    }

    /// Whether such a text is one that this version makes.
    pub fn is_current(text: &str) -> bool {
        text.starts_with(SCHEME) && text.len() == 7
    }

    /// The share of all texts of two songs that both have, 0 to 1.
    pub fn overlap(&self, texts: &[String]) -> f64 {
        let known: BTreeSet<&String> = texts.iter().collect();
        let n_shared = self.0.iter().filter(|text| known.contains(text)).count();
        n_shared as f64 / (self.0.len() + known.len() - n_shared).max(1) as f64
    }
}

/// The songs that may be the same, the likeliest first, at most 32. `found` has for each text of a
/// fingerprint the songs that have it too; a text that many have says little.
pub fn candidates<S: Copy + Ord>(found: &[Vec<S>]) -> Vec<S> {
    let mut scores: BTreeMap<S, f64> = BTreeMap::new();
    for songs in found {
        for song in songs {
            *scores.entry(*song).or_default() += 1.0 / (songs.len() as f64).sqrt();
        }
    }
    let mut ranked: Vec<(S, f64)> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter().take(MAX_LISTED).map(|(song, _)| song).collect()
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
        let notes = pitches.iter().zip(0..).map(|(pitch, index)| GridNote {
            onset: index * 24,
            voice: Voice::Lead,
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: 12,
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
        assert!(tune.overlap(fingerprint(&backwards).texts()) < 0.3);
        assert_eq!(Fingerprint::of(&song(150.0, &[])), None);
    }

    #[test]
    fn a_changed_note_leaves_most_phrases() {
        let mut changed = TUNE;
        changed[4] = 71;
        let overlap = fingerprint(&TUNE).overlap(fingerprint(&changed).texts());
        assert!((0.4..1.0).contains(&overlap), "{overlap}");
    }

    #[test]
    fn texts_are_few_short_and_of_this_version() {
        let long: Vec<u8> = (0..2000_u32).map(|idx| 60 + (idx * idx % 23) as u8).collect();
        for pitches in [&long[..], &TUNE, &[60], &[60, 62]] {
            let fingerprint = fingerprint(pitches);
            let texts = fingerprint.texts();
            assert!((1..=64).contains(&texts.len()), "{}", texts.len());
            assert!(texts.iter().all(|text| text.len() == 7 && Fingerprint::is_current(text)));
        }
        assert!(!Fingerprint::is_current(&content(b"an older fingerprint")));
    }

    #[test]
    fn a_rare_text_says_more_than_common_ones() {
        let found = [vec![1, 2, 3, 4, 5, 6, 7, 8, 9], vec![1, 2, 3, 4, 5, 6, 7, 8, 9], vec![9, 5]];
        assert_eq!(candidates(&found)[..3], [5, 9, 1]);
        assert_eq!(candidates(&[(0..100).collect::<Vec<u32>>()]).len(), MAX_LISTED);
        assert!(candidates::<u32>(&[]).is_empty());
    }

    #[test]
    fn a_file_is_known_by_its_bytes() {
        assert_eq!(content(b"").len(), 64);
        assert_ne!(content(b"a"), content(b"b"));
    }
}
