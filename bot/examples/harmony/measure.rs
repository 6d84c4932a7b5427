//! How often is the guessed chord right?

use bot::arrange::harmony::path;
use bot::arrange::harmony::slots::Slots;
use bot::arrange::harmony::{Chord, Quality, Weights};
use music::key::Mode;
use music::song::{STEPS_PER_BEAT, Song, Voice};

use super::labels::{Labelled, Shown};

/// Labelled slots, and how many were guessed rightly.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) n: usize,
    pub(crate) roots: usize,
    pub(crate) chords: usize,
    /// Lead notes on the beat over labelled slots.
    pub(crate) on_beat: usize,
    /// Those a semitone or a tritone from the guessed root.
    pub(crate) clashes: usize,
}

impl Tally {
    /// Share of slots with the right root.
    pub(crate) fn root_share(&self) -> f64 {
        self.roots as f64 / self.n.max(1) as f64
    }

    /// Share of slots with the right root and quality.
    pub(crate) fn chord_share(&self) -> f64 {
        self.chords as f64 / self.n.max(1) as f64
    }

    /// Share of the lead's notes on the beat that clash with a bass on the guessed root.
    pub(crate) fn clash_share(&self) -> f64 {
        self.clashes as f64 / self.on_beat.max(1) as f64
    }
}

/// What a guesser gets right on the held-out songs of a set.
pub(crate) fn tally(
    songs: &[Labelled],
    set: &str,
    shown: Shown,
    guess: impl Fn(&Song, &Slots) -> Vec<Chord>,
) -> Tally {
    let mut tally = Tally::default();
    for labelled in songs.iter().filter(|song| song.is_held_out && song.set == set) {
        let song = labelled.shown(shown);
        let slots = Slots::of(&song);
        let (truths, guesses) = (labelled.truth(&slots), guess(&song, &slots));
        for note in song.voice(Voice::Lead).filter(|note| note.onset.is_multiple_of(STEPS_PER_BEAT))
        {
            let slot = (note.onset / slots.steps) as usize;
            if truths[slot].is_some() {
                let interval = (note.pitch.class() + 12 - guesses[slot].root) % 12;
                tally.on_beat += 1;
                tally.clashes += usize::from(matches!(interval, 1 | 6 | 11));
            }
        }
        for (truth, guessed) in truths.into_iter().zip(guesses) {
            let Some(truth) = truth else { continue };
            tally.n += 1;
            tally.roots += usize::from(truth.root == guessed.root);
            tally.chords += usize::from(truth == guessed);
        }
    }
    tally
}

/// The model.
pub(crate) fn model(weights: &Weights) -> impl Fn(&Song, &Slots) -> Vec<Chord> {
    |song, slots| path::best(weights, song, slots)
}

/// A baseline: the tonic triad of the song's key everywhere.
pub(crate) fn always_tonic(song: &Song, slots: &Slots) -> Vec<Chord> {
    vec![on(song.key().tonic(), song.key().mode); slots.n_slots]
}

/// A baseline: the class of the lead that sounds longest in the slot as the root.
pub(crate) fn longest_note(song: &Song, slots: &Slots) -> Vec<Chord> {
    let longest = |slot: usize| {
        let (from, to) = (slot as u32 * slots.steps, (slot as u32 + 1) * slots.steps);
        let mut time = [0; 12];
        for note in song.voice(Voice::Lead) {
            let sounding = to.min(note.onset + note.duration).saturating_sub(from.max(note.onset));
            time[usize::from(note.pitch.class())] += sounding;
        }
        let class = (0..12).max_by_key(|class| time[*class]).unwrap_or(0) as u8;
        on(class, song.key().mode)
    };
    (0..slots.n_slots).map(longest).collect()
}

fn on(root: u8, mode: Mode) -> Chord {
    Chord { root, quality: if mode == Mode::Minor { Quality::Minor } else { Quality::Major } }
}
