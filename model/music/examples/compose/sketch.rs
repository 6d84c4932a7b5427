//! What is decided about a song before its notes are found?
//!
//! Rhythm, harmony, form and the height of each bar: everything in which songs of one genre differ
//! from each other. [`crate::melody`] finds the pitches.

/// The plan of a song.
pub(crate) struct Sketch {
    /// What it is called.
    pub(crate) title: &'static str,
    /// Quarter notes a minute.
    pub(crate) tempo_bpm: f64,
    /// The tonic that heights are counted from, as a MIDI key number.
    pub(crate) home: u8,
    /// How far below `home` the melody may go, in semitones; it spans an octave and a half.
    pub(crate) below: u8,
    /// How the melody moves.
    pub(crate) manner: Manner,
    /// Which tracks the file has.
    pub(crate) layout: Layout,
    /// The bass rhythm of a bar, on the chord's root.
    pub(crate) bass: &'static str,
    /// Phrases of eight bars: four letters, each two bars long, and a chord for each bar. `a` is the
    /// first of `cells`; a letter that comes back over the same chords is repeated note for note.
    pub(crate) phrases: &'static [(&'static str, &'static str)],
    /// The rhythm of two bars and the height of each half bar in scale steps from `home`.
    pub(crate) cells: &'static [([&'static str; 2], [i32; 4])],
}

/// How a melody likes to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// By step, with leaps between notes of the chord.
    Singing,
    /// From chord note to chord note.
    Arpeggio,
    /// Hammering on one note, then jumping.
    Screech,
}

/// The tracks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `Lead` and `Bass`.
    LeadAndBass,
    /// Melody and bass in a single track, as most hardstyle files have them.
    Single,
    /// `Lead`, and `Chords` with a bass note under each triad.
    LeadAndChords,
}

impl Sketch {
    /// `07-last-lantern.mid` for the seventh song.
    pub(crate) fn file_name(&self, number: usize) -> String {
        format!("{number:02}-{}.mid", self.title.to_lowercase().replace(' ', "-"))
    }
}
