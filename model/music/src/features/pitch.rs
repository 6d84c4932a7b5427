//! How high do the notes lie, and on which degrees?

use super::measures::{PitchClasses, distribution, mean, spread};
use super::schema::{Feature, Unit, of_each_voice};
use super::view::View;
use crate::song::Voice;

pub(super) const FEATURES: &[&[Feature<View>]] = &[
    &of_each_voice!("pitch_mean", number(Unit::Semitones), "mean pitch", |view, voice| {
        mean(view.line(voice).pitches())
    }),
    &of_each_voice!(
        "pitch_spread",
        number(Unit::Semitones),
        "standard deviation of the pitches",
        |view, voice| spread(view.line(voice).pitches())
    ),
    &of_each_voice!("degrees", distribution(12), "semitones above the tonic", degrees),
    &[
        Feature::number(
            "lead_pitch_class_entropy",
            Unit::Bits,
            "how evenly the lead uses the twelve pitch classes",
            |view| lead_classes(view).entropy_bits(),
        ),
        Feature::number(
            "lead_in_key",
            Unit::Share,
            "share of the lead's notes that lie in the scale of the song's key",
            |view| lead_classes(view).within(&view.song.key().scale()),
        ),
        Feature::number(
            "lead_on_triad",
            Unit::Share,
            "share of the lead's notes that lie in the triad on the tonic",
            |view| {
                let [root, _, third, _, fifth, ..] = view.song.key().scale();
                lead_classes(view).within(&[root, third, fifth])
            },
        ),
        Feature::number(
            "pitch_class_entropy",
            Unit::Bits,
            "how evenly all voices together use the twelve pitch classes",
            |view| all_classes(view).entropy_bits(),
        ),
        Feature::number(
            "in_best_scale",
            Unit::Share,
            "share of all notes that lie in the major scale which holds most of them",
            |view| all_classes(view).within_best_major(),
        ),
    ],
];

fn degrees(view: &View, voice: Voice) -> Vec<f64> {
    let tonic = view.song.key().tonic();
    let above = |class: u8| usize::from((class + 12 - tonic) % 12);
    distribution(12, view.line(voice).notes.iter().map(|note| above(note.pitch.class())))
}

fn lead_classes(view: &View) -> PitchClasses {
    PitchClasses::of(view.lead().notes.iter().map(|note| note.pitch))
}

fn all_classes(view: &View) -> PitchClasses {
    PitchClasses::of(view.song.notes().iter().map(|note| note.pitch))
}
