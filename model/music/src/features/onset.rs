//! When are notes struck?

use super::measures::{distribution, share};
use super::schema::{Feature, Unit, of_each_voice};
use super::view::View;
use crate::song::{GridNote, STEPS_PER_BEAT, Voice};

/// Where in a beat notes are struck is told in so many classes.
const PLACES: usize = 12;
/// Beats of a bar that are told apart; the fourth stands for all later ones.
const BEATS: usize = 4;

pub(super) const FEATURES: &[&[Feature<View>]] = &[
    &of_each_voice!(
        "places_in_beat",
        distribution(PLACES),
        "where in a beat notes are struck",
        |view, voice| {
            let place = |onset: u32| (onset % STEPS_PER_BEAT) as usize * PLACES / BEAT;
            distribution(PLACES, onsets(view, voice).map(place))
        }
    ),
    &of_each_voice!(
        "beats_in_bar",
        distribution(BEATS),
        "on which beat of a bar notes are struck",
        |view, voice| {
            let steps = view.song.steps_per_bar();
            let beat = |onset: u32| (onset % steps / STEPS_PER_BEAT) as usize;
            distribution(BEATS, onsets(view, voice).map(beat))
        }
    ),
    &[
        Feature::number(
            "lead_on_beat",
            Unit::Share,
            "share of the lead's notes that are struck on a beat",
            |view| share_of_lead(view, |note| note.onset % STEPS_PER_BEAT == 0),
        ),
        Feature::number(
            "lead_off_sixteenths",
            Unit::Share,
            "share of the lead's notes that are struck between the sixteenths",
            |view| share_of_lead(view, |note| note.onset % (STEPS_PER_BEAT / 4) != 0),
        ),
        Feature::number(
            "bass_on_beat",
            Unit::Share,
            "share of the bass's notes that are struck on a beat",
            |view| {
                let notes = &view.line(Voice::Bass).notes;
                share(notes.iter().filter(|n| n.onset % STEPS_PER_BEAT == 0).count(), notes.len())
            },
        ),
        Feature::of_notes(
            "onset_positions",
            Unit::Steps,
            "when in its bar each note is struck",
            |view| {
                let steps = view.song.steps_per_bar();
                view.song.notes().iter().map(|note| f64::from(note.onset % steps)).collect()
            },
        ),
    ],
];

const BEAT: usize = STEPS_PER_BEAT as usize;

fn onsets(view: &View, voice: Voice) -> impl Iterator<Item = u32> {
    view.line(voice).tops.iter().map(|note| note.onset)
}

fn share_of_lead(view: &View, is: impl Fn(&GridNote) -> bool) -> f64 {
    let notes = &view.lead().notes;
    share(notes.iter().filter(|note| is(note)).count(), notes.len())
}
