//! Which numbers tell one genre's songs from another's?
//!
//! Tempo, rhythm, intervals, scale degrees and texture, as shares and averages, so that songs of any
//! length and key can be compared: a choice of the [features](crate::features) of songs, on scales
//! on which a linear classifier can tell them apart. Only what is heard counts: nothing of how the
//! file was written (its resolution, names, programs, velocities or length) comes in here.

use std::sync::LazyLock;

use crate::features::{Feature, Measure, Unit, View, named};
use crate::song::{Song, Voice};

/// Features of the whole song, besides its tempo.
const OF_SONGS: [&str; 9] = [
    "beats_a_bar",
    "minor",
    "notes_a_bar",
    "bass_share",
    "chords_share",
    "lead_share",
    "returning_after_1_bar",
    "returning_after_2_bars",
    "returning_after_4_bars",
];
/// Features of each voice, by which their names begin.
const OF_VOICES: [&str; 12] = [
    "notes_a_bar",
    "onsets_a_bar",
    "pitch_mean",
    "pitch_spread",
    "degrees",
    "intervals",
    "places_in_beat",
    "beats_in_bar",
    "gaps",
    "lengths",
    "held",
    "chord_sizes",
];
/// A tempo is told by how near it is to each of these many, a twentieth of an octave apart from 40
/// beats a minute up: genres differ by a few beats a minute, and not all in one direction.
const TEMPOS: u32 = 52;
/// How near counts as near, in octaves: 4 beats a minute at 150.
const TEMPO_WIDTH: f64 = 0.04;

/// The numbers of one song, in a fixed order and of a fixed number; every one is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits(pub(super) Vec<f64>);

impl Traits {
    /// Measures a song.
    pub fn of(song: &Song) -> Self {
        static FEATURES: LazyLock<Vec<&'static Feature<View>>> = LazyLock::new(selected);
        let view = View::of(song);
        let numbers = FEATURES.iter().flat_map(|feature| scaled(feature, &view));
        Self(tempo(song.tempo_bpm()).into_iter().chain(numbers).collect())
    }
}

fn selected() -> Vec<&'static Feature<View>> {
    let of_voices = Voice::ALL.into_iter().flat_map(|voice| {
        let voice = voice.name().to_lowercase();
        OF_VOICES.map(|name| format!("{voice}_{name}"))
    });
    let names = OF_SONGS.map(str::to_owned).into_iter().chain(of_voices);
    names.map(|name| named(&name).expect("a test selects every one of them")).collect()
}

/// How often something occurs counts by its logarithm, and the share of a class by its square root:
/// on that scale, the difference between rare and very rare counts like that between frequent and
/// very frequent (Hellinger 1909).
fn scaled(feature: &Feature<View>, view: &View) -> Vec<f64> {
    let scale: fn(f64) -> f64 = match (&feature.measure, feature.unit) {
        (Measure::Distribution(..), _) => f64::sqrt,
        (_, Unit::PerBar) => f64::ln_1p,
        _ => |value| value,
    };
    feature.values(view).into_iter().map(scale).collect()
}

fn tempo(tempo_bpm: f64) -> Vec<f64> {
    let octaves = (tempo_bpm / 40.0).log2();
    let near = |idx: u32| (-0.5 * ((octaves - f64::from(idx) / 20.0) / TEMPO_WIDTH).powi(2)).exp();
    std::iter::once(octaves).chain((0..TEMPOS).map(near)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Pitch;
    use crate::song::GridNote;

    fn song(tempo_bpm: f64, up: u8, notes: &[(u32, u8)]) -> Song {
        let notes = notes.iter().map(|(onset, pitch)| {
            GridNote::new(*onset, Voice::Lead, Pitch::new(pitch + up).expect("a pitch"), 12)
        });
        Song::new(tempo_bpm, 4, 4, notes)
    }

    const TUNE: [(u32, u8); 6] = [(0, 60), (24, 63), (48, 67), (96, 65), (144, 63), (192, 60)];

    #[test]
    fn only_mean_heights_change_with_the_key() {
        let (low, high) = (Traits::of(&song(150.0, 0, &TUNE)), Traits::of(&song(150.0, 4, &TUNE)));
        let differ = low.0.iter().zip(&high.0).filter(|(a, b)| (**a - **b).abs() > 1e-9);
        assert_eq!(differ.count(), 1);
    }

    #[test]
    fn every_song_has_the_same_number_of_finite_numbers() {
        let n = Traits::of(&song(150.0, 0, &TUNE)).0.len();
        for odd in [song(20.0, 0, &[]), song(400.0, 0, &TUNE[..1]), song(f64::NAN, 0, &TUNE)] {
            let numbers = Traits::of(&odd).0;
            assert_eq!(numbers.len(), n);
            assert!(numbers.iter().all(|number| number.is_finite()));
        }
    }
}
