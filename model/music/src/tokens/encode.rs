//! How is a song written as tokens, and read back?

use super::grammar::{Grammar, Misplaced};
use super::vocabulary::{
    HEADER, LAYOUT, Token, TokenId, absolute, density_class, length_class, relative, tempo_class,
    tempo_of_class,
};
use crate::dynamic::Dynamic;
use crate::key::{Key, Mode};
use crate::song::{GridNote, Song, Voice};

/// Why tokens are not a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A token stands where the grammar does not allow it.
    #[error("token {idx} ({id:?}) may not stand where it stands")]
    Misplaced {
        /// Which token.
        idx: usize,
        /// What it is.
        id: TokenId,
    },
    /// The tokens stop before the song has ended.
    #[error("the tokens stop before the end of the song")]
    Unfinished,
}

/// The tokens of a song. Exact but for the tempo, which is rounded to its class.
pub fn encode(song: &Song) -> Vec<TokenId> {
    let mut ids = encode_header(
        song.tempo_bpm(),
        song.beats_per_bar(),
        song.key(),
        song.notes_per_bar(),
        song.n_bars(),
        song.dynamics(),
    );
    let steps = song.steps_per_bar();
    let mut rest = song.notes();
    for bar in 0..song.n_bars() {
        let n_here = rest.partition_point(|note| note.onset < (bar + 1) * steps);
        let (here, later) = rest.split_at(n_here);
        rest = later;
        ids.push(Token::Bar.id());
        for voice in Voice::ALL {
            let notes = here.iter().filter(|n| n.voice == voice);
            encode_voice(&mut ids, song, voice, notes, bar * steps);
        }
    }
    ids.push(Token::End.id());
    ids
}

/// The conditions of a song: tempo in BPM, quarter notes a bar, key, notes a bar, bars, and how loud
/// its voices usually are.
pub fn encode_header(
    tempo_bpm: f64,
    beats_per_bar: u32,
    key: Key,
    notes_per_bar: f64,
    n_bars: u32,
    dynamics: [Dynamic; 3],
) -> Vec<TokenId> {
    let [bass, chords, lead] = dynamics.map(Token::Dynamic);
    [
        Token::Start,
        Token::Tempo(tempo_class(tempo_bpm)),
        Token::Meter(beats_per_bar),
        Token::Key(key),
        Token::Density(density_class(notes_per_bar)),
        Token::Length(length_class(n_bars)),
        bass,
        chords,
        lead,
    ]
    .map(Token::id)
    .to_vec()
}

/// Writes the notes of a voice in a bar. How loud they are is written where it changes; at the start
/// it is what is usual for the voice, so that bars of the same notes are written the same.
fn encode_voice<'a>(
    ids: &mut Vec<TokenId>,
    song: &Song,
    voice: Voice,
    notes: impl Iterator<Item = &'a GridNote>,
    bar_onset: u32,
) {
    let usual = song.dynamics()[voice as usize];
    let mut dynamic = usual;
    let mut position = None;
    for note in notes {
        if position.is_none() {
            ids.push(Token::Voice(voice).id());
        }
        let here = note.onset - bar_onset;
        if position != Some(here) {
            ids.push(Token::Position(here).id());
            position = Some(here);
        }
        if note.dynamic != dynamic {
            dynamic = note.dynamic;
            ids.push(Token::Velocity(dynamic.above(usual)).id());
        }
        ids.push(Token::Pitch(relative(note.pitch, song.key())).id());
        ids.push(Token::Duration(note.duration).id());
    }
}

/// The song that the tokens spell; its tempo is the middle of its class, its key the one written.
///
/// # Errors
/// [`DecodeError`] if the grammar does not allow the tokens.
pub fn decode(ids: &[TokenId]) -> Result<Song, DecodeError> {
    let mut grammar = Grammar::new(None);
    let mut reading = Reading::default();
    for (idx, id) in ids.iter().enumerate() {
        grammar
            .advance(*id)
            .map_err(|Misplaced { found }| DecodeError::Misplaced { idx, id: found })?;
        reading.read(idx, *id);
    }
    if !grammar.is_ended() {
        return Err(DecodeError::Unfinished);
    }
    let key = reading.key.unwrap_or(Key::new(9, Mode::Minor));
    Ok(Song::new(reading.tempo_bpm, reading.beats_per_bar, reading.n_bars, reading.notes)
        .with_key(key)
        .with_dynamics(reading.dynamics))
}

/// The tokens of a song that an earlier release wrote, in the present [`LAYOUT`]; `None` if it cannot
/// be known what they mean.
pub fn renewed(mut ids: Vec<TokenId>, layout: u32) -> Option<Vec<TokenId>> {
    match layout {
        LAYOUT => Some(ids),
        // Every note was as loud as any other.
        3 => {
            let at = HEADER - Voice::ALL.len();
            let usual = Token::Dynamic(Dynamic::USUAL).id();
            (ids.len() > at).then(|| ids.splice(at..at, [usual; 3]).for_each(drop))?;
            Some(ids)
        }
        _ => None,
    }
}

#[derive(Default)]
struct Reading {
    tempo_bpm: f64,
    beats_per_bar: u32,
    key: Option<Key>,
    n_bars: u32,
    n_dynamics: usize,
    dynamics: [Dynamic; 3],
    voice: Option<Voice>,
    onset: u32,
    dynamic: Dynamic,
    notes: Vec<GridNote>,
}

impl Reading {
    fn read(&mut self, idx: usize, id: TokenId) {
        let steps = self.beats_per_bar * crate::song::STEPS_PER_BEAT;
        match id.token() {
            Some(Token::Tempo(class)) => self.tempo_bpm = tempo_of_class(class),
            Some(Token::Meter(beats)) => self.beats_per_bar = beats,
            Some(Token::Key(key)) => self.key = Some(key),
            Some(Token::Dynamic(dynamic)) => {
                self.dynamics[self.n_dynamics] = dynamic;
                self.n_dynamics += 1;
            }
            Some(Token::Bar) => self.n_bars += 1,
            Some(Token::Voice(voice)) => {
                self.voice = Some(voice);
                self.dynamic = self.dynamics[voice as usize];
            }
            Some(Token::Velocity(steps)) => {
                let usual = self.voice.map(|voice| self.dynamics[voice as usize]);
                self.dynamic = usual.and_then(|usual| usual.raised(steps)).unwrap_or(self.dynamic);
            }
            Some(Token::Position(step)) => {
                debug_assert!(idx > HEADER, "positions stand in bars");
                self.onset = (self.n_bars - 1) * steps + step;
            }
            Some(Token::Pitch(written)) => {
                let key = self.key.unwrap_or(Key::new(9, Mode::Minor));
                let heard = self.voice.zip(absolute(written, key));
                let (onset, dynamic) = (self.onset, self.dynamic);
                self.notes.extend(heard.map(|(voice, pitch)| GridNote {
                    onset,
                    voice,
                    pitch,
                    duration: 1,
                    dynamic,
                }));
            }
            Some(Token::Duration(duration)) => {
                if let Some(note) = self.notes.last_mut() {
                    note.duration = duration;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Pitch;
    use proptest::prelude::*;

    fn songs() -> impl Strategy<Value = Song> {
        let note = (0u32..2000, 0usize..3, 0u8..128, 1u32..500, 1u8..128).prop_map(
            |(onset, voice, pitch, duration, velocity)| GridNote {
                onset,
                voice: Voice::ALL[voice],
                pitch: Pitch::new(pitch).expect("in range"),
                duration,
                dynamic: Dynamic::of_velocity(velocity),
            },
        );
        (2u32..=6, 1u32..20, proptest::collection::vec(note, 0..120), 0u32..50).prop_map(
            |(beats, bars, notes, tempo)| Song::new(tempo_of_class(tempo), beats, bars, notes),
        )
    }

    proptest! {
        #[test]
        fn decoding_what_was_encoded_gives_the_song_back(song in songs()) {
            prop_assert_eq!(decode(&encode(&song)), Ok(song));
        }
    }

    fn struck(onset: u32, velocity: u8) -> GridNote {
        let pitch = Pitch::new(69).expect("a pitch");
        GridNote {
            dynamic: Dynamic::of_velocity(velocity),
            ..GridNote::new(onset, Voice::Lead, pitch, 12)
        }
    }

    #[test]
    fn how_loud_notes_are_is_written_where_it_changes() {
        let velocities = |song: &Song| {
            let of = |id: &TokenId| match id.token() {
                Some(Token::Velocity(steps)) => Some(steps),
                _ => None,
            };
            encode(song).iter().filter_map(of).collect::<Vec<i32>>()
        };
        for velocity in [1, 64, 100, 127] {
            let constant = Song::new(150.0, 4, 2, (0..16).map(|i| struck(i * 12, velocity)));
            assert_eq!(velocities(&constant), [0i32; 0]);
        }
        // Most notes are at 64; each bar begins there.
        let played = [64, 64, 88, 88, 64, 64, 124, 124, 124, 64, 64, 64, 28, 64, 64, 64];
        let song = Song::new(150.0, 4, 2, played.iter().zip(0..).map(|(v, i)| struck(i * 12, *v)));
        assert_eq!(velocities(&song), [2, 0, 5, 5, 0, -3, 0]);
        let louder =
            Song::new(150.0, 4, 2, played.iter().zip(0..).map(|(v, i)| struck(i * 12, *v - 24)));
        assert_eq!(encode(&song)[HEADER..], encode(&louder)[HEADER..]);
    }

    #[test]
    fn what_earlier_releases_wrote_is_read_as_constant() {
        let song = Song::new(148.0, 4, 2, (0..16).map(|i| struck(i * 12, 100)));
        let mut old = encode(&song);
        old.drain(HEADER - 3..HEADER);
        assert!(decode(&old).is_err());
        let renewed = |layout| renewed(old.clone(), layout).map(|ids| decode(&ids));
        assert_eq!((renewed(3), renewed(2)), (Some(Ok(song)), None));
        assert_eq!(super::renewed(old[..6].to_vec(), 3), None);
    }

    #[test]
    fn broken_sequences_are_refused() {
        let ids = encode(&Song::new(148.0, 4, 2, []));
        assert_eq!(decode(&ids[..ids.len() - 1]), Err(DecodeError::Unfinished));
        let mut swapped = ids.clone();
        swapped.swap(1, 2);
        assert!(matches!(decode(&swapped), Err(DecodeError::Misplaced { idx: 1, .. })));
        assert!(decode(&[TokenId(99_999)]).is_err());
    }
}
