//! What does a piece of music look like once it is read from a file?
//!
//! A [`Score`] keeps the file's own resolution and its parts as they were written. It knows nothing
//! of voices, grids or tokens: [`crate::song`] is the same music as the network sees it.

use std::fmt;
use std::str::FromStr;

/// A point in time or a length of time, in ticks of the score's own resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u32);

/// A MIDI key number, 0 to 127; middle C is 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pitch(u8);

impl Pitch {
    /// Key number 0.
    pub const LOWEST: Self = Self(0);
    /// Key number 127.
    pub const HIGHEST: Self = Self(127);

    /// `None` above 127: a pitch is checked, never masked.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 128 { Some(Self(number)) } else { None }
    }

    /// The key number, 0 to 127.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The pitch class, 0 (C) to 11 (B).
    pub const fn class(self) -> u8 {
        self.0 % 12
    }

    /// The pitch `semitones` higher (lower when negative), or `None` outside 0 to 127.
    pub fn transposed(self, semitones: i32) -> Option<Self> {
        u8::try_from(i32::from(self.0) + semitones).ok().and_then(Self::new)
    }
}

impl fmt::Display for Pitch {
    /// Scientific pitch notation: 60 is `C4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
        write!(f, "{}{}", NAMES[usize::from(self.class())], i32::from(self.0 / 12) - 1)
    }
}

impl FromStr for Pitch {
    type Err = String;

    /// Scientific pitch notation, `C4`, `f#3` or `Bb-1`, within the range of pitches.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pitch = || {
            let (semitones, octave) = semitones_from_c(text.trim())?;
            let octave: i32 = octave.parse().ok().filter(|octave| (-1..=9).contains(octave))?;
            u8::try_from(12 * (octave + 1) + semitones).ok().and_then(Self::new)
        };
        pitch().ok_or_else(|| format!("{text:?} is not a note: write it like \"C4\" or \"F#3\""))
    }
}

/// How many semitones above C, -1 to 12, the note lies with whose name `text` begins, and what follows it:
/// a letter, then a sharp or a flat if there is one.
pub(crate) fn semitones_from_c(text: &str) -> Option<(i32, &str)> {
    let mut letters = text.chars();
    let natural = match letters.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = letters.as_str();
    let (by, rest) = match letters.next() {
        Some('#' | '♯') => (1, letters.as_str()),
        Some('b' | '♭') => (-1, letters.as_str()),
        _ => (0, rest),
    };
    Some((natural + by, rest))
}

/// One note of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note {
    /// When it starts.
    pub onset: Tick,
    /// How high it is.
    pub pitch: Pitch,
    /// How long it sounds, in ticks; at least 1.
    pub duration: Tick,
    /// How hard it is struck, 1 to 127.
    pub velocity: u8,
}

impl Note {
    /// The tick at which it stops sounding.
    pub fn end(&self) -> Tick {
        Tick(self.onset.0.saturating_add(self.duration.0))
    }
}

/// The notes that one track plays on one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The track's name, or empty.
    pub name: String,
    /// MIDI channel, 0 to 15; 9 is drums by convention.
    pub channel: u8,
    /// The program byte (0 to 127) in force at the first note, if the file sets one.
    pub program: Option<u8>,
    /// Controller values sent before the first note, as (controller, value).
    pub controllers: Vec<(u8, u8)>,
    /// Sorted by onset, then pitch.
    pub notes: Vec<Note>,
}

impl Part {
    /// Whether General MIDI calls its channel the drum channel.
    pub fn is_drum_channel(&self) -> bool {
        self.channel == 9
    }
}

/// From `at` on, a quarter note lasts `micros_per_beat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tempo {
    /// When it takes effect.
    pub at: Tick,
    /// Microseconds a quarter note; never 0.
    pub micros_per_beat: u32,
}

impl Tempo {
    /// A tempo in quarter notes a minute, held within what a MIDI file can say.
    pub fn from_bpm(at: Tick, bpm: f64) -> Self {
        let micros = (60e6 / bpm.clamp(3.6, 6e7)).round();
        Self { at, micros_per_beat: (micros as u32).clamp(1, 0x00FF_FFFF) }
    }

    /// Quarter notes a minute.
    pub fn bpm(&self) -> f64 {
        60e6 / f64::from(self.micros_per_beat)
    }
}

/// From `at` on, a bar holds `numerator` notes of 1/`denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSignature {
    /// When it takes effect.
    pub at: Tick,
    /// Notes a bar; never 0.
    pub numerator: u8,
    /// A power of two.
    pub denominator: u16,
}

/// A piece of music as a file holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Ticks a quarter note; never 0.
    pub ticks_per_beat: u16,
    /// The title, or empty.
    pub title: String,
    /// Free text shown by players (who made it, from what), or empty.
    pub text: String,
    /// Sorted by time; empty when the file says none (120 BPM by the standard).
    pub tempos: Vec<Tempo>,
    /// Sorted by time; empty when the file says none (4/4 by the standard).
    pub time_signatures: Vec<TimeSignature>,
    /// Key signature as written, sharps positive (-7 to 7) and whether it is minor.
    pub key_signature: Option<(i8, bool)>,
    /// Every part that has at least one note.
    pub parts: Vec<Part>,
    /// Where the piece ends; at or after the last note's end.
    pub end: Tick,
}

impl Score {
    /// The tempo in force at the first note (120 when the file says none), in quarters a minute.
    pub fn tempo_bpm(&self) -> f64 {
        let first = self.parts.iter().filter_map(|part| part.notes.first()).map(|n| n.onset).min();
        let first = first.unwrap_or_default();
        let in_force = self.tempos.iter().take_while(|tempo| tempo.at <= first).last();
        in_force.or(self.tempos.first()).map_or(120.0, Tempo::bpm)
    }

    /// Notes in all parts.
    pub fn n_notes(&self) -> usize {
        self.parts.iter().map(|part| part.notes.len()).sum()
    }

    /// Length in seconds from tick 0 to `tick`, by the tempo map.
    pub fn seconds_at(&self, tick: Tick) -> f64 {
        let mut seconds = 0.0;
        let mut now = Tick(0);
        let mut micros = 500_000;
        for tempo in &self.tempos {
            if tempo.at >= tick {
                break;
            }
            seconds += self.span(now, tempo.at, micros);
            now = tempo.at;
            micros = tempo.micros_per_beat;
        }
        seconds + self.span(now, tick, micros)
    }

    fn span(&self, from: Tick, to: Tick, micros_per_beat: u32) -> f64 {
        let ticks = f64::from(to.0.saturating_sub(from.0));
        ticks / f64::from(self.ticks_per_beat) * f64::from(micros_per_beat) / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_follow_the_tempo_map() {
        let score = Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: vec![
                Tempo { at: Tick(0), micros_per_beat: 500_000 },
                Tempo { at: Tick(960), micros_per_beat: 1_000_000 },
            ],
            time_signatures: vec![],
            key_signature: None,
            parts: vec![],
            end: Tick(1920),
        };
        assert!((score.seconds_at(Tick(960)) - 1.0).abs() < 1e-9);
        assert!((score.seconds_at(Tick(1920)) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn pitches_are_checked_and_named() {
        assert_eq!(Pitch::new(128), None);
        let middle = Pitch::new(60).expect("in range");
        assert_eq!(middle.to_string(), "C4");
        assert_eq!(middle.transposed(68), None);
        assert_eq!(middle.transposed(-60).map(Pitch::number), Some(0));
    }

    #[test]
    fn names_of_notes_are_read_back() {
        for pitch in (0..128).filter_map(Pitch::new) {
            assert_eq!(pitch.to_string().parse(), Ok(pitch));
        }
        let number = |text: &str| text.parse().ok().map(Pitch::number);
        assert_eq!((number(" c5 "), number("Db4"), number("C♯4")), (Some(72), Some(61), Some(61)));
        assert_eq!((number("Cb4"), number("B#3"), number("C-1")), (Some(59), Some(60), Some(0)));
        for text in ["", "H4", "C", "60", "C10", "G#9", "Cb-1", "C 4", "C4x", "Cbb4"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
