//! What is the network told of a song at every step?
//!
//! Its mode and how strictly it keeps to the scale, its density, the register of its lead and how many
//! notes sound at once, each as a label beside that of its genre. A header at the start of a song says
//! some of it too, but is forgotten; a label is added to the input of each step.
//!
//! The classes are coarse, and in training they are blurred and at times left out: together they would
//! otherwise tell one song of a library from all others, and the network would learn it by heart.

use music::key::{Key, Mode};
use music::song::{Song, Voice};
use music::tokens::Polyphony;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Labels of genres and artists: none in particular, and 63 by name.
pub const NAMES: usize = 64;

/// Shares of the notes in the scale from which on a song belongs to a class; the last class is open.
const IN_SCALE: [f64; 3] = [0.998, 0.95, 0.85];
/// Density classes an octave, that is, to twice as many notes.
const DENSITIES_AN_OCTAVE: f64 = 3.0;
const N_DENSITIES: usize = 22;
/// The lowest register, in semitones as pitches are written relative to the tonic.
const LOWEST: f64 = 40.0;
const SEMITONES_A_REGISTER: f64 = 4.0;
const N_REGISTERS: usize = 16;
const N_POLYPHONIES: usize = 8;

const SCALE: usize = NAMES;
const DENSITY: usize = SCALE + 2 * (IN_SCALE.len() + 1);
const REGISTER: usize = DENSITY + N_DENSITIES;
const POLYPHONY: usize = REGISTER + N_REGISTERS;
/// Labels of a network of songs.
pub const LABELS: usize = POLYPHONY + N_POLYPHONIES;

/// How often a class other than that of the scale is left out in training.
const UNSAID: f64 = 0.25;
/// How often it is said as one of its neighbours.
const BLURRED: f64 = 0.4;

/// What a song is like, or is to be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// Its mode.
    pub mode: Mode,
    /// Share of the notes in the scale of its key, 0 to 1.
    pub in_scale: f64,
    /// Notes a bar.
    pub notes_per_bar: f64,
    /// Mean pitch of the lead as the tokens write it, that is, with the key moved to C by the shorter
    /// way; `None` without a lead, or if it may be any.
    pub register: Option<f64>,
    /// The most notes that sound at once; 0 if it may be any number.
    pub polyphony: u32,
}

impl Conditions {
    /// Those of a song.
    pub fn of(song: &Song) -> Self {
        Self {
            mode: song.key().mode,
            in_scale: in_scale(song, song.key()),
            notes_per_bar: song.notes_per_bar(),
            register: register(song).map(|pitch| relative_register(pitch, song.key())),
            polyphony: Polyphony::of(song).in_all,
        }
    }

    /// The labels that say it.
    pub fn labels(&self) -> Vec<u32> {
        let mut labels = vec![self.scale_label()];
        labels.extend(self.others().into_iter().flatten().map(|(row, _)| row as u32));
        labels
    }

    /// The labels with which it is learned: the scale as it is, the others blurred and at times left out.
    pub(crate) fn blurred(&self, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let mut labels = vec![self.scale_label()];
        for (row, range) in self.others().into_iter().flatten() {
            if rng.random_bool(UNSAID) {
                continue;
            }
            let neighbour = if rng.random_bool(0.5) { row + 1 } else { row - 1 };
            let is_blurred = rng.random_bool(BLURRED) && range.contains(&neighbour);
            labels.push(if is_blurred { neighbour } else { row } as u32);
        }
        labels
    }

    fn scale_label(&self) -> u32 {
        let n_classes = IN_SCALE.len() + 1;
        let class = IN_SCALE.iter().filter(|edge| self.in_scale < **edge).count();
        (SCALE + class + if self.mode == Mode::Minor { n_classes } else { 0 }) as u32
    }

    /// The labels of density, register and polyphony, each with the rows of its kind.
    fn others(&self) -> [Option<(usize, std::ops::Range<usize>)>; 3] {
        let class = |value: f64, n: usize| value.round().clamp(0.0, (n - 1) as f64) as usize;
        let density = self.notes_per_bar.max(0.5).log2() * DENSITIES_AN_OCTAVE;
        let register = self.register.map(|pitch| (pitch - LOWEST) / SEMITONES_A_REGISTER);
        let polyphony = (self.polyphony > 0).then(|| f64::from(self.polyphony) - 1.0);
        let row = |first: usize, n: usize, value: f64| (first + class(value, n), first..first + n);
        [
            Some(row(DENSITY, N_DENSITIES, density + DENSITIES_AN_OCTAVE)),
            register.map(|value| row(REGISTER, N_REGISTERS, value)),
            polyphony.map(|value| row(POLYPHONY, N_POLYPHONIES, value)),
        ]
    }
}

/// The share of a song's notes in the scale of a key, 0 to 1; 1 without notes.
pub fn in_scale(song: &Song, key: Key) -> f64 {
    let scale = key.scale();
    let n_inside = song.notes().iter().filter(|note| scale.contains(&note.pitch.class())).count();
    if song.notes().is_empty() { 1.0 } else { n_inside as f64 / song.notes().len() as f64 }
}

/// The mean pitch of the lead, as a key number; `None` without a lead.
pub fn register(song: &Song) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0.0);
    for note in song.voice(Voice::Lead) {
        sum += f64::from(note.pitch.number());
        n += 1.0;
    }
    (n > 0.0).then(|| sum / n)
}

/// The mean pitch, as a key number, of a [`Conditions::register`] in a key.
pub fn absolute_register(register: f64, key: Key) -> f64 {
    register + distance_from_c(key)
}

/// A mean pitch in a key as [`Conditions::register`] has it.
pub fn relative_register(pitch: f64, key: Key) -> f64 {
    pitch - distance_from_c(key)
}

/// Semitones from C to the tonic, by the shorter way.
fn distance_from_c(key: Key) -> f64 {
    let tonic = f64::from(key.tonic());
    if tonic < 6.0 { tonic } else { tonic - 12.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn conditions() -> Conditions {
        let mode = Mode::Minor;
        Conditions { mode, in_scale: 1.0, notes_per_bar: 8.0, register: Some(70.0), polyphony: 4 }
    }

    #[test]
    fn kinds_have_labels_of_their_own() {
        let mut seen = std::collections::BTreeMap::new();
        for notes_per_bar in [0.0, 1.0, 4.0, 10.0, 32.0, 1000.0] {
            for register in [None, Some(0.0), Some(70.0), Some(140.0)] {
                for (polyphony, in_scale) in [(0, 1.0), (1, 0.97), (30, 0.9), (5, 0.0)] {
                    for mode in [Mode::Major, Mode::Minor] {
                        let own = Conditions { mode, in_scale, notes_per_bar, register, polyphony };
                        let labels = own.labels();
                        assert!(
                            labels.iter().all(|row| (NAMES..LABELS).contains(&(*row as usize)))
                        );
                        seen.insert(labels[0], (mode, in_scale.to_bits()));
                        assert!(labels.is_sorted());
                    }
                }
            }
        }
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn a_share_at_the_edge_of_a_class_belongs_to_it() {
        let class = |in_scale| Conditions { in_scale, ..conditions() }.labels()[0];
        for (at, edge) in IN_SCALE.into_iter().enumerate() {
            assert_eq!(class(edge), class(1.0) + at as u32);
            assert_eq!(class(edge - 1e-9), class(1.0) + at as u32 + 1);
        }
    }

    #[test]
    fn in_training_the_scale_is_always_said_and_the_rest_is_blurred() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let exact = conditions().labels();
        let drawn: Vec<Vec<u32>> = (0..500).map(|_| conditions().blurred(&mut rng)).collect();
        assert!(drawn.iter().all(|labels| labels[0] == exact[0]));
        let n_exact = drawn.iter().filter(|labels| **labels == exact).count();
        assert!((20..200).contains(&n_exact), "{n_exact} of 500 say exactly what is");
        let near = |label: &u32| exact.iter().any(|own| own.abs_diff(*label) <= 1);
        assert!(drawn.iter().flatten().all(near));
    }
}
