//! Which tokens are there, and what do they mean?
//!
//! The ids of one kind are a range; a token's meaning and its id are each computed from the other.

use crate::dynamic::{Dynamic, N_DYNAMICS};
use crate::key::Key;
use crate::score::Pitch;
use crate::song::{self, BEATS_PER_BAR, STEPS_PER_BEAT, Voice, duration_class, duration_of_class};

/// Width of a tempo token, in beats a minute.
pub(super) const TEMPO_WIDTH: f64 = 4.0;
/// The lowest tempo with a token of its own, in beats a minute.
const TEMPO_LOW: f64 = 40.0;
const N_TEMPOS: u32 = 51;
const N_METERS: u32 = 5;
const N_KEYS: u32 = 24;
/// Upper edges of the density classes, in notes a bar; the last class is open.
const DENSITIES: [f64; 7] = [2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0];
/// Upper edges of the length classes, in bars; the last class is open.
const LENGTHS: [u32; 7] = [4, 8, 12, 16, 24, 32, 64];
const N_POSITIONS: u32 = 6 * STEPS_PER_BEAT;
/// 128 pitches, moved by the tonic's distance from C, -6 to 5 semitones.
pub(super) const N_PITCHES: u32 = 128 + 11;
pub(super) const N_DURATIONS: u32 = song::N_DURATIONS as u32;

pub(super) const START: u32 = 0;
pub(super) const END: u32 = 1;
pub(super) const BAR: u32 = 2;
pub(super) const VOICE: u32 = 3;
pub(super) const TEMPO: u32 = VOICE + 3;
pub(super) const METER: u32 = TEMPO + N_TEMPOS;
pub(super) const KEY: u32 = METER + N_METERS;
pub(super) const DENSITY: u32 = KEY + N_KEYS;
pub(super) const LENGTH: u32 = DENSITY + DENSITIES.len() as u32 + 1;
pub(super) const POSITION: u32 = LENGTH + LENGTHS.len() as u32 + 1;
pub(super) const PITCH: u32 = POSITION + N_POSITIONS;
pub(super) const DURATION: u32 = PITCH + N_PITCHES;

pub(super) const DYNAMIC: u32 = DURATION + N_DURATIONS;
pub(super) const VELOCITY: u32 = DYNAMIC + N_DYNAMICS;
/// The most steps by which a note is softer or louder than another.
const MOST_STEPS: i32 = N_DYNAMICS as i32 - 1;

/// Number of tokens.
pub const VOCABULARY: usize = (VELOCITY + 2 * N_DYNAMICS - 1) as usize;
/// Tokens before the first bar.
pub const HEADER: usize = 9;
/// Changes whenever a token changes its meaning; a checkpoint made with another is not loaded.
pub const LAYOUT: u32 = 4;

/// A token's index in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub u32);

/// What a token means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The first token of every song.
    Start,
    /// The last token of every song.
    End,
    /// A bar begins.
    Bar,
    /// The notes that follow belong to this voice.
    Voice(Voice),
    /// Tempo class.
    Tempo(u32),
    /// Quarter notes a bar.
    Meter(u32),
    /// The song's key.
    Key(Key),
    /// Class of notes a bar.
    Density(u32),
    /// Class of length in bars.
    Length(u32),
    /// Steps from the start of the bar.
    Position(u32),
    /// A note begins, at a pitch that counts from the key's tonic.
    Pitch(u32),
    /// Length of the note just begun, in steps.
    Duration(u32),
    /// How loud a voice usually is.
    Dynamic(Dynamic),
    /// The notes that follow in the voice are so many steps louder than that.
    Velocity(i32),
}

impl Token {
    /// Its index in the vocabulary.
    pub fn id(self) -> TokenId {
        TokenId(match self {
            Self::Start => START,
            Self::End => END,
            Self::Bar => BAR,
            Self::Voice(voice) => VOICE + voice as u32,
            Self::Tempo(class) => TEMPO + class.min(N_TEMPOS - 1),
            Self::Meter(beats) => METER + beats.clamp(2, 6) - BEATS_PER_BAR.start(),
            Self::Key(key) => KEY + key.index() as u32,
            Self::Density(class) => DENSITY + class.min(DENSITIES.len() as u32),
            Self::Length(class) => LENGTH + class.min(LENGTHS.len() as u32),
            Self::Position(step) => POSITION + step.min(N_POSITIONS - 1),
            Self::Pitch(relative) => PITCH + relative.min(N_PITCHES - 1),
            Self::Duration(steps) => DURATION + duration_class(steps) as u32,
            Self::Dynamic(dynamic) => DYNAMIC + dynamic.index(),
            Self::Velocity(steps) => {
                VELOCITY + (steps.clamp(-MOST_STEPS, MOST_STEPS) + MOST_STEPS) as u32
            }
        })
    }
}

impl TokenId {
    /// What it means, or `None` beyond the vocabulary.
    pub fn token(self) -> Option<Token> {
        let id = self.0;
        Some(match id {
            START => Token::Start,
            END => Token::End,
            BAR => Token::Bar,
            VOICE..TEMPO => Token::Voice(Voice::ALL[(id - VOICE) as usize]),
            TEMPO..METER => Token::Tempo(id - TEMPO),
            METER..KEY => Token::Meter(id - METER + BEATS_PER_BAR.start()),
            KEY..DENSITY => Token::Key(Key::from_index((id - KEY) as usize)),
            DENSITY..LENGTH => Token::Density(id - DENSITY),
            LENGTH..POSITION => Token::Length(id - LENGTH),
            POSITION..PITCH => Token::Position(id - POSITION),
            PITCH..DURATION => Token::Pitch(id - PITCH),
            DURATION..DYNAMIC => Token::Duration(duration_of_class((id - DURATION) as usize)?),
            DYNAMIC..VELOCITY => Token::Dynamic(Dynamic::of_index(id - DYNAMIC)?),
            _ if id < VOCABULARY as u32 => Token::Velocity((id - VELOCITY) as i32 - MOST_STEPS),
            _ => return None,
        })
    }

    /// The token of the same music in the key `semitones` higher.
    #[must_use]
    pub fn transposed(self, semitones: i32) -> Self {
        match self.token() {
            Some(Token::Key(key)) => Token::Key(key.transposed(semitones)).id(),
            _ => self,
        }
    }
}

/// How far a key's tonic lies from C, by the shorter way: -6 to 5 semitones.
fn distance_from_c(key: Key) -> i32 {
    let tonic = i32::from(key.tonic());
    if tonic < 6 { tonic } else { tonic - 12 }
}

/// `pitch` as it is written in `key`: the same number for the same degree and octave in every key.
pub(super) fn relative(pitch: Pitch, key: Key) -> u32 {
    (i32::from(pitch.number()) - distance_from_c(key) + 5) as u32
}

/// The pitch that `relative` stands for in `key`; `None` if it isn't a pitch there.
pub fn absolute(relative: u32, key: Key) -> Option<Pitch> {
    let number = i64::from(relative) + i64::from(distance_from_c(key)) - 5;
    u8::try_from(number).ok().and_then(Pitch::new)
}

/// The tempo class of `bpm`.
pub(super) fn tempo_class(bpm: f64) -> u32 {
    ((bpm - TEMPO_LOW) / TEMPO_WIDTH).round().clamp(0.0, f64::from(N_TEMPOS - 1)) as u32
}

/// The tempo in the middle of a class, in beats a minute.
pub(super) fn tempo_of_class(class: u32) -> f64 {
    TEMPO_LOW + f64::from(class) * TEMPO_WIDTH
}

/// The density class of a mean number of notes a bar.
pub(super) fn density_class(notes_per_bar: f64) -> u32 {
    DENSITIES.iter().take_while(|edge| notes_per_bar >= **edge).count() as u32
}

/// The length class of a number of bars.
pub(super) fn length_class(n_bars: u32) -> u32 {
    LENGTHS.iter().take_while(|edge| n_bars > **edge).count() as u32
}
