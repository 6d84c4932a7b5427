//! How is a genre arranged, and how does it sound?
//!
//! A [`Profile`] is a set of settings with good built-in values for a few genres. It holds no
//! notes of its own beyond rhythms; melody and harmony come from the song.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

use super::instrument::Instrument;
use super::pattern::is_valid;
use crate::audio::Sound;

/// What happens in a section of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionKind {
    /// The song's voices, softly, without drums.
    Intro,
    /// The voices with a snare roll that grows towards the next section.
    Build,
    /// Everything at once.
    Drop,
    /// The voices alone again, quieter.
    Break,
}

/// A stretch of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// What happens in it.
    pub kind: SectionKind,
    /// Its length in bars. The first drop is made longer where the song is, so that every bar of
    /// the song is heard.
    pub bars: u32,
}

/// How a genre is arranged.
///
/// Rhythms are written one character a sixteenth: `X` accented, `x` normal, `o` soft, `-` held,
/// `.` silent; a rhythm starts again at each bar line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// The tempo in quarter notes a minute where neither the request nor the song knows one.
    pub tempo_bpm: f64,
    /// The slowest tempo at which the genre is felt as itself; see [`Profile::felt_tempo`].
    pub slowest_bpm: f64,
    /// The fastest such tempo.
    pub fastest_bpm: f64,
    /// What the lead is played on: a General MIDI name or a number from 1 to 128.
    pub instrument: String,
    /// Rhythm of the kick in a drop.
    pub kick: String,
    /// Rhythm of the snare in a drop.
    pub snare: String,
    /// Rhythm of the closed hat in a drop.
    pub hat: String,
    /// Rhythm of the open hat in a drop.
    pub open_hat: String,
    /// Rhythm of the bass in a drop; it plays the root of each bar's harmony.
    pub bass: String,
    /// The sections in order.
    pub form: Vec<Section>,
    /// An SF2 file whose instruments play every part, instead of the synthesizer: its whole path.
    /// Empty for the synthesizer. It is read once and lies in memory from then on.
    pub soundfont: PathBuf,
    /// Levels, effects and drums of the synthesizer.
    pub sound: Sound,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            tempo_bpm: 128.0,
            slowest_bpm: 70.0,
            fastest_bpm: 200.0,
            instrument: Instrument::POLYSYNTH.name().to_owned(),
            kick: "X.......X.......".to_owned(),
            snare: "....X.......X...".to_owned(),
            hat: "x.o.x.o.x.o.x.o.".to_owned(),
            open_hat: String::new(),
            bass: "x---..x-x---..x-".to_owned(),
            form: form(4, 4, 16, 4),
            soundfont: PathBuf::new(),
            sound: Sound::default(),
        }
    }
}

impl Profile {
    /// The built-in profile of a genre: `hardstyle`, `hardcore`, `trance`, `house`, and a neutral
    /// one for every other name. Names that hold one of these (`euphoric-hardstyle`) get it too.
    pub fn builtin(genre: &str) -> Self {
        let name = genre.to_lowercase();
        let is = |word: &str| name.contains(word);
        match () {
            () if is("hardstyle") => hardstyle(),
            () if is("hardcore") || is("gabber") => hardcore(),
            () if is("trance") => trance(),
            () if is("house") => house(),
            () => Self::default(),
        }
    }

    /// The tempo at which songs of this genre written at `bpm` are meant: half or double where only
    /// that is between the slowest and the fastest, as transcribers differ in what they count as
    /// a beat; else `bpm` itself.
    pub fn felt_tempo(&self, bpm: f64) -> f64 {
        let is_felt = |bpm: &f64| (self.slowest_bpm..=self.fastest_bpm).contains(bpm);
        [bpm, 2.0 * bpm, bpm / 2.0].into_iter().find(is_felt).unwrap_or(bpm)
    }

    /// The lead's instrument; the polysynth where the name is not known (see [`Profile::check`]).
    pub fn instrument(&self) -> Instrument {
        self.instrument.parse().unwrap_or(Instrument::POLYSYNTH)
    }

    /// Whether every value is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] names the first value that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let tempos = [
            ("tempo_bpm", self.tempo_bpm),
            ("slowest_bpm", self.slowest_bpm),
            ("fastest_bpm", self.fastest_bpm),
        ];
        for (key, bpm) in tempos {
            require((20.0..=400.0).contains(&bpm), key, bpm, "a number from 20 to 400")?;
        }
        let ascend = self.slowest_bpm <= self.fastest_bpm;
        require(ascend, "fastest_bpm", self.fastest_bpm, "a number not below slowest_bpm")?;
        let known = self.instrument.parse::<Instrument>().is_ok();
        require(known, "instrument", &self.instrument, "a General MIDI name or 1 to 128")?;
        let rhythms = [
            ("kick", &self.kick),
            ("snare", &self.snare),
            ("hat", &self.hat),
            ("open_hat", &self.open_hat),
            ("bass", &self.bass),
        ];
        for (key, rhythm) in rhythms {
            let allowed = "whole beats of four characters from \"X x o - .\", not starting with -";
            require(is_valid(rhythm), key, format!("{rhythm:?}"), allowed)?;
        }
        let bars: u32 = self.form.iter().map(|section| section.bars.min(1000)).sum();
        let each = self.form.iter().all(|section| (1..=64).contains(&section.bars));
        let drops = self.form.iter().any(|section| section.kind == SectionKind::Drop);
        let allowed = "sections of 1 to 64 bars, 256 in all, one of them a drop";
        require(each && drops && bars <= 256, "form", format!("{bars} bars"), allowed)?;
        let font = &self.soundfont;
        let whole = font.is_absolute() || font.as_os_str().is_empty();
        require(whole, "soundfont", font.display(), "a whole path from / on, or nothing")?;
        self.sound.check()
    }
}

/// The profiles by genre name: those given, and the built-in ones for all other names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profiles(pub BTreeMap<String, Profile>);

impl Profiles {
    /// The profile of a genre.
    pub fn of(&self, genre: &str) -> Profile {
        self.0.get(genre).cloned().unwrap_or_else(|| Profile::builtin(genre))
    }

    /// Whether every value of every profile is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] names the first value that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.0.values().try_for_each(Profile::check)
    }
}

/// Intro and build, drop, break and build, second drop.
fn form(intro: u32, build: u32, drop: u32, quiet: u32) -> Vec<Section> {
    use SectionKind::{Break, Build, Drop, Intro};
    let section = |(kind, bars)| Section { kind, bars };
    [(Intro, intro), (Build, build), (Drop, drop), (Break, quiet), (Build, build), (Drop, drop)]
        .map(section)
        .to_vec()
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
        form: form(4, 4, 16, 4),
        sound: Sound {
            kick_ms: 330.0,
            kick_drive: 0.85,
            bass_swell: 0.8,
            bass_drive: 0.6,
            pump_db: 11.0,
            ..Sound::default()
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
        sound: Sound { kick_ms: 300.0, kick_drive: 1.0, pump_db: 10.0, ..hardstyle().sound },
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
        form: form(4, 4, 16, 8),
        sound: Sound {
            kick_ms: 240.0,
            kick_drive: 0.25,
            bass_swell: 0.0,
            bass_drive: 0.2,
            pump_db: 8.0,
            reverb: 0.3,
            delay: 0.32,
            ..Sound::default()
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
        form: form(4, 4, 16, 4),
        sound: Sound {
            kick_ms: 220.0,
            kick_drive: 0.15,
            bass_swell: 0.0,
            bass_drive: 0.2,
            pump_db: 8.0,
            reverb: 0.18,
            delay: 0.2,
            ..Sound::default()
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

    #[test]
    fn a_value_that_is_not_allowed_is_named() {
        let wrong = Profile { kick: "X..".to_owned(), ..Profile::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("kick"));
        let wrong = Profile { slowest_bpm: 230.0, ..Profile::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("fastest_bpm"));
        let wrong = Profile { form: Vec::new(), ..Profile::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("form"));
        let wrong = Profile { instrument: "kazoo".to_owned(), ..Profile::default() };
        assert_eq!(wrong.check().map_err(|e| e.key), Err("instrument"));
    }
}
