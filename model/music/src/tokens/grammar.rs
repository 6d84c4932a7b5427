//! Which tokens may come next?
//!
//! The one place that knows the order of tokens: the encoder is checked against it, the sampler is
//! masked by it. It knows nothing of probabilities.

use std::ops::Range;

use super::vocabulary::{
    BAR, DENSITY, DURATION, END, HEADER, KEY, LENGTH, METER, PITCH, POSITION, START, TEMPO, Token,
    TokenId, VOCABULARY, VOICE, relative,
};
use crate::key::Key;
use crate::score::Pitch;
use crate::song::{MAX_BARS, STEPS_PER_BEAT};

/// Where in a song the next token stands.
#[derive(Clone, Debug)]
pub struct Grammar {
    n_bars: Option<u32>,
    place: Place,
    n_bars_begun: u32,
    beats_per_bar: u32,
    voice: Option<u32>,
    position: u32,
    key: Key,
    pitch: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header(usize),
    AfterBar,
    AfterVoice,
    AfterPosition,
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
            pitch: 0,
        }
    }

    /// Whether the song is complete.
    pub fn is_ended(&self) -> bool {
        self.place == Place::Ended
    }

    /// The ranges of ids that may come next; empty once the song has ended.
    pub fn allowed(&self) -> Vec<Range<u32>> {
        let steps = self.beats_per_bar * STEPS_PER_BEAT;
        match self.place {
            Place::Header(idx) => only(header_range(idx)),
            Place::AfterBar => with_voices(VOICE, self.bar_or_end()),
            Place::AfterVoice => only(POSITION..POSITION + steps),
            Place::AfterPosition => only(self.pitches_from(0)),
            Place::AfterPitch => only(DURATION..VOCABULARY as u32),
            Place::AfterDuration => {
                let mut ranges =
                    with_voices(VOICE + self.voice.map_or(0, |v| v + 1), self.bar_or_end());
                ranges.push(POSITION + self.position + 1..POSITION + steps);
                ranges.push(self.pitches_from(self.pitch + 1));
                ranges.retain(|range| !range.is_empty());
                ranges
            }
            Place::Ended => Vec::new(),
        }
    }

    /// The pitches of the key, those written below `least` left out.
    fn pitches_from(&self, least: u32) -> Range<u32> {
        let lowest = relative(Pitch::LOWEST, self.key);
        PITCH + least.max(lowest)..PITCH + relative(Pitch::HIGHEST, self.key) + 1
    }

    /// The ranges that end the bar: the next bar or the end of the song.
    pub fn bar_or_end(&self) -> Vec<Range<u32>> {
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
                self.voice = Some(voice as u32);
                Place::AfterVoice
            }
            Token::Position(step) => {
                self.position = step;
                Place::AfterPosition
            }
            Token::Pitch(pitch) => {
                self.pitch = pitch;
                Place::AfterPitch
            }
            Token::Duration(_) => Place::AfterDuration,
            header => {
                match header {
                    Token::Meter(beats) => self.beats_per_bar = beats,
                    Token::Key(key) => self.key = key,
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

fn only(range: Range<u32>) -> Vec<Range<u32>> {
    std::iter::once(range).collect()
}

fn with_voices(first: u32, mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
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
    ];
    RANGES.get(idx).cloned().unwrap_or(BAR..BAR + 1)
}
