//! How is a song laid out to be measured?

use crate::song::{GridNote, Song, Voice};

/// A song with what several features need of it, found once.
#[derive(Clone, Debug)]
pub struct View {
    /// The song.
    pub song: Song,
    lines: [Line; 3],
}

/// The notes of one voice.
#[derive(Clone, Debug)]
pub struct Line {
    /// Sorted by onset and pitch.
    pub notes: Vec<GridNote>,
    /// The highest note of each onset.
    pub tops: Vec<GridNote>,
    /// How many notes are struck at each onset.
    pub chord_sizes: Vec<usize>,
}

impl View {
    /// Lays out a song.
    pub fn of(song: &Song) -> Self {
        Self { lines: Voice::ALL.map(|voice| Line::of(song, voice)), song: song.clone() }
    }

    /// One voice.
    pub fn line(&self, voice: Voice) -> &Line {
        &self.lines[voice as usize]
    }

    /// The melody.
    pub fn lead(&self) -> &Line {
        self.line(Voice::Lead)
    }

    /// How many of something there are in a bar, on average.
    pub(super) fn per_bar(&self, n: usize) -> f64 {
        n as f64 / f64::from(self.song.n_bars())
    }
}

impl Line {
    fn of(song: &Song, voice: Voice) -> Self {
        let notes: Vec<GridNote> = song.voice(voice).copied().collect();
        let onsets = || notes.chunk_by(|a, b| a.onset == b.onset);
        let tops = onsets().filter_map(|group| group.last().copied()).collect();
        let chord_sizes = onsets().map(<[GridNote]>::len).collect();
        Self { notes, tops, chord_sizes }
    }

    /// The pitches of all notes as numbers.
    pub(super) fn pitches(&self) -> impl Iterator<Item = f64> + Clone {
        self.notes.iter().map(|note| f64::from(note.pitch.number()))
    }
}
