//! How is each genre arranged, and how does it sound?
//!
//! The built-in [`Profile`]s, one for each genre that has its own, and those that are set for a genre.
//! A new genre is a profile and its line in [`BUILTIN`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::profile::{Profile, default_form};
use crate::audio::settings::SoundSettings;

/// A word in the name of genres, and how they are arranged.
type Builtin = (&'static str, fn() -> Profile);

/// The genres with a profile of their own; the first word that is in a name counts.
const BUILTIN: [Builtin; 5] = [
    ("hardstyle", hardstyle),
    ("hardcore", hardcore),
    ("gabber", hardcore),
    ("trance", trance),
    ("house", house),
];

impl Profile {
    /// The built-in profile of a genre; a neutral one for names that hold none of the words known
    /// (`euphoric-hardstyle` is a hardstyle).
    pub fn builtin(genre: &str) -> Self {
        let name = genre.to_lowercase();
        let known = BUILTIN.iter().find(|(word, _)| name.contains(word));
        known.map_or_else(Self::default, |(_, profile)| profile())
    }
}

/// The profiles by genre name: those that are set, and the built-in ones for all other names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profiles(pub BTreeMap<String, Profile>);

impl Profiles {
    /// The profile of a genre.
    pub fn of(&self, genre: &str) -> Profile {
        self.0.get(genre).cloned().unwrap_or_else(|| Profile::builtin(genre))
    }
}

fn hardstyle() -> Profile {
    Profile {
        tempo_bpm: 150.0,
        slowest_bpm: 140.0,
        fastest_bpm: 160.0,
        kick: "X...X...X...X...".to_owned(),
        snare: "....x.......x...".to_owned(),
        hat: "..x...x...x...x.".to_owned(),
        open_hat: String::new(),
        bass: "..x-..x-..x-..x-".to_owned(),
        form: default_form(4),
        sound: SoundSettings {
            kick_ms: 330.0,
            kick_drive: 0.85,
            bass_swell: 0.8,
            bass_drive: 0.6,
            pump_db: 11.0,
            ..SoundSettings::default()
        },
        ..Profile::default()
    }
}

fn hardcore() -> Profile {
    Profile {
        tempo_bpm: 175.0,
        slowest_bpm: 160.0,
        fastest_bpm: 220.0,
        hat: "..x...x...x...x.".to_owned(),
        open_hat: String::new(),
        bass: "..x-..x-..x-..x-".to_owned(),
        sound: SoundSettings {
            kick_ms: 300.0,
            kick_drive: 1.0,
            pump_db: 10.0,
            ..hardstyle().sound
        },
        ..hardstyle()
    }
}

fn trance() -> Profile {
    Profile {
        tempo_bpm: 138.0,
        slowest_bpm: 125.0,
        fastest_bpm: 150.0,
        kick: "X...X...X...X...".to_owned(),
        snare: "....x.......x...".to_owned(),
        hat: "x.oox.oox.oox.oo".to_owned(),
        open_hat: "..x...x...x...x.".to_owned(),
        bass: ".oxx.oxx.oxx.oxx".to_owned(),
        form: default_form(8),
        sound: SoundSettings {
            kick_ms: 240.0,
            kick_drive: 0.25,
            bass_swell: 0.0,
            bass_drive: 0.2,
            pump_db: 8.0,
            reverb: 0.3,
            delay: 0.32,
            ..SoundSettings::default()
        },
        ..Profile::default()
    }
}

fn house() -> Profile {
    Profile {
        tempo_bpm: 124.0,
        slowest_bpm: 115.0,
        fastest_bpm: 132.0,
        kick: "X...X...X...X...".to_owned(),
        snare: "....x.......x...".to_owned(),
        hat: "o.o.o.o.o.o.o.oo".to_owned(),
        open_hat: "..x...x...x...x.".to_owned(),
        bass: "..x-..x.x-x-..x-".to_owned(),
        form: default_form(4),
        sound: SoundSettings {
            kick_ms: 220.0,
            kick_drive: 0.15,
            bass_swell: 0.0,
            bass_drive: 0.2,
            pump_db: 8.0,
            reverb: 0.18,
            delay: 0.2,
            ..SoundSettings::default()
        },
        ..Profile::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_profile_passes_its_own_check() {
        for genre in ["hardstyle", "hardcore", "trance", "house", "polka", "Euphoric Hardstyle"] {
            assert_eq!(Profile::builtin(genre).check(), Ok(()), "{genre}");
        }
        assert_eq!(Profile::builtin("Euphoric Hardstyle"), hardstyle());
    }

    #[test]
    fn a_tempo_counted_in_halves_is_felt_as_it_is_meant() {
        let felt = |profile: Profile, bpm: f64| profile.felt_tempo(bpm).round() as u32;
        assert_eq!(felt(hardstyle(), 75.0), 150);
        assert_eq!(felt(hardstyle(), 155.0), 155);
        assert_eq!(felt(trance(), 276.0), 138);
        assert_eq!(felt(house(), 100.0), 100);
    }
}
