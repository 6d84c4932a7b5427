//! Which tokens may come next?
//!
//! The one place that knows the order of tokens: the encoder is checked against it, the sampler is
//! masked by it. It knows nothing of probabilities.

use std::ops::Range;

use arrayvec::ArrayVec;

use super::vocabulary::{
    BAR, DENSITY, DURATION, DYNAMIC, END, HEADER, KEY, LENGTH, METER, PITCH, POSITION, START,
    TEMPO, Token, TokenId, VELOCITY, VOICE, relative,
};
use crate::dynamic::{Dynamic, N_DYNAMICS};
use crate::key::Key;
use crate::score::Pitch;
use crate::song::{MAX_BARS, STEPS_PER_BEAT, Voice};

/// Ranges of ids; there are never more of them.
pub type Ranges = ArrayVec<Range<u32>, 7>;

/// Where in a song the next token stands.
#[derive(Clone, Debug)]
pub struct Grammar {
    n_bars: Option<u32>,
    place: Place,
    n_bars_begun: u32,
    beats_per_bar: u32,
    voice: Option<Voice>,
    position: u32,
    key: Key,
    /// The lowest pitch that may come next at the position.
    least_pitch: u32,
    /// How loud the voices usually are, as far as it has been said.
    dynamics: ArrayVec<Dynamic, { Voice::ALL.len() }>,
    /// How loud the note at hand is.
    dynamic: Dynamic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header(usize),
    AfterBar,
    AfterVoice,
    AfterPosition,
    AfterVelocity,
    AfterPitch,
    AfterDuration,
    Ended,
}

/// A token that may not stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token {found:?} may not stand here")]
pub struct Misplaced {
    /// The token.
    pub found: TokenId,
}

impl Grammar {
    /// Before the first token. With `n_bars`, the song has exactly as many bars (1 to
    /// [`MAX_BARS`]); without, as many as it likes up to [`MAX_BARS`].
    pub fn new(n_bars: Option<u32>) -> Self {
        Self {
            n_bars: n_bars.map(|n| n.clamp(1, MAX_BARS)),
            place: Place::Header(0),
            n_bars_begun: 0,
            beats_per_bar: 4,
            voice: None,
            position: 0,
            key: Key::from_index(0),
            least_pitch: 0,
            dynamics: ArrayVec::new(),
            dynamic: Dynamic::USUAL,
        }
    }

    /// Whether the song is complete.
    pub fn is_ended(&self) -> bool {
        self.place == Place::Ended
    }

    /// The ranges of ids that may come next; empty once the song has ended.
    pub fn allowed(&self) -> Ranges {
        let steps = self.beats_per_bar * STEPS_PER_BEAT;
        match self.place {
            Place::Header(idx) => only(header_range(idx)),
            Place::AfterBar => with_voices(VOICE, self.bar_or_end()),
            Place::AfterVoice => only(POSITION..POSITION + steps),
            Place::AfterPosition => self.notes(),
            Place::AfterVelocity => only(self.pitches()),
            Place::AfterPitch => only(DURATION..DYNAMIC),
            Place::AfterDuration => {
                let later_voices = VOICE + self.voice.map_or(0, |voice| voice as u32 + 1);
                let mut ranges = with_voices(later_voices, self.bar_or_end());
                let later = POSITION + self.position + 1..POSITION + steps;
                ranges.extend(std::iter::once(later).filter(|later| !later.is_empty()));
                ranges.extend(self.notes());
                ranges
            }
            Place::Ended => Ranges::new(),
        }
    }

    /// What may begin a note at the position: its pitch, or how loud it is if that changes; nothing
    /// once the highest pitch has been written.
    fn notes(&self) -> Ranges {
        let pitches = self.pitches();
        if pitches.is_empty() {
            return Ranges::new();
        }
        let usual = self.usual();
        let velocity = |dynamic: u32| {
            let steps = dynamic as i32 - usual.index() as i32;
            Token::Velocity(steps).id().0
        };
        let now = velocity(self.dynamic.index());
        let louder = now + 1..velocity(N_DYNAMICS - 1) + 1;
        [velocity(0)..now, louder, pitches].into_iter().filter(|range| !range.is_empty()).collect()
    }

    /// The pitches of the key that may come next at the position.
    fn pitches(&self) -> Range<u32> {
        let lowest = relative(Pitch::LOWEST, self.key);
        PITCH + self.least_pitch.max(lowest)..PITCH + relative(Pitch::HIGHEST, self.key) + 1
    }

    /// How loud the voice usually is.
    fn usual(&self) -> Dynamic {
        let usual = self.voice.and_then(|voice| self.dynamics.get(voice as usize));
        usual.copied().unwrap_or_default()
    }

    /// The ranges that end the bar: the next bar or the end of the song.
    pub fn bar_or_end(&self) -> Ranges {
        let last = self.n_bars.unwrap_or(MAX_BARS);
        let bar = (self.n_bars_begun < last).then_some(BAR..BAR + 1);
        let end = (self.n_bars_begun > 0 && self.n_bars.is_none_or(|n| self.n_bars_begun >= n))
            .then_some(END..END + 1);
        bar.into_iter().chain(end).collect()
    }

    /// Whether a bar may end here.
    pub fn may_end_bar(&self) -> bool {
        matches!(self.place, Place::AfterBar | Place::AfterDuration)
    }

    /// Whether `id` may come next.
    pub fn allows(&self, id: TokenId) -> bool {
        self.allowed().iter().any(|range| range.contains(&id.0))
    }

    /// Moves past `id`.
    ///
    /// # Errors
    /// [`Misplaced`] if it may not stand here; the place is then unchanged.
    pub fn advance(&mut self, id: TokenId) -> Result<(), Misplaced> {
        if !self.allows(id) {
            return Err(Misplaced { found: id });
        }
        self.place = match id.token().ok_or(Misplaced { found: id })? {
            Token::Bar => {
                self.n_bars_begun += 1;
                self.voice = None;
                Place::AfterBar
            }
            Token::End => Place::Ended,
            Token::Voice(voice) => {
                self.voice = Some(voice);
                self.dynamic = self.usual();
                Place::AfterVoice
            }
            Token::Position(step) => {
                self.position = step;
                self.least_pitch = 0;
                Place::AfterPosition
            }
            Token::Velocity(steps) => {
                self.dynamic = self.usual().raised(steps).unwrap_or(self.dynamic);
                Place::AfterVelocity
            }
            Token::Pitch(pitch) => {
                self.least_pitch = pitch + 1;
                Place::AfterPitch
            }
            Token::Duration(_) => Place::AfterDuration,
            header => {
                match header {
                    Token::Meter(beats) => self.beats_per_bar = beats,
                    Token::Key(key) => self.key = key,
                    Token::Dynamic(dynamic) => self.dynamics.push(dynamic),
                    _ => {}
                }
                match self.place {
                    Place::Header(idx) => Place::Header(idx + 1),
                    place => place,
                }
            }
        };
        Ok(())
    }
}

fn only(range: Range<u32>) -> Ranges {
    std::iter::once(range).collect()
}

fn with_voices(first: u32, mut ranges: Ranges) -> Ranges {
    if first < TEMPO {
        ranges.push(first..TEMPO);
    }
    ranges
}

fn header_range(idx: usize) -> Range<u32> {
    const RANGES: [Range<u32>; HEADER] = [
        START..START + 1,
        TEMPO..METER,
        METER..KEY,
        KEY..DENSITY,
        DENSITY..LENGTH,
        LENGTH..POSITION,
        DYNAMIC..VELOCITY,
        DYNAMIC..VELOCITY,
        DYNAMIC..VELOCITY,
    ];
    RANGES.get(idx).cloned().unwrap_or(BAR..BAR + 1)
}
