//! What do the notes of a part look like, in numbers?
//!
//! Only measures; [`super::decide`] decides. Nothing here looks at names, programs or channels.

use music::features::measures::{PitchClasses, n_pitch_classes, share};
use music::score::{Note, Tick};

/// Notes that begin within a 24th of a beat of each other count as struck together: people and
/// "humanise" functions spread chords by less.
const ONSETS_A_BEAT: u32 = 24;

/// Pitches that General MIDI gives to the pieces of a plain drum kit: kicks, snares, clap, hi-hats,
/// crash and ride, toms.
const KIT: [u8; 19] = [35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 53, 57];

/// Measures of some notes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shape {
    pub(crate) n_notes: usize,
    /// Moments at which at least one note is struck.
    pub(crate) n_onsets: usize,
    /// A tenth of the notes lie below this pitch.
    pub(crate) low: u8,
    pub(crate) median: u8,
    /// A tenth of the notes lie above this pitch.
    pub(crate) high: u8,
    pub(crate) n_pitches: usize,
    pub(crate) n_classes: usize,
    /// Share of the notes on the commonest pitch class.
    pub(crate) main_class: f64,
    /// Pitch classes struck together, on average.
    pub(crate) width: f64,
    /// Share of the onsets that strike three pitch classes or more.
    pub(crate) chord_share: f64,
    /// Share of the notes on pitches of a plain drum kit.
    pub(crate) kit_share: f64,
    /// Share of the notes that fall outside the seven best pitch classes of any major scale.
    pub(crate) off_scale: f64,
    /// Share of successive onsets whose top note changes.
    pub(crate) motion: f64,
    /// Median length of a note, in beats.
    pub(crate) beats_a_note: f64,
    /// Onsets a beat, over the beats that have any.
    pub(crate) onsets_a_beat: f64,
}

impl Shape {
    /// Measures `notes`, sorted by onset and pitch.
    pub(crate) fn of(notes: &[Note], ticks_per_beat: u16) -> Self {
        if notes.is_empty() {
            return Self::default();
        }
        let mut pitches: Vec<u8> = notes.iter().map(|note| note.pitch.number()).collect();
        pitches.sort_unstable();
        let n_notes = notes.len();
        let classes = PitchClasses::of(notes.iter().map(|note| note.pitch));
        let groups = onsets(notes, ticks_per_beat);
        let widths: Vec<usize> = groups.iter().map(|group| n_classes(group)).collect();
        let n_onsets = groups.len();
        let tops: Vec<u8> = groups.iter().filter_map(|group| top(group)).collect();
        let n_moves = tops.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let n_kit = pitches.iter().filter(|pitch| KIT.contains(pitch)).count();
        let mut lengths: Vec<u32> = notes.iter().map(|note| note.duration.0).collect();
        lengths.sort_unstable();
        let beat = u32::from(ticks_per_beat.max(1));
        let mut beats: Vec<u32> = groups.iter().map(|group| group[0].onset.0 / beat).collect();
        beats.dedup();
        Self {
            n_notes,
            n_onsets,
            low: pitches[n_notes / 10],
            median: pitches[n_notes / 2],
            high: pitches[(n_notes * 9 / 10).min(n_notes - 1)],
            n_pitches: pitches.chunk_by(|a, b| a == b).count(),
            n_classes: n_classes(notes),
            main_class: classes.commonest(),
            width: share(widths.iter().sum(), n_onsets),
            chord_share: share(widths.iter().filter(|width| **width >= 3).count(), n_onsets),
            kit_share: share(n_kit, n_notes),
            off_scale: 1.0 - classes.within_best_major(),
            motion: share(n_moves, tops.len().saturating_sub(1)),
            beats_a_note: f64::from(lengths[n_notes / 2]) / f64::from(beat),
            onsets_a_beat: share(n_onsets, beats.len()),
        }
    }
}

/// Notes struck together, in order; no group is empty.
pub(crate) fn onsets(notes: &[Note], ticks_per_beat: u16) -> Vec<&[Note]> {
    let near = u32::from(ticks_per_beat) / ONSETS_A_BEAT;
    let mut groups = Vec::new();
    let mut start = 0;
    for (index, note) in notes.iter().enumerate() {
        if note.onset > Tick(notes[start].onset.0.saturating_add(near)) {
            groups.push(&notes[start..index]);
            start = index;
        }
    }
    if start < notes.len() {
        groups.push(&notes[start..]);
    }
    groups
}

fn n_classes(group: &[Note]) -> usize {
    n_pitch_classes(group.iter().map(|note| note.pitch))
}

fn top(group: &[Note]) -> Option<u8> {
    group.iter().map(|note| note.pitch.number()).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;

    fn note(onset: u32, pitch: u8) -> Note {
        let pitch = Pitch::new(pitch).expect("a pitch");
        Note { onset: Tick(onset), pitch, duration: Tick(240), velocity: 100 }
    }

    #[test]
    fn a_spread_chord_is_one_onset() {
        let notes = [note(0, 60), note(5, 64), note(15, 67), note(480, 62)];
        let shape = Shape::of(&notes, 480);
        assert_eq!((shape.n_onsets, shape.n_pitches), (2, 4));
        assert!((shape.chord_share - 0.5).abs() < 1e-9);
        assert!((shape.beats_a_note - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_scale_has_no_note_off_it() {
        let notes: Vec<Note> =
            [62, 64, 66, 67, 69, 71, 73].iter().zip(0..).map(|(p, i)| note(i * 480, *p)).collect();
        let shape = Shape::of(&notes, 480);
        assert!(shape.off_scale < 1e-9);
        assert!((shape.motion - 1.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_measures_as_nothing() {
        assert_eq!(Shape::of(&[], 480), Shape::default());
    }
}
