//! Which numbers tell one genre's songs from another's?
//!
//! Tempo, rhythm, intervals, scale degrees and texture, as shares and averages, so that songs of any
//! length and key can be compared. Only what is heard counts: nothing of how the file was written
//! (its resolution, names, programs, velocities or length) comes in here.

use std::collections::HashSet;

use crate::key::Mode;
use crate::song::{GridNote, STEPS_PER_BEAT, Song, Voice};

/// Upper edges, in steps, of the classes of lengths and of distances between onsets: from a
/// sixteenth triplet to over four beats.
const LENGTHS: [u32; 10] = [4, 6, 9, 12, 16, 20, 26, 40, 52, 100];
/// Largest interval that is told from still larger ones, in semitones.
const WIDEST: i32 = 12;
/// Where in a beat notes begin is told in so many classes.
const PLACES: u32 = 12;
/// A tempo is told by how near it is to each of these many, a twentieth of an octave apart from 40
/// beats a minute up: genres differ by a few beats a minute, and not all in one direction.
const TEMPOS: u32 = 52;
/// How near counts as near, in octaves: 4 beats a minute at 150.
const TEMPO_WIDTH: f64 = 0.04;

/// The numbers of one song, in a fixed order and of a fixed number; every one is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits(pub(super) Vec<f64>);

impl Traits {
    /// Measures a song.
    pub fn of(song: &Song) -> Self {
        let mut numbers = tempo(song.tempo_bpm());
        numbers.push(f64::from(song.beats_per_bar()));
        numbers.extend(texture(song));
        for voice in Voice::ALL {
            let notes: Vec<GridNote> = song.voice(voice).copied().collect();
            numbers.extend(line(song, &notes));
        }
        Self(numbers)
    }
}

fn tempo(tempo_bpm: f64) -> Vec<f64> {
    let octaves = (tempo_bpm / 40.0).log2();
    let near = |idx: u32| (-0.5 * ((octaves - f64::from(idx) / 20.0) / TEMPO_WIDTH).powi(2)).exp();
    std::iter::once(octaves).chain((0..TEMPOS).map(near)).collect()
}

/// How much there is of each voice, and how much of the music returns.
fn texture(song: &Song) -> Vec<f64> {
    let n_bars = f64::from(song.n_bars());
    let n_notes = song.notes().len().max(1) as f64;
    let minor = if song.key().mode == Mode::Minor { 1.0 } else { 0.0 };
    let mut numbers = vec![minor, (song.notes().len() as f64 / n_bars).ln_1p()];
    for voice in Voice::ALL {
        numbers.push(song.voice(voice).count() as f64 / n_notes);
    }
    for distance in [1, 2, 4] {
        numbers.push(returning(song, distance));
    }
    numbers
}

/// Share of the notes that stand in the same place, at the same pitch, so many bars before.
fn returning(song: &Song, distance: u32) -> f64 {
    let back = distance * song.steps_per_bar();
    let places: HashSet<(u32, u8)> =
        song.notes().iter().map(|note| (note.onset, note.pitch.number())).collect();
    let later: Vec<&GridNote> = song.notes().iter().filter(|note| note.onset >= back).collect();
    let returns = |note: &&&GridNote| places.contains(&(note.onset - back, note.pitch.number()));
    later.iter().filter(returns).count() as f64 / later.len().max(1) as f64
}

/// One voice: how much, how high, which degrees and intervals, when, how long.
fn line(song: &Song, notes: &[GridNote]) -> Vec<f64> {
    let onsets: Vec<&[GridNote]> = notes.chunk_by(|a, b| a.onset == b.onset).collect();
    let tops: Vec<GridNote> = onsets.iter().filter_map(|group| group.last().copied()).collect();
    let n_bars = f64::from(song.n_bars());
    let mut numbers =
        vec![(notes.len() as f64 / n_bars).ln_1p(), (onsets.len() as f64 / n_bars).ln_1p()];
    numbers.extend(heights(song, notes, &tops));
    numbers.extend(times(song, notes, &tops));
    numbers.extend(shares(4, onsets.iter().map(|group| group.len().min(4) as u8 - 1)));
    numbers
}

/// Mean pitch and spread in octaves, degrees above the tonic, intervals of the top line.
fn heights(song: &Song, notes: &[GridNote], tops: &[GridNote]) -> Vec<f64> {
    let n = notes.len().max(1) as f64;
    let pitches = || notes.iter().map(|note| f64::from(note.pitch.number()) / 12.0);
    let mean = pitches().sum::<f64>() / n;
    let spread = (pitches().map(|pitch| (pitch - mean).powi(2)).sum::<f64>() / n).sqrt();
    let tonic = song.key().tonic();
    let degrees = notes.iter().map(|note| (note.pitch.class() + 12 - tonic) % 12);
    let intervals = tops.windows(2).map(|pair| {
        let up = i32::from(pair[1].pitch.number()) - i32::from(pair[0].pitch.number());
        (up.clamp(-WIDEST, WIDEST) + WIDEST) as u8
    });
    let mut numbers = vec![mean, spread];
    numbers.extend(shares(12, degrees));
    numbers.extend(shares(2 * WIDEST as u8 + 1, intervals));
    numbers
}

/// Where in beat and bar the notes begin, how far apart, how long they are and how much of the time
/// to the next one they sound.
fn times(song: &Song, notes: &[GridNote], tops: &[GridNote]) -> Vec<f64> {
    let in_beat =
        tops.iter().map(|note| (note.onset % STEPS_PER_BEAT * PLACES / STEPS_PER_BEAT) as u8);
    let beats =
        tops.iter().map(|note| (note.onset % song.steps_per_bar() / STEPS_PER_BEAT).min(3) as u8);
    let pairs = || tops.windows(2).map(|pair| (pair[0].duration, pair[1].onset - pair[0].onset));
    let n_lengths = LENGTHS.len() as u8 + 1;
    let mut numbers = shares(PLACES as u8, in_beat);
    numbers.extend(shares(4, beats));
    numbers.extend(shares(n_lengths, pairs().map(|(_, distance)| length(distance))));
    numbers.extend(shares(n_lengths, notes.iter().map(|note| length(note.duration))));
    numbers.extend(shares(4, pairs().map(|(duration, distance)| held(duration, distance))));
    numbers
}

/// How much of the time to the next onset a note sounds: a bit, half, all but a gap, or on into it.
fn held(duration: u32, distance: u32) -> u8 {
    let share = f64::from(duration) / f64::from(distance);
    [0.4, 0.75, 1.01].iter().filter(|edge| share > **edge).count() as u8
}

fn length(steps: u32) -> u8 {
    LENGTHS.iter().filter(|edge| steps >= **edge).count() as u8
}

/// The square root of each class's share: on that scale, the difference between rare and very rare
/// counts like that between frequent and very frequent (Hellinger 1909).
fn shares(n_classes: u8, classes: impl Iterator<Item = u8>) -> Vec<f64> {
    let mut counts = vec![0.0f64; usize::from(n_classes)];
    classes.for_each(|class| counts[usize::from(class)] += 1.0);
    let total = counts.iter().sum::<f64>().max(1.0);
    counts.iter().map(|count| (count / total).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Pitch;

    fn song(tempo_bpm: f64, up: u8, notes: &[(u32, u8)]) -> Song {
        let notes = notes.iter().map(|(onset, pitch)| GridNote {
            onset: *onset,
            voice: Voice::Lead,
            pitch: Pitch::new(pitch + up).expect("a pitch"),
            duration: 12,
        });
        Song::new(tempo_bpm, 4, 4, notes)
    }

    const TUNE: [(u32, u8); 6] = [(0, 60), (24, 63), (48, 67), (96, 65), (144, 63), (192, 60)];

    #[test]
    fn only_mean_heights_change_with_the_key() {
        let (low, high) = (Traits::of(&song(150.0, 0, &TUNE)), Traits::of(&song(150.0, 4, &TUNE)));
        let differ = low.0.iter().zip(&high.0).filter(|(a, b)| (**a - **b).abs() > 1e-9);
        assert_eq!(differ.count(), 1);
    }

    #[test]
    fn every_song_has_the_same_number_of_finite_numbers() {
        let n = Traits::of(&song(150.0, 0, &TUNE)).0.len();
        for odd in [song(20.0, 0, &[]), song(400.0, 0, &TUNE[..1]), song(f64::NAN, 0, &TUNE)] {
            let numbers = Traits::of(&odd).0;
            assert_eq!(numbers.len(), n);
            assert!(numbers.iter().all(|number| number.is_finite()));
        }
    }
}
