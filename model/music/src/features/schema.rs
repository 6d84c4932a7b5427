//! What is a feature?

/// The version of the schema. Raise it when a feature changes its meaning: numbers that were kept
/// under another version are measured anew. Adding a feature does not change it.
pub const VERSION: u32 = 1;

/// One property of a piece of music. `S` is what it is measured of, such as a
/// [`View`](super::View) of a song.
#[derive(Debug)]
pub struct Feature<S: 'static> {
    /// By which it is selected and kept; never changes.
    pub name: &'static str,
    /// What its numbers count.
    pub unit: Unit,
    /// What it says, in a sentence for a person.
    pub about: &'static str,
    /// How it is measured.
    pub measure: Measure<S>,
}

impl<S> Feature<S> {
    /// One number.
    pub const fn number(
        name: &'static str,
        unit: Unit,
        about: &'static str,
        measure: fn(&S) -> f64,
    ) -> Self {
        Self { name, unit, about, measure: Measure::Number(measure) }
    }

    /// The shares of `n_classes` classes.
    pub const fn distribution(
        name: &'static str,
        about: &'static str,
        n_classes: usize,
        measure: fn(&S) -> Vec<f64>,
    ) -> Self {
        Self { name, unit: Unit::Share, about, measure: Measure::Distribution(n_classes, measure) }
    }

    /// One number a note.
    pub const fn of_notes(
        name: &'static str,
        unit: Unit,
        about: &'static str,
        measure: fn(&S) -> Vec<f64>,
    ) -> Self {
        Self { name, unit, about, measure: Measure::Notes(measure) }
    }

    /// Its numbers for one subject.
    pub fn values(&self, subject: &S) -> Vec<f64> {
        match self.measure {
            Measure::Number(measure) => vec![measure(subject)],
            Measure::Distribution(_, measure) | Measure::Notes(measure) => measure(subject),
        }
    }
}

/// How a feature is measured, which says how many numbers it has.
#[derive(Debug)]
pub enum Measure<S: 'static> {
    /// One number.
    Number(fn(&S) -> f64),
    /// The share of each of so many classes; they add up to 1, or are all 0 where there is nothing.
    Distribution(usize, fn(&S) -> Vec<f64>),
    /// A number for each note or pair of notes, in their order.
    Notes(fn(&S) -> Vec<f64>),
}

/// What a feature's numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Quarter notes a minute.
    Bpm,
    /// Quarter notes.
    Beats,
    /// Grid steps, of which a quarter note has [`STEPS_PER_BEAT`](crate::song::STEPS_PER_BEAT).
    Steps,
    /// Natural logarithm of a number of quarter notes.
    LogBeats,
    /// Doublings of a quarter note.
    DoublingsOfABeat,
    /// How often in a bar, on average.
    PerBar,
    /// A number of notes.
    Notes,
    /// Natural logarithm of a count.
    LogNumber,
    /// A plain number, such as a ratio.
    Number,
    /// Semitones; as a pitch, above the lowest that MIDI has.
    Semitones,
    /// Twelve semitones.
    Octaves,
    /// Information.
    Bits,
    /// 0 to 1.
    Share,
}

/// The same feature of bass, chords and lead, named with the voice in front.
macro_rules! of_each_voice {
    ($name:literal, $kind:ident($detail:expr), $about:literal, |$view:ident, $voice:ident| $value:expr) => {
        [
            $crate::features::schema::of_voice!(
                Bass,
                "bass",
                $name,
                $kind($detail),
                $about,
                |$view, $voice| $value
            ),
            $crate::features::schema::of_voice!(
                Chords,
                "chords",
                $name,
                $kind($detail),
                $about,
                |$view, $voice| $value
            ),
            $crate::features::schema::of_voice!(
                Lead,
                "lead",
                $name,
                $kind($detail),
                $about,
                |$view, $voice| $value
            ),
        ]
    };
    ($name:literal, $kind:ident($detail:expr), $about:literal, $measure:ident) => {
        $crate::features::schema::of_each_voice!($name, $kind($detail), $about, |view, voice| {
            $measure(view, voice)
        })
    };
}

macro_rules! of_voice {
    ($voice:ident, $prefix:literal, $name:literal, number($unit:expr), $about:literal, |$view:ident, $of:ident| $value:expr) => {
        $crate::features::Feature::number(
            concat!($prefix, "_", $name),
            $unit,
            concat!($prefix, ": ", $about),
            |$view: &$crate::features::View| {
                let $of = $crate::song::Voice::$voice;
                $value
            },
        )
    };
    ($voice:ident, $prefix:literal, $name:literal, distribution($n:expr), $about:literal, |$view:ident, $of:ident| $value:expr) => {
        $crate::features::Feature::distribution(
            concat!($prefix, "_", $name),
            concat!($prefix, ": ", $about),
            $n,
            |$view: &$crate::features::View| {
                let $of = $crate::song::Voice::$voice;
                $value
            },
        )
    };
}

pub(super) use {of_each_voice, of_voice};
