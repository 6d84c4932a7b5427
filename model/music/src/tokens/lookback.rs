//! What stood at this place one, two, four and eight bars ago?
//!
//! Loops repeat. For each token, [`Lookback`] finds the token that would come next if the bar in
//! hand went on like the bar *n* bars earlier: the network sees it as an input and may copy it to
//! its output (the largest single gain in held-out loss measured for this music).

use super::vocabulary::{Token, TokenId};

/// How many bars back are looked at.
pub const LOOKBACKS: [usize; 4] = [1, 2, 4, 8];

/// Within a bar, tokens ascend by voice, position, pitch and kind; 0 stands for "none yet".
type Order = (u32, u32, u32, Kind);

/// What a token says, in the order in which it is said after a position or a pitch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Where a note is: its voice, position or pitch.
    #[default]
    Place,
    /// How long it is.
    Duration,
    /// How loud the next one is.
    Velocity,
}

/// The song so far, indexed by bar. Feed it token by token.
#[derive(Clone, Debug, Default)]
pub struct Lookback {
    bars: Vec<Vec<(Order, usize)>>,
    last: Order,
    n_tokens: usize,
}

impl Lookback {
    /// Takes the next token and returns, for each entry of [`LOOKBACKS`], the index (in the song)
    /// of the token that the bar so many bars earlier suggests to come after it.
    pub fn push(&mut self, id: TokenId) -> [Option<usize>; LOOKBACKS.len()] {
        let idx = self.n_tokens;
        self.n_tokens += 1;
        let token = id.token();
        match token {
            Some(Token::Bar) => {
                self.bars.push(Vec::new());
                self.last = Order::default();
            }
            Some(Token::Voice(voice)) => self.last = (voice as u32 + 1, 0, 0, Kind::Place),
            Some(Token::Position(step)) => self.last = (self.last.0, step + 1, 0, Kind::Place),
            Some(Token::Pitch(pitch)) => {
                self.last = (self.last.0, self.last.1, pitch + 1, Kind::Place);
            }
            Some(Token::Duration(_)) => self.last.3 = Kind::Duration,
            Some(Token::Velocity(_)) => self.last.3 = Kind::Velocity,
            _ => return [None; LOOKBACKS.len()],
        }
        if let Some(bar) = self.bars.last_mut() {
            bar.push((self.last, idx));
        }
        LOOKBACKS.map(|n_back| self.suggestion(n_back))
    }

    fn suggestion(&self, n_back: usize) -> Option<usize> {
        let bar_idx = self.bars.len().checked_sub(1 + n_back)?;
        let bar = &self.bars[bar_idx];
        let now = self.last;
        let first = bar.partition_point(|(order, _)| *order <= now);
        let later = &bar[first..];
        let next = |is_wanted: fn(Order) -> bool| {
            later.iter().find(|(order, _)| order.0 == now.0 && is_wanted(*order))
        };
        let found = match now {
            // A velocity wants a pitch.
            (.., Kind::Velocity) => next(|o| o.2 > 0 && o.3 == Kind::Place),
            // A pitch wants a duration: its own, or the next note's of the voice.
            (_, _, 1.., Kind::Place) => next(|o| o.3 == Kind::Duration),
            // A position wants a pitch, or how loud that is.
            (_, 1.., 0, _) => next(|o| o.2 > 0 && o.3 == Kind::Place || o.3 == Kind::Velocity),
            // A voice wants a position.
            (1.., 0, ..) => next(|o| o.1 > 0 && o.2 == 0 && o.3 == Kind::Place),
            // After a bar or a note anything may come; past the last token comes the next bar.
            _ => match later.first() {
                Some(token) => Some(token),
                None => self.bars[bar_idx + 1].first(),
            },
        };
        found.map(|(_, idx)| *idx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::Dynamic;
    use crate::score::Pitch;
    use crate::song::{GridNote, Song, Voice};
    use crate::tokens::encode;
    use crate::tokens::vocabulary::{HEADER, relative};

    fn lookbacks(ids: &[TokenId]) -> Vec<[Option<TokenId>; 4]> {
        let mut lookback = Lookback::default();
        ids.iter().map(|id| lookback.push(*id).map(|idx| idx.map(|idx| ids[idx]))).collect()
    }

    fn note(onset: u32, voice: Voice, pitch: u8) -> GridNote {
        GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), 12)
    }

    fn loud(note: GridNote) -> GridNote {
        GridNote { dynamic: Dynamic::of_velocity(124), ..note }
    }

    #[test]
    fn a_repeated_bar_is_predicted_token_by_token() {
        let plain = |bar: u32| {
            vec![
                note(bar * 96, Voice::Bass, 40),
                note(bar * 96, Voice::Lead, 70),
                note(bar * 96, Voice::Lead, 74),
                note(bar * 96 + 30, Voice::Lead, 72),
            ]
        };
        // Accents on a first note, within a chord, and on a last note.
        let accented = |bar: u32| {
            let start = bar * 96;
            let mut notes = plain(bar);
            notes.extend([loud(notes[2]), loud(note(start, Voice::Chords, 60))]);
            notes.extend([12, 24, 36].map(|at| note(start + at, Voice::Chords, 64)));
            notes.extend([24, 48, 60, 72].map(|at| note(start + at, Voice::Lead, 76)));
            notes.push(loud(note(start + 84, Voice::Lead, 79)));
            notes
        };
        assert_is_predicted(&encode(&Song::new(150.0, 4, 2, (0..2).flat_map(plain))));
        let accented = encode(&Song::new(150.0, 4, 2, (0..2).flat_map(accented)));
        let is_velocity = |id: &&TokenId| matches!(id.token(), Some(Token::Velocity(_)));
        assert_eq!(accented.iter().filter(is_velocity).count(), 2 * 5);
        assert_is_predicted(&accented);
    }

    /// Of two bars that are the same, the second is suggested by the first.
    fn assert_is_predicted(ids: &[TokenId]) {
        let suggested = lookbacks(ids);
        let second = HEADER + (ids.len() - HEADER - 1) / 2;
        assert_eq!(ids[second].token(), Some(Token::Bar));
        for t in second..ids.len() - 2 {
            assert_eq!(suggested[t][0], Some(ids[t + 1]), "after token {t}");
        }
        assert!(suggested[..second].iter().all(|s| s[0].is_none()), "there is no earlier bar yet");
        assert!(suggested.iter().all(|s| s[1].is_none()), "nor one two bars back");
    }

    #[test]
    fn a_changed_note_suggests_what_follows_its_place() {
        let notes = [
            note(0, Voice::Lead, 70),
            note(24, Voice::Lead, 72),
            note(48, Voice::Lead, 74),
            note(96, Voice::Lead, 70),
            note(96 + 36, Voice::Lead, 60),
        ];
        let song = Song::new(150.0, 4, 2, notes);
        let ids = encode(&song);
        let suggested = lookbacks(&ids);
        let at = ids.iter().rposition(|id| *id == Token::Position(36).id()).expect("it is there");
        let pitch = |n| {
            let pitch = Pitch::new(n).expect("a pitch");
            Some(Token::Pitch(relative(pitch, song.key())).id())
        };
        assert_eq!(suggested[at][0], pitch(74), "the next onset's pitch");
        assert_eq!(suggested[at + 2][0], Some(Token::Position(48).id()));
    }
}
