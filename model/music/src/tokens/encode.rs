//! How is a song written as tokens, and read back?

use super::grammar::{Grammar, Misplaced};
use super::vocabulary::{
    HEADER, Token, TokenId, absolute, density_class, length_class, relative, tempo_class,
    tempo_of_class,
};
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
    let density = song.notes_per_bar();
    let mut ids =
        encode_header(song.tempo_bpm(), song.beats_per_bar(), song.key(), density, song.n_bars());
    let steps = song.steps_per_bar();
    let mut rest = song.notes();
    for bar in 0..song.n_bars() {
        let n_here = rest.partition_point(|note| note.onset < (bar + 1) * steps);
        let (here, later) = rest.split_at(n_here);
        rest = later;
        ids.push(Token::Bar.id());
        for voice in Voice::ALL {
            let notes = here.iter().filter(|n| n.voice == voice);
            encode_voice(&mut ids, voice, song.key(), notes, bar * steps);
        }
    }
    ids.push(Token::End.id());
    ids
}

/// The conditions of a song: tempo in BPM, quarter notes a bar, key, notes a bar, bars.
pub fn encode_header(
    tempo_bpm: f64,
    beats_per_bar: u32,
    key: Key,
    notes_per_bar: f64,
    n_bars: u32,
) -> Vec<TokenId> {
    [
        Token::Start,
        Token::Tempo(tempo_class(tempo_bpm)),
        Token::Meter(beats_per_bar),
        Token::Key(key),
        Token::Density(density_class(notes_per_bar)),
        Token::Length(length_class(n_bars)),
    ]
    .map(Token::id)
    .to_vec()
}

fn encode_voice<'a>(
    ids: &mut Vec<TokenId>,
    voice: Voice,
    key: Key,
    notes: impl Iterator<Item = &'a GridNote>,
    bar_onset: u32,
) {
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
        ids.push(Token::Pitch(relative(note.pitch, key)).id());
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
        .with_key(key))
}

#[derive(Default)]
struct Reading {
    tempo_bpm: f64,
    beats_per_bar: u32,
    key: Option<Key>,
    n_bars: u32,
    voice: Option<Voice>,
    onset: u32,
    notes: Vec<GridNote>,
}

impl Reading {
    fn read(&mut self, idx: usize, id: TokenId) {
        let steps = self.beats_per_bar * crate::song::STEPS_PER_BEAT;
        match id.token() {
            Some(Token::Tempo(class)) => self.tempo_bpm = tempo_of_class(class),
            Some(Token::Meter(beats)) => self.beats_per_bar = beats,
            Some(Token::Key(key)) => self.key = Some(key),
            Some(Token::Bar) => self.n_bars += 1,
            Some(Token::Voice(voice)) => self.voice = Some(voice),
            Some(Token::Position(step)) => {
                debug_assert!(idx > HEADER, "positions stand in bars");
                self.onset = (self.n_bars - 1) * steps + step;
            }
            Some(Token::Pitch(written)) => {
                let key = self.key.unwrap_or(Key::new(9, Mode::Minor));
                let heard = self.voice.zip(absolute(written, key));
                let onset = self.onset;
                self.notes.extend(heard.map(|(voice, pitch)| GridNote {
                    onset,
                    voice,
                    pitch,
                    duration: 1,
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
        let note = (0u32..2000, 0usize..3, 0u8..128, 1u32..500).prop_map(
            |(onset, voice, pitch, duration)| GridNote {
                onset,
                voice: Voice::ALL[voice],
                pitch: Pitch::new(pitch).expect("in range"),
                duration,
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
