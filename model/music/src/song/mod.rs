//! What does a song look like to the network?
//!
//! A [`Song`] is music on a grid of [`STEPS_PER_BEAT`] steps, its voices separated, its durations
//! from a fixed set. Tokens express everything that a `Song` can hold, exactly: what a file loses, it
//! loses when the `Song` is made of it, never later.

use std::cmp::Reverse;

use crate::dynamic::Dynamic;
use crate::key::{Key, Mode};
use crate::score::{Note, Part, Pitch, Score, Tempo, Tick, TimeSignature};

/// Grid steps a quarter note; 24 hold 98.9 % of the onsets of real hardstyle files.
pub const STEPS_PER_BEAT: u32 = 24;
/// Quarter notes a bar that a song may have.
pub const BEATS_PER_BAR: std::ops::RangeInclusive<u32> = 2..=6;
/// The longest song, in bars.
pub const MAX_BARS: u32 = 256;
/// The longest duration, in steps (four bars of 4/4).
pub(crate) const MAX_DURATION: u32 = 384;
/// Ticks a quarter note of the scores made from songs.
pub const TICKS_PER_BEAT: u32 = 480;

/// What a note is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Voice {
    /// The lowest line, which carries the harmony.
    Bass,
    /// Everything between bass and lead.
    Chords,
    /// The melody.
    Lead,
}

impl Voice {
    /// All voices in the order in which a bar is written.
    pub const ALL: [Self; 3] = [Self::Bass, Self::Chords, Self::Lead];

    /// `Bass`, `Chords` or `Lead`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bass => "Bass",
            Self::Chords => "Chords",
            Self::Lead => "Lead",
        }
    }
}

/// One note on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GridNote {
    /// Steps from the start of the song.
    pub onset: u32,
    /// What it is there for.
    pub voice: Voice,
    /// How high it is.
    pub pitch: Pitch,
    /// Steps; one of [`durations`].
    pub duration: u32,
    /// How loud it is.
    pub dynamic: Dynamic,
}

impl GridNote {
    /// A note of the usual dynamic.
    pub fn new(onset: u32, voice: Voice, pitch: Pitch, duration: u32) -> Self {
        Self { onset, voice, pitch, duration, dynamic: Dynamic::USUAL }
    }
}

/// A song on the grid. Fields are private because they hold invariants: at least one bar; notes
/// sorted by onset, voice and pitch, within the bars, no two of one voice, onset and pitch.
#[derive(Clone, Debug, PartialEq)]
pub struct Song {
    tempo_bpm: f64,
    key: Key,
    beats_per_bar: u32,
    n_bars: u32,
    dynamics: [Dynamic; 3],
    notes: Vec<GridNote>,
}

/// How many durations there are.
pub(crate) const N_DURATIONS: usize = 60;
/// The durations, ascending; see [`durations`].
const DURATIONS: [u32; N_DURATIONS] = all_durations();
/// For each number of steps up to the longest, which duration is the nearest.
const NEAREST: [u8; MAX_DURATION as usize + 1] = nearest_durations();

/// Every duration a song may use, in steps, ascending: all up to a beat, then ever coarser.
pub fn durations() -> impl Iterator<Item = u32> {
    DURATIONS.into_iter()
}

/// The allowed duration nearest to `steps`, the shorter of two as near; at least 1.
fn nearest_duration(steps: u32) -> u32 {
    DURATIONS[duration_class(steps)]
}

/// Which of [`durations`] is nearest to `steps`.
pub(crate) fn duration_class(steps: u32) -> usize {
    usize::from(NEAREST[steps.min(MAX_DURATION) as usize])
}

/// The duration of a class; `None` beyond the last.
pub(crate) fn duration_of_class(class: usize) -> Option<u32> {
    DURATIONS.get(class).copied()
}

const fn all_durations() -> [u32; N_DURATIONS] {
    let mut all = [1; N_DURATIONS];
    let mut class = 1;
    while class < N_DURATIONS {
        let last = all[class - 1];
        all[class] = last
            + match last {
                0..24 => 1,
                24..48 => 2,
                48..96 => 4,
                96..192 => 12,
                _ => 48,
            };
        class += 1;
    }
    all
}

const fn nearest_durations() -> [u8; MAX_DURATION as usize + 1] {
    let mut nearest = [0; MAX_DURATION as usize + 1];
    let (mut steps, mut class) = (1, 0);
    while steps <= MAX_DURATION {
        let next = if class + 1 < N_DURATIONS { DURATIONS[class + 1] } else { u32::MAX };
        if next.abs_diff(steps) < DURATIONS[class].abs_diff(steps) {
            class += 1;
        }
        nearest[steps as usize] = class as u8;
        steps += 1;
    }
    nearest
}

impl Song {
    /// Sorts the notes, drops those outside the bars and all but the longest (then loudest) of those
    /// that share voice, onset and pitch, and rounds durations to allowed ones. The key is estimated.
    ///
    /// `tempo_bpm` is held within 20 to 400, `beats_per_bar` within [`BEATS_PER_BAR`], `n_bars`
    /// within 1 to [`MAX_BARS`].
    pub fn new(
        tempo_bpm: f64,
        beats_per_bar: u32,
        n_bars: u32,
        notes: impl IntoIterator<Item = GridNote>,
    ) -> Self {
        let beats_per_bar = beats_per_bar.clamp(*BEATS_PER_BAR.start(), *BEATS_PER_BAR.end());
        let n_bars = n_bars.clamp(1, MAX_BARS);
        let end = n_bars * beats_per_bar * STEPS_PER_BEAT;
        let mut notes: Vec<GridNote> = notes
            .into_iter()
            .filter(|note| note.onset < end)
            .map(|note| GridNote { duration: nearest_duration(note.duration), ..note })
            .collect();
        notes.sort_by_key(|n| (n.onset, n.voice, n.pitch, Reverse((n.duration, n.dynamic))));
        notes.dedup_by_key(|n| (n.onset, n.voice, n.pitch));
        let (key, dynamics) = (key_of(&notes), dynamics_of(&notes));
        Self { tempo_bpm: allowed_tempo(tempo_bpm), key, beats_per_bar, n_bars, dynamics, notes }
    }

    /// The same song at a tempo, which is held within 20 to 400.
    #[must_use]
    pub fn with_tempo(mut self, tempo_bpm: f64) -> Self {
        self.tempo_bpm = allowed_tempo(tempo_bpm);
        self
    }

    /// The same song said to be in `key` (a sampled song knows what it was asked for).
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// The same song with the dynamics of its voices said to be these, in the order of
    /// [`Voice::ALL`]; its notes stay as loud as they are.
    #[must_use]
    pub fn with_dynamics(mut self, dynamics: [Dynamic; 3]) -> Self {
        self.dynamics = dynamics;
        self
    }

    /// Quarter notes a minute.
    pub fn tempo_bpm(&self) -> f64 {
        self.tempo_bpm
    }

    /// The key it is in.
    pub fn key(&self) -> Key {
        self.key
    }

    /// Quarter notes a bar.
    pub fn beats_per_bar(&self) -> u32 {
        self.beats_per_bar
    }

    /// Length in bars.
    pub fn n_bars(&self) -> u32 {
        self.n_bars
    }

    /// How loud each voice usually is, in the order of [`Voice::ALL`].
    pub fn dynamics(&self) -> [Dynamic; 3] {
        self.dynamics
    }

    /// Whether any note is softer or louder than its voice usually is.
    pub fn has_accents(&self) -> bool {
        self.notes.iter().any(|note| note.dynamic != self.dynamics[note.voice as usize])
    }

    /// Steps a bar.
    pub fn steps_per_bar(&self) -> u32 {
        self.beats_per_bar * STEPS_PER_BEAT
    }

    /// All notes, sorted by onset, voice and pitch.
    pub fn notes(&self) -> &[GridNote] {
        &self.notes
    }

    /// The notes of one voice, sorted by onset and pitch.
    pub fn voice(&self, voice: Voice) -> impl Iterator<Item = &GridNote> {
        self.notes.iter().filter(move |note| note.voice == voice)
    }

    /// Notes a bar, on average.
    pub fn notes_per_bar(&self) -> f64 {
        self.notes.len() as f64 / f64::from(self.n_bars)
    }

    /// The song `semitones` higher, or `None` if a note would leave the range of pitches.
    pub fn transposed(&self, semitones: i32) -> Option<Self> {
        let mut song = self.clone();
        for note in &mut song.notes {
            note.pitch = note.pitch.transposed(semitones)?;
        }
        song.key = self.key.transposed(semitones);
        Some(song)
    }

    /// The same music in the other mode of its tonic: third, sixth and seventh of the one scale become
    /// those of the other, and other notes stay. Notes that fall together become one.
    #[must_use]
    pub fn parallel(&self) -> Self {
        let (mode, from, by) = match self.key.mode {
            Mode::Minor => (Mode::Major, [3, 8, 10], 1),
            Mode::Major => (Mode::Minor, [4, 9, 11], -1),
        };
        let moved = |note: &GridNote| {
            let degree = (note.pitch.class() + 12 - self.key.tonic()) % 12;
            let pitch = if from.contains(&degree) { note.pitch.transposed(by) } else { None };
            GridNote { pitch: pitch.unwrap_or(note.pitch), ..*note }
        };
        let notes: Vec<GridNote> = self.notes.iter().map(moved).collect();
        Self::new(self.tempo_bpm, self.beats_per_bar, self.n_bars, notes)
            .with_key(Key::new(self.key.tonic(), mode))
            .with_dynamics(self.dynamics)
    }

    /// The key that the notes suggest, whatever the song is said to be in.
    pub fn estimated_key(&self) -> Key {
        key_of(&self.notes)
    }

    /// The same if the file that it is from says that it is in the key `stated`; see
    /// [`Key::estimate_stated`].
    pub fn estimated_key_if_stated(&self, stated: Key) -> Key {
        Key::estimate_stated(&class_weights(&self.notes), &rests(&self.notes), stated)
    }

    /// How long each pitch class sounds, from C, in steps, a note counting for a bar of 4/4 at most.
    pub fn class_weights(&self) -> [f64; 12] {
        class_weights(&self.notes)
    }

    /// The song as a score of one part a voice, a note cut where its pitch is struck again in the same
    /// voice. 480 ticks a quarter note.
    pub fn to_score(&self) -> Score {
        let ticks = |steps: u32| steps * (TICKS_PER_BEAT / STEPS_PER_BEAT);
        let end = self.n_bars * self.steps_per_bar();
        let part = |(channel, voice): (usize, Voice)| {
            let notes: Vec<&GridNote> = self.voice(voice).collect();
            let mut next_onset = [end; 128];
            let mut cut: Vec<Note> = Vec::with_capacity(notes.len());
            for note in notes.iter().rev() {
                let next = &mut next_onset[usize::from(note.pitch.number())];
                let stop = (note.onset + note.duration).min(*next);
                *next = note.onset;
                cut.push(Note {
                    onset: Tick(ticks(note.onset)),
                    pitch: note.pitch,
                    duration: Tick(ticks(stop - note.onset)),
                    velocity: note.dynamic.velocity(),
                });
            }
            cut.reverse();
            Part {
                name: voice.name().to_owned(),
                channel: channel as u8,
                program: None,
                controllers: Vec::new(),
                notes: cut,
            }
        };
        Score {
            ticks_per_beat: TICKS_PER_BEAT as u16,
            title: String::new(),
            text: String::new(),
            tempos: vec![Tempo::from_bpm(Tick(0), self.tempo_bpm)],
            time_signatures: vec![TimeSignature {
                at: Tick(0),
                numerator: self.beats_per_bar as u8,
                denominator: 4,
            }],
            key_signature: Some((self.key.signature(), self.key.mode == Mode::Minor)),
            parts: Voice::ALL
                .into_iter()
                .rev()
                .enumerate()
                .map(part)
                .filter(|part| !part.notes.is_empty())
                .collect(),
            end: Tick(ticks(end)),
        }
    }
}

/// The tempo nearest to `tempo_bpm` that a song may have.
fn allowed_tempo(tempo_bpm: f64) -> f64 {
    if tempo_bpm.is_finite() { tempo_bpm.clamp(20.0, 400.0) } else { 120.0 }
}

/// That of most notes of each voice; a silent one's is the first other's, so that it says nothing.
fn dynamics_of(notes: &[GridNote]) -> [Dynamic; 3] {
    let of_voice = Voice::ALL.map(|voice| {
        let notes = notes.iter().filter(|note| note.voice == voice);
        Dynamic::most_frequent(notes.map(|note| note.dynamic))
    });
    let first = of_voice.into_iter().flatten().next().unwrap_or_default();
    of_voice.map(|dynamic| dynamic.unwrap_or(first))
}

fn class_weights(notes: &[GridNote]) -> [f64; 12] {
    let mut weights = [0.0; 12];
    for note in notes {
        weights[usize::from(note.pitch.class())] += f64::from(note.duration.min(96));
    }
    weights
}

fn key_of(notes: &[GridNote]) -> Key {
    Key::estimate(&class_weights(notes), &rests(notes))
}

/// Where the music rests: on the first and last notes of bass and lead.
fn rests(notes: &[GridNote]) -> [f64; 12] {
    let mut rests = [0.0; 12];
    for (voice, first, last) in [(Voice::Bass, 1.0, 1.0), (Voice::Lead, 0.5, 1.0)] {
        let mut of_voice = notes.iter().filter(|note| note.voice == voice);
        if let Some(note) = of_voice.next() {
            rests[usize::from(note.pitch.class())] += first;
        }
        if let Some(note) = of_voice.next_back() {
            rests[usize::from(note.pitch.class())] += last;
        }
    }
    rests
}

#[cfg(test)]
mod tests;
