//! Which chord lies under each half bar?
//!
//! Chords are the 24 major and minor triads, and one stands in each of the song's [`Slots`]. They
//! are found as the most likely path of a conditional random field (Lafferty, `McCallum` and Pereira,
//! 2001) by the Viterbi algorithm, everything counted from the tonic of [`Song::key`]. Its features
//! are those of the hidden Markov model of `MySong` (Simon, Morris and Basu, CHI 2008): what melody and bass
//! sound in a slot ([`evidence`]), and which chord follows which. `learned` holds its weights,
//! learned from labelled songs by `bot/examples/harmony`, which also measures it on songs held out.
//! Where a song has chords of its own, they decide. No chord brings a note that is neither in the scale of
//! the song's key nor in the song there, but the dominant of minor its leading note.
//!
//! It finds no sevenths, no inversions, no diminished chords and no change within a slot.

mod chord;
pub mod evidence;
mod learned;
pub mod path;
pub mod slots;
mod weights;

use music::song::Song;

pub use chord::{Chord, N_CHORDS, Quality};
pub use learned::learned;
use slots::Slots;
pub use weights::{N_CHANNELS, Weights};

/// The chords of a song, one a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harmony {
    steps: u32,
    chords: Vec<Chord>,
}

impl Harmony {
    /// The chord at a step of the song; past the end, the last one.
    pub fn at(&self, step: u32) -> Chord {
        let last = self.chords.len() - 1;
        self.chords[((step / self.steps) as usize).min(last)]
    }

    /// Steps of the grid that each chord lasts; a bar is one or two of them.
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// All chords in order; at least one.
    pub fn chords(&self) -> &[Chord] {
        &self.chords
    }
}

/// The harmony under a song: its own chords where it has some, else those that fit best.
pub fn harmony(song: &Song) -> Harmony {
    let slots = Slots::of(song);
    let chords = path::best(learned(), song, &slots);
    Harmony { steps: slots.steps, chords }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::key::{Key, Mode};
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    const MINOR: Quality = Quality::Minor;
    const MAJOR: Quality = Quality::Major;

    /// Progressions as chord charts label them: roots as pitch classes.
    const LABELLED: [[(u8, Quality); 4]; 5] = [
        [(5, MINOR), (1, MAJOR), (8, MAJOR), (3, MAJOR)], // i VI III VII in F minor
        [(9, MINOR), (5, MAJOR), (0, MAJOR), (7, MAJOR)], // the same in A minor
        [(4, MINOR), (0, MAJOR), (9, MINOR), (11, MAJOR)], // i VI iv V in E minor
        [(0, MAJOR), (7, MAJOR), (9, MINOR), (5, MAJOR)], // I V vi IV in C major
        [(6, MINOR), (4, MAJOR), (2, MAJOR), (1, MAJOR)], // the Andalusian cadence in F sharp minor
    ];

    fn note(onset: u32, voice: Voice, pitch: u8, duration: u32) -> GridNote {
        GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), duration)
    }

    /// The chords at the bar lines and in the middle of the bars.
    fn found(notes: Vec<GridNote>) -> Vec<(u8, Quality)> {
        let song = Song::new(150.0, 4, 8, notes);
        harmony(&song).chords().iter().map(|chord| (chord.root, chord.quality)).collect()
    }

    fn twice_each(progression: [(u8, Quality); 4]) -> Vec<(u8, Quality)> {
        progression.into_iter().chain(progression).flat_map(|chord| [chord, chord]).collect()
    }

    #[test]
    fn block_chords_are_named_as_labelled() {
        for progression in LABELLED {
            let expected = twice_each(progression);
            let notes = (0..).zip(&expected).flat_map(|(half, (root, quality))| {
                let classes = Chord { root: *root, quality: *quality }.classes();
                classes.map(|class| note(half * 48, Voice::Chords, 60 + class, 48))
            });
            assert_eq!(found(notes.collect()), expected);
        }
    }

    #[test]
    fn a_melody_with_passing_notes_over_a_bass_is_named_as_labelled() {
        let mut right = 0;
        for progression in LABELLED {
            let expected = twice_each(progression);
            let mut notes = Vec::new();
            for (bar, (root, quality)) in (0..).zip(expected.iter().step_by(2)) {
                let [r, t, f] = Chord { root: *root, quality: *quality }.classes();
                notes.push(note(bar * 96, Voice::Bass, 36 + r, 96));
                // Eighths: chord notes on the beats, a neighbour two semitones up between them.
                for (place, class) in (0..).zip([t, t + 2, f, r, t, t + 2, f, r]) {
                    notes.push(note(bar * 96 + place * 12, Voice::Lead, 72 + class, 12));
                }
            }
            right += found(notes).iter().zip(&expected).filter(|(a, b)| a == b).count();
        }
        assert!(right >= 72, "{right} of 80");
    }

    #[test]
    fn a_melody_of_broken_chords_needs_no_bass() {
        let mut right = 0;
        for progression in LABELLED {
            let expected = twice_each(progression);
            let notes = (0..).zip(&expected).flat_map(|(half, (root, quality))| {
                let [r, t, f] = Chord { root: *root, quality: *quality }.classes();
                let places = (0..).zip([r, t, f, t]);
                places.map(move |(i, class)| note(half * 48 + i * 12, Voice::Lead, 72 + class, 12))
            });
            right += found(notes.collect()).iter().zip(&expected).filter(|(a, b)| a == b).count();
        }
        assert!(right >= 72, "{right} of 80");
    }

    #[test]
    fn harmony_does_not_depend_on_the_key_that_a_song_is_moved_to() {
        let tune = [0u8, 4, 7, 4, 5, 9, 7, 5, 4, 7, 2, 7, 0, 4, 0, 0];
        let notes = (0..).zip(tune).map(|(i, key)| note(i * 24, Voice::Lead, 60 + key, 24));
        let song = Song::new(120.0, 4, 4, notes);
        let chords = harmony(&song);
        for semitones in 1..12u8 {
            let moved = song.transposed(i32::from(semitones)).expect("within the range");
            let expected: Vec<Chord> =
                chords.chords().iter().map(|chord| chord.raised(semitones)).collect();
            assert_eq!(harmony(&moved).chords(), expected, "{semitones} higher");
        }
    }

    #[test]
    fn no_chord_brings_a_note_from_another_key() {
        // Only the steps that D major and D minor share, so that the notes allow chords of both.
        let tune = [2u8, 9, 7, 4, 2, 7, 4, 9, 7, 2, 4, 2, 9, 9, 7, 4];
        let notes = (0..).zip(tune).map(|(i, class)| note(i * 48, Voice::Lead, 60 + class, 48));
        let song = Song::new(150.0, 4, 8, notes);
        for mode in [Mode::Major, Mode::Minor] {
            let key = Key::new(2, mode);
            let harmony = harmony(&song.clone().with_key(key));
            let mut classes = harmony.chords().iter().flat_map(|chord| chord.classes());
            let is_own = |class: u8| key.scale().contains(&class) || class == 1;
            assert!(classes.all(is_own), "{key}: {harmony:?}");
        }
    }

    #[test]
    fn every_song_has_a_chord_everywhere() {
        assert_eq!(found(Vec::new()).len(), 16);
        for (beats, bars) in [(2, 3), (3, 5), (4, 1), (5, 2), (6, 7)] {
            let song = Song::new(120.0, beats, bars, [note(0, Voice::Lead, 60, 24)]);
            let harmony = harmony(&song);
            assert_eq!(harmony.steps() * harmony.chords().len() as u32, bars * beats * 24);
            assert_eq!(harmony.at(u32::MAX), harmony.chords()[harmony.chords().len() - 1]);
        }
    }
}
