//! How fast does the harmony change, and how harsh is it?

use super::measures::share;
use super::schema::{Feature, Unit};
use super::view::View;
use crate::song::{GridNote, Voice};

pub(super) const FEATURES: &[&[Feature<View>]] = &[&[
    Feature::number(
        "bass_changes_a_bar",
        Unit::PerBar,
        "how often in a bar the bass goes to another pitch class, as harmony does",
        |view| {
            let tops = view.line(Voice::Bass).tops.windows(2);
            let changes = tops.filter(|pair| pair[0].pitch.class() != pair[1].pitch.class());
            view.per_bar(changes.count())
        },
    ),
    Feature::number(
        "dissonance",
        Unit::Share,
        "share of the pairs of notes that sound together which are a second, a seventh or a tritone",
        dissonance,
    ),
]];

/// Each note is paired with those that still sound when it is struck.
fn dissonance(view: &View) -> f64 {
    let mut sounding: Vec<GridNote> = Vec::new();
    let (mut n_dissonant, mut n) = (0, 0);
    for note in view.song.notes() {
        sounding.retain(|other| other.onset + other.duration > note.onset);
        for other in &sounding {
            n += 1;
            n_dissonant += usize::from(is_dissonant(*note, *other));
        }
        sounding.push(*note);
    }
    share(n_dissonant, n)
}

fn is_dissonant(a: GridNote, b: GridNote) -> bool {
    let size = a.pitch.number().abs_diff(b.pitch.number()) % 12;
    matches!(size, 1 | 2 | 6 | 10 | 11)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::named;
    use crate::score::Pitch;
    use crate::song::Song;

    fn value(name: &str, voice: Voice, notes: &[(u32, u8, u32)]) -> f64 {
        let note = |(onset, number, duration): &(u32, u8, u32)| {
            GridNote::new(*onset, voice, Pitch::new(*number).expect("a pitch"), *duration)
        };
        let song = Song::new(150.0, 4, 2, notes.iter().map(note));
        named(name).expect("a feature").values(&View::of(&song))[0]
    }

    #[test]
    fn only_notes_that_sound_together_are_dissonant() {
        let triad_and_a_second_after_it = [(0, 60, 24), (0, 64, 24), (0, 67, 24), (24, 68, 24)];
        assert!(value("dissonance", Voice::Chords, &triad_and_a_second_after_it).abs() < 1e-12);
        let held = [(0, 60, 48), (0, 64, 24), (24, 61, 24)];
        assert!((value("dissonance", Voice::Chords, &held) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_octave_is_no_change_of_harmony() {
        let bass = [(0, 36, 24), (24, 48, 24), (96, 41, 24), (144, 36, 24)];
        assert!((value("bass_changes_a_bar", Voice::Bass, &bass) - 1.0).abs() < 1e-12);
    }
}
