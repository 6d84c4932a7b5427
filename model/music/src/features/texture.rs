//! How much sounds, in which metre, mode and tempo?

use super::measures::{distribution, mean, share};
use super::schema::{Feature, Unit, of_each_voice};
use super::view::View;
use crate::key::Mode;

pub(super) const FEATURES: &[&[Feature<View>]] = &[
    &[
        Feature::number("tempo", Unit::Bpm, "quarter notes a minute", |view| view.song.tempo_bpm()),
        Feature::number(
            "felt_tempo",
            Unit::Bpm,
            "the tempo at which one would tap along: halved above 190, doubled below 75",
            |view| felt_tempo(view.song.tempo_bpm()),
        ),
        Feature::number("beats_a_bar", Unit::Beats, "quarter notes a bar", |view| {
            f64::from(view.song.beats_per_bar())
        }),
        Feature::number("minor", Unit::Share, "1 in a minor key, 0 in a major one", |view| {
            f64::from(u8::from(view.song.key().mode == Mode::Minor))
        }),
        Feature::number("notes_a_bar", Unit::PerBar, "notes of all voices in a bar", |view| {
            view.song.notes_per_bar()
        }),
        Feature::number(
            "polyphony",
            Unit::Notes,
            "notes that sound together, on average where any does",
            polyphony,
        ),
    ],
    &of_each_voice!("notes_a_bar", number(Unit::PerBar), "notes in a bar", |view, voice| {
        view.per_bar(view.line(voice).notes.len())
    }),
    &of_each_voice!(
        "onsets_a_bar",
        number(Unit::PerBar),
        "moments in a bar at which a note is struck",
        |view, voice| view.per_bar(view.line(voice).tops.len())
    ),
    &of_each_voice!("share", number(Unit::Share), "share of all notes", |view, voice| {
        share(view.line(voice).notes.len(), view.song.notes().len())
    }),
    &of_each_voice!(
        "chord_sizes",
        distribution(4),
        "onsets of one, two, three and more notes",
        |view, voice| distribution(4, view.line(voice).chord_sizes.iter().map(|size| size - 1))
    ),
];

fn felt_tempo(mut tempo_bpm: f64) -> f64 {
    while tempo_bpm > 190.0 {
        tempo_bpm /= 2.0;
    }
    while tempo_bpm < 75.0 {
        tempo_bpm *= 2.0;
    }
    tempo_bpm
}

/// Notes that sound together, on average over the steps at which any does.
fn polyphony(view: &View) -> f64 {
    let end = (view.song.n_bars() * view.song.steps_per_bar()) as usize;
    let mut sounding = vec![0u32; end];
    for note in view.song.notes() {
        let stop = ((note.onset + note.duration) as usize).min(end);
        sounding[note.onset as usize..stop].iter_mut().for_each(|n| *n += 1);
    }
    mean(sounding.into_iter().filter(|n| *n > 0).map(f64::from))
}
