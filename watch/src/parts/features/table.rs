//! What is each number about a part, and what is it called?

use music::features::{Feature, Measure, Unit};

use super::view::View;
use crate::parts::shape::Shape;

/// How many numbers there are about a part.
pub const N_FEATURES: usize = 44;

/// The numbers about one part, in the order of [`NAMES`].
pub type Features = [f64; N_FEATURES];

/// What each number is called.
pub const NAMES: [&str; N_FEATURES] = {
    let mut names = [""; N_FEATURES];
    let mut idx = 0;
    while idx < N_FEATURES {
        names[idx] = FEATURES[idx].name;
        idx += 1;
    }
    names
};

/// The drum pieces that hardly any kit is without: kicks, snares, closed and open hi-hat.
const CORE_KIT: [u8; 6] = [35, 36, 38, 40, 42, 46];

/// The features in the order in which a [model](crate::parts::Model) weighs them: one is added at the
/// end, and the model learned anew.
const FEATURES: [Feature<View>; N_FEATURES] = [
    Feature::number(
        "low",
        Unit::Octaves,
        "a tenth of the notes lie below, in octaves above middle C",
        |part| octaves(part.shape.low),
    ),
    Feature::number(
        "median",
        Unit::Octaves,
        "half of the notes lie below, in octaves above middle C",
        |part| octaves(part.shape.median),
    ),
    Feature::number("median_below_43", Unit::Octaves, "how far the median lies below G2", |part| {
        below(part.shape.median, 43)
    }),
    Feature::number("median_below_52", Unit::Octaves, "how far the median lies below E3", |part| {
        below(part.shape.median, 52)
    }),
    Feature::number(
        "median_below_60",
        Unit::Octaves,
        "how far the median lies below middle C",
        |part| below(part.shape.median, 60),
    ),
    Feature::number(
        "high",
        Unit::Octaves,
        "a tenth of the notes lie above, in octaves above middle C",
        |part| octaves(part.shape.high),
    ),
    Feature::number(
        "high_below_55",
        Unit::Octaves,
        "how far the high notes lie below G3",
        |part| below(part.shape.high, 55),
    ),
    Feature::number("range", Unit::Octaves, "from the low to the high notes", |part| {
        f64::from(part.shape.high - part.shape.low) / 12.0
    }),
    Feature::number("notes_below_40", Unit::Share, "notes below E2", |part| {
        part.share_of(|pitch| pitch < 40)
    }),
    Feature::number("notes_below_52", Unit::Share, "notes below E3", |part| {
        part.share_of(|pitch| pitch < 52)
    }),
    Feature::number(
        "width",
        Unit::Notes,
        "pitch classes struck together, on average, at most five",
        |part| part.shape.width.min(5.0),
    ),
    Feature::number("pairs", Unit::Share, "onsets of two pitch classes", |part| part.line.pairs),
    Feature::number("chords", Unit::Share, "onsets of three pitch classes or more", |part| {
        part.shape.chord_share
    }),
    Feature::number(
        "log_onsets_a_beat",
        Unit::LogNumber,
        "onsets a beat, over the beats that have any",
        |part| log_onsets(&part.shape),
    ),
    Feature::number("log_beats_a_note", Unit::LogBeats, "median length of a note", |part| {
        part.shape.beats_a_note.max(0.02).ln().min(3.0)
    }),
    Feature::number(
        "legato",
        Unit::Number,
        "median length of a note in median gaps between onsets, at most two",
        |part| part.time.legato,
    ),
    Feature::number("on_beat", Unit::Share, "onsets on a beat", |part| part.time.on_beat),
    Feature::number("half_beat", Unit::Share, "onsets halfway between two beats", |part| {
        part.time.half_beat
    }),
    Feature::number(
        "commonest_gap",
        Unit::Share,
        "gaps between onsets that are as long as the commonest",
        |part| part.time.commonest_gap,
    ),
    Feature::number("active_beats", Unit::Share, "beats on which a note is struck", |part| {
        part.time.active_beats
    }),
    Feature::number("log_pitches", Unit::LogNumber, "different pitches", |part| {
        (part.shape.n_pitches as f64).ln()
    }),
    Feature::number("classes", Unit::Share, "pitch classes that occur, of twelve", |part| {
        part.shape.n_classes as f64 / 12.0
    }),
    Feature::number(
        "entropy",
        Unit::Share,
        "how evenly the pitch classes occur, 1 where all twelve are alike",
        |part| part.line.entropy,
    ),
    Feature::number("main_class", Unit::Share, "notes on the commonest pitch class", |part| {
        part.shape.main_class
    }),
    Feature::number(
        "off_scale",
        Unit::Share,
        "notes outside the major scale that holds most of them",
        |part| part.shape.off_scale,
    ),
    Feature::number("classes_a_bar", Unit::Number, "pitch classes a bar, in fours", |part| {
        part.bars.classes / 4.0
    }),
    Feature::number("motion", Unit::Share, "successive onsets whose top note changes", |part| {
        part.shape.motion
    }),
    Feature::number(
        "interval",
        Unit::Octaves,
        "mean size of the intervals of the top line, at most two octaves each",
        |part| part.line.intervals.mean_size() / 12.0,
    ),
    Feature::number("steps", Unit::Share, "intervals of one or two semitones", |part| {
        part.line.intervals.steps()
    }),
    Feature::number("octaves", Unit::Share, "intervals of an octave", |part| {
        part.line.intervals.share_of(|size| size == 12)
    }),
    Feature::number("leaps", Unit::Share, "intervals wider than a fifth", |part| {
        part.line.intervals.share_of(|size| size > 7)
    }),
    Feature::number(
        "repeated_bars",
        Unit::Share,
        "bars that an earlier one equals in onsets and pitches",
        |part| part.bars.repeated,
    ),
    Feature::number(
        "repeated_rhythms",
        Unit::Share,
        "bars that an earlier one equals in onsets",
        |part| part.bars.repeated_rhythms,
    ),
    Feature::number("kit", Unit::Share, "notes on the keys of a plain drum kit", |part| {
        part.shape.kit_share
    }),
    Feature::number("core_kit", Unit::Share, "notes on kicks, snares and hi-hats", |part| {
        part.share_of(|pitch| CORE_KIT.contains(&pitch))
    }),
    Feature::number("split", Unit::Share, "1 if it holds a bass and a melody, else 0", |part| {
        is(part.split.is_some())
    }),
    Feature::number("split_share", Unit::Share, "notes of the bass in it", |part| {
        part.split.map_or(0.0, |split| part.share_of(|pitch| pitch < split))
    }),
    Feature::number(
        "upper_classes",
        Unit::Share,
        "pitch classes above the bass in it, of twelve",
        |part| part.upper.n_classes as f64 / 12.0,
    ),
    Feature::number(
        "upper_motion",
        Unit::Share,
        "successive onsets above the bass in it whose top note changes",
        |part| part.upper.motion,
    ),
    Feature::number(
        "upper_notes_a_beat",
        Unit::LogNumber,
        "onsets a beat above the bass in it",
        |part| log_onsets(&part.upper),
    ),
    Feature::number("alone", Unit::Share, "1 if no other part plays pitches, else 0", |part| {
        is(part.others.is_empty())
    }),
    Feature::number(
        "height",
        Unit::Octaves,
        "how far the median lies above those of the other parts, at most three octaves",
        View::height,
    ),
    Feature::number("lowest", Unit::Share, "1 if all other parts lie higher, else 0", |part| {
        is(part.is_beside(|other| part.shape.median < other))
    }),
    Feature::number("highest", Unit::Share, "1 if all other parts lie lower, else 0", |part| {
        is(part.is_beside(|other| part.shape.median > other))
    }),
];

/// Measures a part.
pub(super) fn of(part: &View) -> Features {
    FEATURES.map(|feature| match feature.measure {
        Measure::Number(measure) => measure(part),
        Measure::Distribution(..) | Measure::Notes(_) => 0.0,
    })
}

fn octaves(pitch: u8) -> f64 {
    (f64::from(pitch) - 60.0) / 12.0
}

fn below(pitch: u8, limit: u8) -> f64 {
    f64::from(limit.saturating_sub(pitch)) / 12.0
}

fn log_onsets(shape: &Shape) -> f64 {
    shape.onsets_a_beat.max(0.1).ln()
}

fn is(is: bool) -> f64 {
    f64::from(u8::from(is))
}
