//! What is usual in a library?
//!
//! A version keeps the statistics of the songs that it was learned from. They carry the names of
//! their features and the schema's version, so that those of another release are recognised and
//! made anew from the songs instead of being mistaken for today's.

use std::collections::BTreeMap;

use music::features::{VERSION, Vector};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::distance::usually_nearest;
use crate::features::FEATURES;

/// Beyond so many standard deviations a song is as far out as can be.
const FAR: f64 = 3.0;
/// A feature that varies less is the same in all songs.
const LEAST: f64 = 1e-6;

/// Mean and standard deviation of each feature over the songs of a library; every one is finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    schema: u32,
    features: BTreeMap<String, Moments>,
    /// How near songs usually are to the one nearest to them at least; see [`crate::Variety`].
    nearest: f64,
}

/// Mean and standard deviation of one feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Moments {
    mean: f64,
    deviation: f64,
}

impl Statistics {
    /// Of these songs, all measured by the same selection; without any, of no feature.
    pub fn of(library: &[Vector]) -> Self {
        let names = library.first().map_or(&[][..], Vector::names);
        let usual = |(idx, name): (usize, &&str)| {
            let values = library.iter().filter_map(|song| song.values().get(idx).copied());
            ((*name).to_owned(), Moments::of(values))
        };
        let features = names.iter().enumerate().map(usual).collect();
        let mut statistics = Self { schema: VERSION, features, nearest: 0.0 };
        let song = |idx: usize| statistics.standardised(&library[idx]);
        statistics.nearest = usually_nearest(library.len(), song);
        statistics
    }

    /// What is usual among tracks, of which `self` counts as ten more: tracks differ less than songs in
    /// some features and more in others, and what is liked is to be told by differences between tracks.
    /// Without tracks, the same.
    pub(crate) fn among(&self, tracks: &[Vector]) -> Self {
        const SONGS: f64 = 10.0;
        let share = SONGS / (SONGS + tracks.len() as f64);
        let among = |(name, usual): (&String, &Moments)| {
            let own = Moments::of(tracks.iter().filter_map(|track| track.get(name)));
            (name.clone(), own.towards(*usual, share))
        };
        Self { features: self.features.iter().map(among).collect(), ..self.clone() }
    }

    /// How near songs of the library usually are to each other at least; 0 for fewer than two.
    pub(crate) fn nearest(&self) -> f64 {
        self.nearest
    }

    /// How far a song is from the usual, in standard deviations within ±3, feature by feature; 0
    /// for a feature in which no song differs or of which nothing is known.
    pub(crate) fn standardised(&self, song: &Vector) -> Vec<f64> {
        let values = song.names().iter().zip(song.values());
        let usual = |name: &str| self.features.get(name).copied().unwrap_or_default();
        values.map(|(name, value)| usual(name).standardised(*value)).collect()
    }

    /// The names of the features, in their order here.
    pub(crate) fn names(&self) -> Vec<String> {
        self.features.keys().cloned().collect()
    }

    /// Whether a feature varies.
    pub(crate) fn varies(&self, name: &str) -> bool {
        self.features.get(name).is_some_and(|usual| usual.deviation > LEAST)
    }

    /// Of these features, by name, how far a song is from the usual; as [`Self::standardised`].
    pub(crate) fn standardised_of<'a>(
        &'a self,
        names: &'a [String],
        song: &'a Vector,
    ) -> impl Iterator<Item = f64> + 'a {
        names.iter().map(|name| match (self.features.get(name), song.get(name)) {
            (Some(usual), Some(value)) => usual.standardised(value),
            _ => 0.0,
        })
    }

    /// Whether they were made by the schema of this release and hold all these features.
    fn covers(&self, names: &[&str]) -> bool {
        let is_known = |name: &&str| {
            let usual = self.features.get(*name);
            usual.is_some_and(|usual| usual.mean.is_finite() && usual.deviation.is_finite())
        };
        self.schema == VERSION && names.iter().all(is_known)
    }
}

impl Default for Statistics {
    fn default() -> Self {
        Self::of(&[])
    }
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        use music::features::measures::{mean, spread};
        Self { mean: mean(values.clone()), deviation: spread(values) }
    }

    /// Those of both together, of which `other` is this share.
    fn towards(self, other: Self, share: f64) -> Self {
        let mix = |own: f64, other: f64| own + share * (other - own);
        let apart = self.mean - other.mean;
        let within = mix(self.deviation.powi(2), other.deviation.powi(2));
        let variance = within + share * (1.0 - share) * apart * apart;
        Self { mean: mix(self.mean, other.mean), deviation: variance.sqrt() }
    }

    fn standardised(self, value: f64) -> f64 {
        if self.deviation <= LEAST {
            return 0.0;
        }
        ((value - self.mean) / self.deviation).clamp(-FAR, FAR)
    }
}

/// Reads statistics if they are of this release's features, and `None` of any other: then they
/// are to be made anew. Meant for a field of a file that is kept:
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Kept {
///     #[serde(default, deserialize_with = "taste::deserialize_if_current")]
///     statistics: Option<taste::Statistics>,
/// }
/// ```
///
/// # Errors
/// Only where the file itself cannot be read.
pub fn deserialize_if_current<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Statistics>, D::Error> {
    if_of(&FEATURES, from)
}

fn if_of<'de, D: Deserializer<'de>>(
    names: &[&str],
    from: D,
) -> Result<Option<Statistics>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Named { schema: u32, features: BTreeMap<String, Moments>, nearest: f64 },
        Other(IgnoredAny),
    }
    let statistics = match Kept::deserialize(from)? {
        Kept::Named { schema, features, nearest } => Statistics { schema, features, nearest },
        Kept::Other(IgnoredAny) => return Ok(None),
    };
    Ok(Some(statistics).filter(|statistics| statistics.covers(names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;
    use music::score::Pitch;
    use music::song::{GridNote, Song, Voice};

    fn song(n_notes: u32, voice: Voice) -> Vector {
        let pitch = Pitch::new(60).expect("a pitch");
        let note = |i: u32| GridNote::new(i * 12, voice, pitch, 6 + i % 5);
        measure(&Song::new(150.0, 4, 8, (0..n_notes).map(note)))
    }

    fn statistics() -> Statistics {
        Statistics::of(&[song(8, Voice::Lead), song(32, Voice::Lead), song(30, Voice::Bass)])
    }

    fn read(names: &[&str], json: &str) -> Option<Statistics> {
        if_of(names, &mut serde_json::Deserializer::from_str(json)).expect("it is JSON")
    }

    #[test]
    fn statistics_are_finite_also_where_songs_have_no_lead() {
        assert!(statistics().covers(&FEATURES));
        let text = serde_json::to_string(&statistics()).expect("it is written");
        assert!(!text.contains("null"), "{text}");
        assert!(read(&FEATURES, &text).is_some());
    }

    #[test]
    fn statistics_of_another_release_are_made_anew_and_never_damage() {
        let bare = format!(r#"{{"mean": [{0}], "deviation": [{0}]}}"#, ["1.5"; 14].join(", "));
        let text = serde_json::to_string(&statistics()).expect("it is written");
        let other = text.replace("\"schema\":1", "\"schema\":999");
        let no_number = text.replacen("\"mean\":", "\"mean\":null,\"was\":", 1);
        assert!(text != other && text != no_number);
        for old in [&bare, &other, &no_number, "null", "[1, 2]", "7"] {
            assert_eq!(read(&FEATURES, old), None, "{old}");
        }
    }

    #[test]
    fn one_more_feature_asks_for_new_statistics_and_damages_nothing() {
        let text = serde_json::to_string(&statistics()).expect("it is written");
        let more: Vec<&str> = FEATURES.into_iter().chain(["tempo"]).collect();
        assert_eq!(read(&more, &text), None);
        // One feature less asks for nothing.
        assert!(read(&FEATURES[1..], &text).is_some());
    }
}
