//! Is this file taken into the library, and if not, what would have to change?
//!
//! A song needs a melody: enough notes and pitches in its lead, over enough bars. Files with only a
//! bass line or only rhythm are what people drop by mistake most. A verdict is a fact, not an error;
//! roles are decided before, in [`crate::parts`].

use std::collections::BTreeSet;
use std::fmt;

use bounds::{OutOfRange, require};
use music::midi::ReadError;
use music::score::Score;
use music::song::{Song, Voice};
use serde::{Deserialize, Serialize};

use crate::parts::{JudgedPart, Role};

/// What a song needs to be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The fewest bars, from the first note to the last. Lower takes short loops, from which the
    /// network learns little but their repetition.
    pub min_bars: u32,
    /// The fewest notes of the lead. Lower takes files whose melody is a few stray notes.
    pub min_lead_notes: usize,
    /// The fewest different pitch classes of the lead. At 1, drum rhythms on one pitch would pass.
    pub min_lead_pitch_classes: usize,
    /// The fewest lead notes a bar, on average over the bars in which any voice strikes a note.
    pub min_lead_notes_a_bar: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_bars: 3,
            min_lead_notes: 12,
            min_lead_pitch_classes: 3,
            min_lead_notes_a_bar: 0.5,
        }
    }
}

impl Limits {
    /// Whether the limits let some song through.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let in_range = (1..=128).contains(&self.min_bars);
        require(in_range, "min_bars", self.min_bars, "1 to 128 bars")?;
        let in_range = (1..=1000).contains(&self.min_lead_notes);
        require(in_range, "min_lead_notes", self.min_lead_notes, "1 to 1000 notes")?;
        let classes = self.min_lead_pitch_classes;
        let in_range = (1..=7).contains(&classes);
        require(in_range, "min_lead_pitch_classes", classes, "1 to 7 pitch classes")?;
        let in_range = (0.0..=16.0).contains(&self.min_lead_notes_a_bar);
        require(in_range, "min_lead_notes_a_bar", self.min_lead_notes_a_bar, "0 to 16 notes a bar")
    }
}

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
    /// It is no MIDI file, damaged, or can't be opened.
    Unreadable {
        /// What is wrong, as a sentence without its dot.
        why: String,
    },
    /// It exceeds a limit of the reader.
    TooLarge {
        /// Which, as a sentence without its dot.
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
    /// It is a symbolic link, a pipe or another thing that is no plain file.
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
            Self::BassOnly { n_notes, has_drums } => write!(
                f,
                "It holds only a bass line ({n_notes} notes){}. Export it together with its \
                 melody. If this is the melody, write it two octaves higher, or name its track \
                 \"Lead\" and give it a lead instrument (GM 81 to 87).",
                if *has_drums { " and drums" } else { "" }
            ),
            Self::RhythmOnly { n_notes } => write!(
                f,
                "It holds only drums or a rhythm on one pitch ({n_notes} notes). Export it \
                 together with its melody."
            ),
            Self::NoMelody { n_notes: 0, .. } => write!(
                f,
                "It has notes above the bass but no line that could be the melody. Add the lead \
                 track, or name its track \"Lead\"."
            ),
            Self::NoMelody { n_notes, n_pitch_classes } => {
                let has = match n_pitch_classes {
                    None => format!("has only {}", count(*n_notes, "note")),
                    Some(1) => "uses one pitch".to_owned(),
                    Some(n) => format!("uses {n} different pitches"),
                };
                write!(
                    f,
                    "It has notes above the bass but no melody: the line nearest to one {has}. \
                     Add the lead track."
                )
            }
            Self::TooShort { n_bars, min_bars } => write!(
                f,
                "It is {} long and needs at least {min_bars}. Export the whole phrase.",
                count(*n_bars as usize, "bar")
            ),
            Self::TooSparse { n_notes: 0, min_notes } => write!(
                f,
                "It has next to no notes, and none of a melody, which needs at least {min_notes}. \
                 Add the lead track."
            ),
            Self::TooSparse { n_notes, min_notes } => write!(
                f,
                "Its melody has {} and needs at least {min_notes} for its length. Add the lead \
                 track, or cut the silence.",
                count(*n_notes, "note")
            ),
            Self::Duplicate { of } => {
                write!(f, "The library already has it: {of}. Nothing needs to be done.")
            }
            Self::NotMidiName => f.write_str(
                "It is not a MIDI file by its name. Files need to end in .mid, .midi, .kar, .rmi \
                 or .smf.",
            ),
            Self::NoGenre => f.write_str(
                "It lies in no genre's folder. Put it into a folder of the inbox that is named \
                 after its genre or artist, for example inbox/hardstyle/.",
            ),
            Self::NotRegular { kind } => write!(
                f,
                "It is {kind}, which is not followed or read. Copy the MIDI file itself into the \
                 inbox."
            ),
        }
    }
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

/// Judges a score by its parts and the song they make.
pub fn judge(score: &Score, parts: &[JudgedPart], song: Option<&Song>, limits: &Limits) -> Verdict {
    if score.n_notes() == 0 {
        return Verdict::Reject(Reason::Empty { has_bytes: true });
    }
    let lead: Vec<u8> = song
        .into_iter()
        .flat_map(|song| song.voice(Voice::Lead))
        .map(|note| note.pitch.class())
        .collect();
    let n_pitch_classes = lead.iter().collect::<BTreeSet<_>>().len();
    let is_short_of_pitches = n_pitch_classes < limits.min_lead_pitch_classes;
    let has_melody = !is_short_of_pitches && lead.len() >= limits.min_lead_notes;
    if !has_melody && let Some(reason) = only_bass_or_rhythm(parts, limits) {
        return Verdict::Reject(reason);
    }
    // Before what a longer piece of the same might have enough of.
    if let Some(song) = song.filter(|song| song.n_bars() < limits.min_bars) {
        let (n_bars, min_bars) = (song.n_bars(), limits.min_bars);
        return Verdict::Reject(Reason::TooShort { n_bars, min_bars });
    }
    let n_notes = lead.len();
    let (Some(song), true) = (song, has_melody) else {
        let reason = if n_melodic(parts) >= limits.min_lead_notes {
            let n_pitch_classes = Some(n_pitch_classes).filter(|_| is_short_of_pitches);
            Reason::NoMelody { n_notes, n_pitch_classes }
        } else {
            Reason::TooSparse { n_notes, min_notes: limits.min_lead_notes }
        };
        return Verdict::Reject(reason);
    };
    let bars: BTreeSet<u32> =
        song.notes().iter().map(|note| note.onset / song.steps_per_bar()).collect();
    let min_notes = (limits.min_lead_notes_a_bar * bars.len() as f64).ceil() as usize;
    if n_notes < min_notes {
        return Verdict::Reject(Reason::TooSparse { n_notes, min_notes });
    }
    Verdict::Accept
}

/// Says of a file without enough melody that it is only bass or rhythm, if it is.
fn only_bass_or_rhythm(parts: &[JudgedPart], limits: &Limits) -> Option<Reason> {
    let n_melodic = n_melodic(parts);
    if n_melodic >= limits.min_lead_notes {
        return None;
    }
    let (n_bass, n_drums, n_other) =
        (n_notes(parts, Role::Bass), n_notes(parts, Role::Drums), n_notes(parts, Role::Other));
    if n_bass > n_melodic {
        return Some(Reason::BassOnly { n_notes: n_bass, has_drums: n_drums > 0 });
    }
    let n_notes = n_drums + n_other;
    (n_notes >= limits.min_lead_notes).then_some(Reason::RhythmOnly { n_notes })
}

fn n_melodic(parts: &[JudgedPart]) -> usize {
    n_notes(parts, Role::Lead) + n_notes(parts, Role::Chords)
}

fn n_notes(parts: &[JudgedPart], role: Role) -> usize {
    parts.iter().filter(|part| part.role == role).map(|part| part.n_notes).sum()
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn sentence(phrase: &str) -> String {
    let mut letters = phrase.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::{Note, Part, Pitch, Tick};
    use music::song::GridNote;

    #[test]
    fn limits_out_of_range_are_named() {
        assert_eq!(Limits::default().check(), Ok(()));
        let wrong = Limits { min_lead_notes_a_bar: f64::NAN, ..Limits::default() };
        assert_eq!(wrong.check().expect_err("no number").key, "min_lead_notes_a_bar");
    }

    #[test]
    fn every_reason_has_a_word_of_its_own_and_sentences() {
        let why = || "the file is odd".to_owned();
        let reasons = [
            Reason::Empty { has_bytes: true },
            Reason::Unreadable { why: why() },
            Reason::TooLarge { why: why() },
            Reason::BassOnly { n_notes: 3, has_drums: true },
            Reason::RhythmOnly { n_notes: 3 },
            Reason::NoMelody { n_notes: 20, n_pitch_classes: Some(2) },
            Reason::TooShort { n_bars: 1, min_bars: 3 },
            Reason::TooSparse { n_notes: 3, min_notes: 12 },
            Reason::Duplicate { of: "a.mid".to_owned() },
            Reason::NotMidiName,
            Reason::NoGenre,
            Reason::NotRegular { kind: "a symbolic link" },
        ];
        let codes: BTreeSet<&str> = reasons.iter().map(Reason::code).collect();
        assert_eq!(codes.len(), reasons.len());
        for reason in reasons {
            let text = reason.to_string();
            assert!(text.ends_with(['.', '/']) && text.starts_with(char::is_uppercase), "{text}");
        }
    }

    /// What is said of a part of 40 notes, of which eight of four pitches become a lead.
    fn judged(role: Role, n_bars: u32) -> Verdict {
        let pitch = |index: u32| Pitch::new(60 + index as u8 % 4).expect("a pitch");
        let (onset, duration) = (|index: u32| index * 12, 12);
        let note = |index| Note {
            onset: Tick(index),
            pitch: pitch(index),
            duration: Tick(duration),
            velocity: 100,
        };
        let lead = |index| GridNote {
            onset: onset(index) * n_bars,
            voice: Voice::Lead,
            pitch: pitch(index),
            duration,
        };
        let notes: Vec<Note> = (0..40).map(note).collect();
        let (name, why, voices) = (String::new(), String::new(), vec![None; 40]);
        let parts = [JudgedPart { name, role, n_notes: 40, why, voices }];
        let song = Song::new(150.0, 4, n_bars, (0..8).map(lead));
        let part = Part { notes, ..Part::default() };
        let score = Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: Vec::new(),
            time_signatures: Vec::new(),
            key_signature: None,
            parts: vec![part],
            end: Tick(0),
        };
        judge(&score, &parts, Some(&song), &Limits::default())
    }

    #[test]
    fn of_a_short_file_its_length_is_said_before_what_a_longer_one_might_have() {
        let short = Reason::TooShort { n_bars: 2, min_bars: 3 };
        assert_eq!(judged(Role::Lead, 2), Verdict::Reject(short));
        let no_melody = Reason::NoMelody { n_notes: 8, n_pitch_classes: None };
        assert_eq!(judged(Role::Lead, 8), Verdict::Reject(no_melody));
        let bass = || Reason::BassOnly { n_notes: 40, has_drums: false };
        assert_eq!(judged(Role::Bass, 2), Verdict::Reject(bass()));
        assert_eq!(judged(Role::Bass, 8), Verdict::Reject(bass()));
    }

    #[test]
    fn a_reason_counts_as_people_do() {
        let text = |reason: Reason| reason.to_string();
        let no_melody = |n_notes, n_pitch_classes| Reason::NoMelody { n_notes, n_pitch_classes };
        assert!(text(no_melody(0, Some(0))).contains("no line that could be the melody"));
        assert!(text(no_melody(9, Some(1))).contains("nearest to one uses one pitch."));
        assert!(text(no_melody(9, None)).contains("nearest to one has only 9 notes."));
        assert!(text(Reason::TooShort { n_bars: 1, min_bars: 3 }).starts_with("It is 1 bar long"));
        let sparse = |n_notes| text(Reason::TooSparse { n_notes, min_notes: 12 });
        assert!(sparse(0).starts_with("It has next to no notes"), "{}", sparse(0));
        assert!(sparse(1).starts_with("Its melody has 1 note and needs"), "{}", sparse(1));
    }
}
