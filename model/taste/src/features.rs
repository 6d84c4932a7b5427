//! Which musical features does the taste learn from?

use std::sync::LazyLock;

use music::features::{Selection, Vector};
use music::song::Song;

/// The names of the features, comparable between songs of any length, key and tempo.
///
/// To add one, add its name: statistics that were kept without it are made anew.
pub const FEATURES: [&str; 14] = [
    "lead_notes_a_bar",
    "chords_notes_a_bar",
    "bass_notes_a_bar",
    "lead_pitch_mean",
    "lead_pitch_spread",
    "lead_interval_size",
    "lead_steps",
    "lead_repeated_pitches",
    "lead_in_key",
    "lead_on_beat",
    "lead_off_sixteenths",
    "lead_length",
    "lead_pitch_class_entropy",
    "lead_repeated_bars",
];

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
    fn the_features_are_the_numbers_that_they_always_were() {
        // Of the release before the features had names.
        let expected = [
            5.0,
            0.0,
            2.0,
            62.6,
            2.416_609_194_718_914,
            2.894_736_842_105_263,
            0.578_947_368_421_052_7,
            0.0,
            0.8,
            0.3,
            0.6,
            -0.223_143_551_314_209_85,
            2.321_928_094_887_362,
            0.666_666_666_666_666_6,
        ];
        let vector = measure(&song());
        assert_eq!(vector.names(), FEATURES);
        assert_eq!(vector.values().len(), expected.len(), "give each new feature its value");
        for ((name, value), expected) in FEATURES.iter().zip(vector.values()).zip(expected) {
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
