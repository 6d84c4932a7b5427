//! How long are notes, and how far apart?

use super::measures::{distribution, mean};
use super::schema::{Feature, Unit, of_each_voice};
use super::view::View;
use crate::song::{STEPS_PER_BEAT, Voice};

/// Upper edges, in steps, of the classes of lengths and of distances between onsets: from a
/// sixteenth triplet to over four beats.
const EDGES: [u32; 10] = [4, 6, 9, 12, 16, 20, 26, 40, 52, 100];
const N_CLASSES: usize = EDGES.len() + 1;
/// Upper edges of how much of the time to the next onset a note sounds: a bit of it, half, all but a
/// gap; beyond the last it sounds on into the next.
const HELD: [f64; 3] = [0.4, 0.75, 1.01];

pub(super) const FEATURES: &[&[Feature<View>]] = &[
    &of_each_voice!("gaps", distribution(N_CLASSES), "steps from one onset to the next", gaps),
    &of_each_voice!(
        "lengths",
        distribution(N_CLASSES),
        "steps that a note sounds",
        |view, voice| {
            let lengths = view.line(voice).notes.iter().map(|note| class(note.duration));
            distribution(N_CLASSES, lengths)
        }
    ),
    &of_each_voice!(
        "held",
        distribution(HELD.len() + 1),
        "how much of the time to the next onset a note sounds",
        held
    ),
    &[
        Feature::number(
            "lead_length",
            Unit::LogBeats,
            "mean length of the lead's notes; that of a single step where it has none",
            lead_length,
        ),
        Feature::number(
            "lead_legato",
            Unit::Share,
            "how much of the time to the next onset, where that is a beat at most, the lead's top \
             line sounds on average",
            lead_legato,
        ),
        Feature::number(
            "lead_rests",
            Unit::Share,
            "share of the time at which the lead is silent",
            lead_rests,
        ),
        Feature::of_notes(
            "note_lengths",
            Unit::DoublingsOfABeat,
            "how long each note is",
            |view| {
                view.song
                    .notes()
                    .iter()
                    .map(|note| beats(f64::from(note.duration)).log2())
                    .collect()
            },
        ),
    ],
];

/// The logarithm of nothing is not finite: a lead without notes counts as one of the shortest.
fn lead_length(view: &View) -> f64 {
    let steps = mean(view.lead().notes.iter().map(|note| f64::from(note.duration)));
    beats(steps.max(1.0)).ln()
}

fn lead_legato(view: &View) -> f64 {
    let tops = view.lead().tops.windows(2);
    let near = tops.filter(|pair| pair[1].onset - pair[0].onset <= STEPS_PER_BEAT);
    mean(near.map(|pair| {
        let gap = pair[1].onset - pair[0].onset;
        f64::from(pair[0].duration.min(gap)) / f64::from(gap)
    }))
}

fn lead_rests(view: &View) -> f64 {
    let end = view.song.n_bars() * view.song.steps_per_bar();
    let (mut sounding, mut heard_until) = (0, 0);
    for note in &view.lead().notes {
        let stop = (note.onset + note.duration).min(end);
        sounding += stop.saturating_sub(note.onset.max(heard_until));
        heard_until = heard_until.max(stop);
    }
    1.0 - f64::from(sounding) / f64::from(end)
}

fn gaps(view: &View, voice: Voice) -> Vec<f64> {
    let tops = &view.line(voice).tops;
    distribution(N_CLASSES, tops.windows(2).map(|pair| class(pair[1].onset - pair[0].onset)))
}

fn held(view: &View, voice: Voice) -> Vec<f64> {
    let tops = &view.line(voice).tops;
    let share = |duration: u32, gap: u32| f64::from(duration) / f64::from(gap);
    let shares = tops.windows(2).map(|pair| share(pair[0].duration, pair[1].onset - pair[0].onset));
    let class = |share: f64| HELD.iter().filter(|edge| share > **edge).count();
    distribution(HELD.len() + 1, shares.map(class))
}

fn class(steps: u32) -> usize {
    EDGES.iter().filter(|edge| steps >= **edge).count()
}

fn beats(steps: f64) -> f64 {
    steps / f64::from(STEPS_PER_BEAT)
}

#[cfg(test)]
mod tests {
    use crate::features::{View, named};
    use crate::score::Pitch;
    use crate::song::{GridNote, Song, Voice};

    #[test]
    fn a_rest_after_a_phrase_is_a_rest_and_no_staccato() {
        let pitch = |number| Pitch::new(number).expect("a pitch");
        let notes = [(0, 24), (24, 12), (48, 24), (144, 48)];
        let notes = notes.map(|(at, long)| GridNote::new(at, Voice::Lead, pitch(60), long));
        let song = Song::new(150.0, 4, 2, notes);
        let value = |name| named(name).expect("a feature").values(&View::of(&song))[0];
        assert!((value("lead_legato") - 0.75).abs() < 1e-12);
        assert!((value("lead_rests") - (1.0 - 108.0 / 192.0)).abs() < 1e-12);
    }
}
