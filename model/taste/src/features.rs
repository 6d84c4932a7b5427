//! Which musical features does the taste learn from?

use std::sync::LazyLock;

use music::features::{Selection, Vector};
use music::song::Song;

use crate::words::WORDS;

/// The names of the features, comparable between songs of any length, key and tempo: those that
/// there are [words](crate::WORDS) for.
///
/// To add one, add its words: statistics that were kept without it are made anew.
pub const FEATURES: [&str; WORDS.len()] = {
    let mut names = [""; WORDS.len()];
    let mut idx = 0;
    while idx < names.len() {
        names[idx] = WORDS[idx].feature;
        idx += 1;
    }
    names
};

/// The features of a song; each is finite, whatever the song.
pub fn measure(song: &Song) -> Vector {
    static SELECTION: LazyLock<Selection> =
        LazyLock::new(|| Selection::of(&FEATURES).expect("a test selects them"));
    SELECTION.measure(song)
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::{GridNote, Voice};

    fn song() -> Song {
        let tune = [(0, 60, 24), (24, 62, 12), (36, 63, 12), (48, 67, 40), (88, 61, 8)];
        let bars = (0..4).flat_map(|bar| {
            tune.map(|(onset, pitch, duration)| (bar * 96 + onset + bar % 2, pitch, duration))
        });
        let note = |voice, onset, pitch, duration| {
            GridNote::new(onset, voice, Pitch::new(pitch).expect("a pitch"), duration)
        };
        let lead = bars.map(|(onset, pitch, duration)| note(Voice::Lead, onset, pitch, duration));
        let bass = (0..8).map(|i| note(Voice::Bass, i * 48, 36, 24));
        Song::new(150.0, 4, 4, lead.chain(bass))
    }

    #[test]
    fn features_that_an_earlier_release_had_are_the_numbers_that_they_were() {
        let expected = [
            ("lead_notes_a_bar", 5.0),
            ("chords_notes_a_bar", 0.0),
            ("bass_notes_a_bar", 2.0),
            ("lead_pitch_mean", 62.6),
            ("lead_pitch_spread", 2.416_609_194_718_914),
            ("lead_in_key", 0.8),
            ("lead_on_beat", 0.3),
            ("lead_off_sixteenths", 0.6),
            ("lead_length", -0.223_143_551_314_209_85),
            ("lead_pitch_class_entropy", 2.321_928_094_887_362),
            ("lead_repeated_bars", 0.666_666_666_666_666_6),
        ];
        let vector = measure(&song());
        assert_eq!(vector.names(), FEATURES);
        for (name, expected) in expected {
            let value = vector.get(name).expect("it is among them");
            assert!((value - expected).abs() < 1e-12, "{name}: {value}, was {expected}");
        }
    }

    #[test]
    fn songs_without_a_lead_or_any_note_have_finite_features() {
        let bass: Vec<GridNote> = song().voice(Voice::Bass).copied().collect();
        for song in [Song::new(150.0, 4, 1, []), Song::new(150.0, 4, 4, bass)] {
            assert!(measure(&song).values().iter().all(|value| value.is_finite()));
        }
    }
}
