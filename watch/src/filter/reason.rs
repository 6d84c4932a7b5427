//! Why is a file not taken, and what would have to change?

use std::fmt;

use music::midi::ReadError;

/// Whether a file is taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It goes into the library.
    Accept,
    /// It goes to the rejected ones, or stays where it is if it can't be read.
    Reject(Reason),
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It has no bytes or no notes.
    Empty {
        /// Whether it has bytes at all.
        has_bytes: bool,
    },
    /// It is not a MIDI file, is damaged, or can't be opened.
    Unreadable {
        /// What is wrong, as a sentence without its full stop.
        why: String,
    },
    /// It exceeds a limit of the reader.
    TooLarge {
        /// Which one, as a sentence without its full stop.
        why: String,
    },
    /// It has a bass line (and perhaps drums) and nothing above.
    BassOnly {
        /// Notes of the bass.
        n_notes: usize,
        /// Whether there are drums besides.
        has_drums: bool,
    },
    /// It has drums or one repeated pitch and nothing else.
    RhythmOnly {
        /// Notes of the rhythm.
        n_notes: usize,
    },
    /// It has notes above the bass, but no melody among them.
    NoMelody {
        /// Notes of the line that comes nearest to a melody.
        n_notes: usize,
        /// Its pitch classes, where these are too few.
        n_pitch_classes: Option<usize>,
    },
    /// Too few bars.
    TooShort {
        /// Bars from the first note to the last.
        n_bars: u32,
        /// How many it needs.
        min_bars: u32,
    },
    /// Too few notes of melody, in all or for its length.
    TooSparse {
        /// Notes of the lead.
        n_notes: usize,
        /// How many it would need.
        min_notes: usize,
    },
    /// The library has it already.
    Duplicate {
        /// The song that it repeats: a name for a person.
        of: String,
    },
    /// Its name does not end like a MIDI file's.
    NotMidiName,
    /// It lies in the inbox itself, in no genre's folder.
    NoGenre,
    /// It is a symbolic link, a pipe or something else that is not a plain file.
    NotRegular {
        /// What it is, with its article: `a symbolic link`.
        kind: &'static str,
    },
}

impl Reason {
    /// The word that scripts and the store know it by.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty",
            Self::Unreadable { .. } => "unreadable",
            Self::TooLarge { .. } => "too_large",
            Self::BassOnly { .. } => "bass_only",
            Self::RhythmOnly { .. } => "rhythm_only",
            Self::NoMelody { .. } => "no_melody",
            Self::TooShort { .. } => "too_short",
            Self::TooSparse { .. } => "too_sparse",
            Self::Duplicate { .. } => "duplicate",
            Self::NotMidiName => "not_midi_name",
            Self::NoGenre => "no_genre",
            Self::NotRegular { .. } => "not_regular",
        }
    }
}

impl fmt::Display for Reason {
    /// Full sentences for the person who dropped the file: what is wrong, and what would help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { has_bytes: false } => {
                f.write_str("The file is empty (0 bytes). Export it again.")
            }
            Self::Empty { has_bytes: true } => f.write_str(
                "The file holds no notes. If your program keeps them in audio or automation, \
                 export the note tracks as MIDI.",
            ),
            Self::Unreadable { why } | Self::TooLarge { why } => write!(f, "{}.", sentence(why)),
            Self::BassOnly { n_notes, has_drums } => write_bass_only(f, *n_notes, *has_drums),
            Self::RhythmOnly { n_notes } => write!(
                f,
                "It holds only drums or a rhythm on one pitch ({}). Export it together with its \
                 melody.",
                count(*n_notes, "note")
            ),
            Self::NoMelody { n_notes, n_pitch_classes } => {
                write_no_melody(f, *n_notes, *n_pitch_classes)
            }
            Self::TooShort { n_bars, min_bars } => write!(
                f,
                "It is {} long and needs at least {min_bars}. Export the whole phrase.",
                count(*n_bars as usize, "bar")
            ),
            Self::TooSparse { n_notes, min_notes } => write_too_sparse(f, *n_notes, *min_notes),
            Self::Duplicate { of } => {
                write!(f, "The library already has it: {of}. Nothing needs to be done.")
            }
            Self::NotMidiName => f.write_str(
                "By its name it is not a MIDI file. Names need to end in .mid, .midi, .kar, .rmi or .smf.",
            ),
            Self::NoGenre => f.write_str(
                "It lies in no genre's folder. Put it into a folder of the inbox that is named \
                 after its genre or artist, for example inbox/hardstyle/.",
            ),
            Self::NotRegular { kind } => write!(
                f,
                "It is {kind}, which is not followed or read. Put a copy of the MIDI file itself in \
                 its place."
            ),
        }
    }
}

fn write_bass_only(f: &mut fmt::Formatter<'_>, n_notes: usize, has_drums: bool) -> fmt::Result {
    let drums = if has_drums { " and drums" } else { "" };
    write!(
        f,
        "It holds only a bass line ({}){drums}. Export it together with its melody. If this is the \
         melody, write it two octaves higher, or name its track \"Lead\" and give it a lead \
         instrument (GM 81 to 87).",
        count(n_notes, "note")
    )
}

fn write_no_melody(
    f: &mut fmt::Formatter<'_>,
    n_notes: usize,
    n_pitch_classes: Option<usize>,
) -> fmt::Result {
    if n_notes == 0 {
        return f.write_str(
            "It has notes above the bass but no line that could be the melody. Add the lead track, \
             or name its track \"Lead\".",
        );
    }
    let has = match n_pitch_classes {
        None => format!("has only {}", count(n_notes, "note")),
        Some(1) => "uses one pitch".to_owned(),
        Some(n) => format!("uses {n} different pitches"),
    };
    write!(
        f,
        "It has notes above the bass but no melody: the line nearest to one {has}. Add the lead \
         track."
    )
}

fn write_too_sparse(f: &mut fmt::Formatter<'_>, n_notes: usize, min_notes: usize) -> fmt::Result {
    if n_notes == 0 {
        return write!(
            f,
            "It has hardly any notes, and none of a melody, which needs at least {min_notes}. Add \
             the lead track."
        );
    }
    write!(
        f,
        "Its melody has {} and needs at least {min_notes} for its length. Add the lead track, or \
         cut the silence.",
        count(n_notes, "note")
    )
}

impl From<ReadError> for Reason {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Empty => Self::Empty { has_bytes: false },
            ReadError::NotMidi(_) | ReadError::Unreadable { .. } => {
                Self::Unreadable { why: error.to_string() }
            }
            ReadError::TooLarge { .. } | ReadError::TooMany { .. } | ReadError::TooLong { .. } => {
                Self::TooLarge { why: error.to_string() }
            }
        }
    }
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}
