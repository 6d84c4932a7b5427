//! How many notes sound at once, and where is there room for one more?
//!
//! The grammar knows nothing of it: a song may be as thick as it likes. Where a song shall not be
//! thicker than some limit, the sampler asks [`Room`] as well.

use std::cmp::Reverse;

use super::vocabulary::{Token, TokenId};
use crate::song::{MAX_DURATION, STEPS_PER_BEAT, Song, Voice, durations};

/// The most notes that sound at once. A note held over a bar line sounds there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polyphony {
    /// Of all voices together.
    pub in_all: u32,
    /// Of each voice, in the order of [`Voice::ALL`]; 0 is a voice that does not play.
    pub by_voice: [u32; 3],
}

impl Polyphony {
    /// As many as one likes.
    pub const ANY: Self = Self { in_all: u32::MAX, by_voice: [u32::MAX; 3] };

    /// That of a song.
    pub fn of(song: &Song) -> Self {
        let most = |voice: Option<Voice>| {
            let mut changes: Vec<(u32, i32)> = song
                .notes()
                .iter()
                .filter(|note| voice.is_none_or(|voice| note.voice == voice))
                .flat_map(|note| [(note.onset, 1), (note.onset + note.duration, -1)])
                .collect();
            // Of one step, notes end before others begin.
            changes.sort_unstable();
            let (mut now, mut most) = (0i32, 0i32);
            for (_, change) in changes {
                now += change;
                most = most.max(now);
            }
            most.unsigned_abs()
        };
        Self { in_all: most(None), by_voice: Voice::ALL.map(|voice| most(Some(voice))) }
    }

    /// What holds both.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        let mut by_voice = self.by_voice;
        for (own, theirs) in by_voice.iter_mut().zip(other.by_voice) {
            *own = (*own).max(theirs);
        }
        Self { in_all: self.in_all.max(other.in_all), by_voice }
    }
}

/// Follows a song token by token, says which notes still fit, and cuts a held note short where another
/// begins that would be one too many, as a synthesiser of few voices does.
#[derive(Clone, Debug)]
pub struct Room {
    limit: Polyphony,
    n_kept: usize,
    n_tokens: usize,
    steps_per_bar: u32,
    n_bars: u32,
    bar_onset: u32,
    voice: Voice,
    position: u32,
    /// Steps from the position on for which the note that begins there fits.
    free: u32,
    /// The notes of this bar and those held into it.
    held: Vec<Held>,
}

/// A note, in steps from the start of the song.
#[derive(Clone, Copy, Debug)]
struct Held {
    voice: Voice,
    onset: u32,
    end: u32,
    /// Which token says how long it is.
    token: usize,
}

/// A note was cut: its duration is another token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which token.
    pub idx: usize,
    /// What it is now.
    pub duration: TokenId,
}

impl Room {
    /// Before the first token. The first `n_kept` are not cut.
    pub fn new(limit: Polyphony, n_kept: usize) -> Self {
        Self {
            limit,
            n_kept,
            n_tokens: 0,
            steps_per_bar: 0,
            n_bars: 0,
            bar_onset: 0,
            voice: Voice::Bass,
            position: 0,
            free: MAX_DURATION,
            held: Vec::new(),
        }
    }

    /// Whether there is room for what `id` begins or makes longer. Whatever takes no room is allowed,
    /// as the ends of a bar and of the song are; and wherever a voice, a position, a velocity or a pitch
    /// was allowed, so is at least one token that the grammar lets follow it.
    pub fn allows(&self, id: TokenId) -> bool {
        match id.token() {
            Some(Token::Voice(voice)) => {
                (0..self.steps_per_bar).any(|step| self.may_begin(voice, step))
            }
            Some(Token::Position(step)) => self.may_begin(self.voice, step),
            Some(Token::Velocity(_) | Token::Pitch(_)) => self.may_begin(self.voice, self.position),
            Some(Token::Duration(steps)) => steps <= self.free,
            _ => true,
        }
    }

    /// Moves past `id`, whether there is room for it or not, and says what was cut for it.
    #[must_use]
    pub fn advance(&mut self, id: TokenId) -> Vec<Cut> {
        let mut cuts = Vec::new();
        match id.token() {
            Some(Token::Meter(beats)) => self.steps_per_bar = beats * STEPS_PER_BEAT,
            Some(Token::Bar) => {
                self.bar_onset = self.n_bars * self.steps_per_bar;
                self.n_bars += 1;
                self.held.retain(|note| note.end > self.bar_onset);
            }
            Some(Token::Voice(voice)) => self.voice = voice,
            Some(Token::Position(step)) => self.position = step,
            Some(Token::Pitch(_)) => {
                let onset = self.bar_onset + self.position;
                while !self.fits(self.voice, onset)
                    && let Some(cut) = self.cut(onset)
                {
                    cuts.push(cut);
                }
                let later = self.held.iter().map(|note| note.onset).filter(|next| *next > onset);
                let full = later.filter(|next| !self.fits(self.voice, *next)).min();
                self.free = full.map_or(MAX_DURATION, |full| full - onset);
            }
            Some(Token::Duration(steps)) => {
                let onset = self.bar_onset + self.position;
                let (voice, end, token) = (self.voice, onset + steps, self.n_tokens);
                self.held.push(Held { voice, onset, end, token });
            }
            _ => {}
        }
        self.n_tokens += 1;
        cuts
    }

    /// How many notes sound at the position.
    pub fn n_sounding(&self) -> u32 {
        let now = self.bar_onset + self.position;
        self.held.iter().filter(|note| note.sounds_at(now)).count() as u32
    }

    /// Whether a note may begin at `step` of the bar, if need be by cutting others.
    fn may_begin(&self, voice: Voice, step: u32) -> bool {
        let onset = self.bar_onset + step;
        self.leaves_room(voice, |note| note.sounds_at(onset) && !self.may_be_cut(note, onset))
    }

    /// Whether one more note fits at a step without cutting.
    fn fits(&self, voice: Voice, at: u32) -> bool {
        self.leaves_room(voice, |note| note.sounds_at(at))
    }

    fn leaves_room(&self, voice: Voice, sounds: impl Fn(&Held) -> bool) -> bool {
        let (mut in_all, mut of_voice) = (0, 0);
        for note in self.held.iter().filter(|note| sounds(note)) {
            in_all += 1;
            of_voice += u32::from(note.voice == voice);
        }
        in_all < self.limit.in_all && of_voice < self.limit.by_voice[voice as usize]
    }

    fn may_be_cut(&self, note: &Held, at: u32) -> bool {
        note.onset < at && note.token >= self.n_kept
    }

    /// Cuts one note that is in the way of another: of the same voice if that has too many, else the one
    /// that began first.
    fn cut(&mut self, at: u32) -> Option<Cut> {
        let of_voice =
            self.held.iter().filter(|note| note.voice == self.voice && note.sounds_at(at)).count();
        let is_voice_full = of_voice as u32 >= self.limit.by_voice[self.voice as usize];
        let idx = (0..self.held.len())
            .filter(|idx| {
                let note = &self.held[*idx];
                let is_in_the_way = !is_voice_full || note.voice == self.voice;
                note.sounds_at(at) && self.may_be_cut(note, at) && is_in_the_way
            })
            .min_by_key(|idx| (self.held[*idx].onset, Reverse(self.held[*idx].voice)))?;
        let note = &mut self.held[idx];
        let steps = durations().take_while(|steps| note.onset + steps <= at).last()?;
        note.end = note.onset + steps;
        Some(Cut { idx: note.token, duration: Token::Duration(steps).id() })
    }
}

impl Held {
    fn sounds_at(&self, step: u32) -> bool {
        (self.onset..self.end).contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Pitch;
    use crate::song::GridNote;
    use crate::tokens::{Grammar, decode, encode};
    use proptest::prelude::*;

    fn note(onset: u32, voice: Voice, number: u8, duration: u32) -> GridNote {
        GridNote::new(onset, voice, Pitch::new(number).expect("a pitch"), duration)
    }

    #[test]
    fn notes_that_touch_do_not_sound_at_once_and_held_ones_do() {
        let song = |notes: &[GridNote]| Song::new(150.0, 4, 2, notes.iter().copied());
        let (low, high) = (note(0, Voice::Bass, 40, 24), note(24, Voice::Lead, 70, 24));
        let of = |notes: &[GridNote]| Polyphony::of(&song(notes));
        assert_eq!(of(&[]), Polyphony { in_all: 0, by_voice: [0; 3] });
        assert_eq!(of(&[low, high]), Polyphony { in_all: 1, by_voice: [1, 0, 1] });
        // The first is held over the bar line at step 96.
        let held = [note(90, Voice::Bass, 40, 12), note(96, Voice::Lead, 70, 6)];
        assert_eq!(of(&held), Polyphony { in_all: 2, by_voice: [1, 0, 1] });
        let triad = [48, 52, 55].map(|number| note(12, Voice::Chords, number, 24));
        let all = [&triad[..], &[low, high]].concat();
        assert_eq!(of(&all), Polyphony { in_all: 4, by_voice: [1, 3, 1] });
    }

    /// A room after the tokens of a song up to its last bar, and how many tokens those are.
    fn room_in_last_bar(song: &Song, limit: Polyphony, n_kept: usize) -> (Room, usize) {
        let ids = encode(song);
        let bar = ids.iter().rposition(|id| *id == Token::Bar.id()).expect("a bar");
        let mut room = Room::new(limit, n_kept);
        for id in &ids[..=bar] {
            assert_eq!(room.advance(*id), []);
        }
        (room, bar + 1)
    }

    #[test]
    fn a_held_note_is_cut_where_another_begins_and_no_two_begin_at_once() {
        let limit = Polyphony { in_all: 1, by_voice: [1, 0, 1] };
        let song = Song::new(150.0, 4, 2, [note(72, Voice::Bass, 40, 60)]);
        let (mut room, n_tokens) = room_in_last_bar(&song, limit, 0);
        let may = |room: &Room, token: Token| room.allows(token.id());
        let go = |room: &mut Room, tokens: &[Token]| -> Vec<Cut> {
            tokens.iter().flat_map(|token| room.advance(token.id())).collect()
        };
        assert!(!may(&room, Token::Voice(Voice::Chords)));
        let bass = [Token::Voice(Voice::Bass), Token::Position(48), Token::Pitch(40)];
        assert_eq!(go(&mut room, &bass), []);
        go(&mut room, &[Token::Duration(24), Token::Voice(Voice::Lead)]);
        assert!(!may(&room, Token::Position(48)) && may(&room, Token::Position(60)));
        // The note held over the bar line gives way, to the longest duration that fits.
        let cuts = go(&mut room, &[Token::Position(1), Token::Pitch(60)]);
        assert_eq!(cuts, [Cut { idx: n_tokens - 2, duration: Token::Duration(24).id() }]);
        // The new note has room until the next begins.
        assert!(may(&room, Token::Duration(44)) && !may(&room, Token::Duration(48)));
        go(&mut room, &[Token::Duration(24)]);
        assert!(!may(&room, Token::Pitch(64)));
    }

    #[test]
    fn what_is_kept_is_not_cut() {
        let limit = Polyphony { in_all: 1, by_voice: [1; 3] };
        let song = Song::new(150.0, 4, 2, [note(72, Voice::Bass, 40, 48)]);
        let (mut room, _) = room_in_last_bar(&song, limit, usize::MAX);
        assert_eq!(room.advance(Token::Voice(Voice::Lead).id()), []);
        let free: Vec<u32> =
            (0..96).filter(|step| room.allows(Token::Position(*step).id())).collect();
        assert_eq!(free, (24..96).collect::<Vec<u32>>());
    }

    #[test]
    fn the_own_voice_gives_way_first_and_the_bass_last() {
        let (bass, chords) = (note(0, Voice::Bass, 36, 120), note(0, Voice::Chords, 60, 108));
        let lead = note(12, Voice::Lead, 72, 92);
        let cut = |notes: &[GridNote], voice| {
            let song = Song::new(150.0, 4, 2, notes.iter().copied());
            let limit = Polyphony { in_all: notes.len() as u32, by_voice: [1; 3] };
            let (mut room, _) = room_in_last_bar(&song, limit, 0);
            let begin = [Token::Voice(voice), Token::Position(1), Token::Pitch(64)];
            let cuts = begin.into_iter().flat_map(|token| room.advance(token.id()));
            let was = |cut: Cut| encode(&song)[cut.idx].token();
            cuts.map(was).collect::<Vec<Option<Token>>>()
        };
        let was = |note: GridNote| [Some(Token::Duration(note.duration))];
        assert_eq!(cut(&[bass, chords, lead], Voice::Lead), was(lead));
        assert_eq!(cut(&[bass, chords, lead], Voice::Bass), was(bass));
        assert_eq!(cut(&[bass, chords], Voice::Lead), was(chords));
        assert_eq!(cut(&[chords, lead], Voice::Bass), was(chords));
    }

    #[test]
    fn more_of_two_is_enough_for_both() {
        let a = Polyphony { in_all: 4, by_voice: [0, 3, 1] };
        let b = Polyphony { in_all: 2, by_voice: [1, 0, 2] };
        assert_eq!(a.or_more(b), Polyphony { in_all: 4, by_voice: [1, 3, 2] });
        assert_eq!(a.or_more(Polyphony::ANY), Polyphony::ANY);
    }

    proptest! {
        #[test]
        fn whatever_there_is_room_for_is_a_song_within_the_limit(
            choices in proptest::collection::vec(any::<u32>(), 3000),
            n_bars in 1u32..6, in_all in 1u32..5, by_voice in [0u32..4, 0u32..4, 1u32..4],
        ) {
            let limit = Polyphony { in_all, by_voice };
            let (mut grammar, mut room) = (Grammar::new(Some(n_bars)), Room::new(limit, 0));
            let mut ids = Vec::new();
            for choice in choices {
                let is_hurried = ids.len() > 1500 && grammar.may_end_bar();
                let ranges = if is_hurried { grammar.bar_or_end() } else { grammar.allowed() };
                let allowed: Vec<Vec<u32>> = ranges
                    .into_iter()
                    .map(|range| range.filter(|id| room.allows(TokenId(*id))).collect::<Vec<u32>>())
                    .filter(|ids| !ids.is_empty())
                    .collect();
                if grammar.is_ended() {
                    break;
                }
                prop_assert!(!allowed.is_empty(), "nothing may follow {ids:?}");
                let kind = &allowed[choice as usize % allowed.len()];
                let id = TokenId(kind[choice as usize / 7 % kind.len()]);
                grammar.advance(id).expect("an allowed token");
                for cut in room.advance(id) {
                    ids[cut.idx] = cut.duration;
                }
                ids.push(id);
            }
            prop_assert!(grammar.is_ended());
            let found = Polyphony::of(&decode(&ids).expect("a song"));
            prop_assert_eq!(limit.or_more(found), limit);
        }
    }
}
