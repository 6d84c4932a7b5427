//! What is set about a genre: how it is arranged, and how it sounds?
//!
//! A [`Profile`] holds no notes of its own beyond rhythms; melody and harmony come from the song.

use std::path::PathBuf;

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

use super::pattern::is_valid;
use crate::audio::settings::SoundSettings;
use crate::instrument::Instrument;
use crate::part::PartKind;
use crate::section::SectionKind;

/// A section of a profile's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormSection {
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
    /// The tempo, in quarter notes a minute, where neither the wish nor the genre's songs suggest one.
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
    pub form: Vec<FormSection>,
    /// An SF2 file whose instruments play every part, instead of the synthesizer: its absolute
    /// path. Empty for the synthesizer. It is read once and stays in memory.
    pub soundfont: PathBuf,
    /// Levels, effects and drums of the synthesizer.
    pub sound: SoundSettings,
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
            form: default_form(4),
            soundfont: PathBuf::new(),
            sound: SoundSettings::default(),
        }
    }
}

impl Profile {
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

    /// The rhythm of a part in a drop; empty for the parts that follow no setting.
    pub(super) fn rhythm(&self, part: PartKind) -> &str {
        let of_part = self.rhythms().into_iter().find(|(_, kind, _)| *kind == part);
        of_part.map_or("", |(_, _, rhythm)| rhythm)
    }

    /// Every rhythm with its key and the part that plays it.
    fn rhythms(&self) -> [(&'static str, PartKind, &str); 5] {
        [
            ("kick", PartKind::Kick, &self.kick),
            ("snare", PartKind::Snare, &self.snare),
            ("hat", PartKind::Hat, &self.hat),
            ("open_hat", PartKind::OpenHat, &self.open_hat),
            ("bass", PartKind::Bass, &self.bass),
        ]
    }

    /// Whether every value is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] names the first value that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.check_tempos()?;
        let known = self.instrument.parse::<Instrument>().is_ok();
        require(known, "instrument", &self.instrument, "a General MIDI name or 1 to 128")?;
        for (key, _, rhythm) in self.rhythms() {
            let allowed = "whole beats of four characters from \"X x o - .\", not starting with -";
            require(is_valid(rhythm), key, format!("{rhythm:?}"), allowed)?;
        }
        self.check_form()?;
        let font = &self.soundfont;
        let is_absolute = font.is_absolute() || font.as_os_str().is_empty();
        require(is_absolute, "soundfont", font.display(), "an absolute path, or nothing")?;
        self.sound.check()
    }

    fn check_tempos(&self) -> Result<(), OutOfRange> {
        let tempos = [
            ("tempo_bpm", self.tempo_bpm),
            ("slowest_bpm", self.slowest_bpm),
            ("fastest_bpm", self.fastest_bpm),
        ];
        for (key, bpm) in tempos {
            require((20.0..=400.0).contains(&bpm), key, bpm, "a number from 20 to 400")?;
        }
        let ascend = self.slowest_bpm <= self.fastest_bpm;
        require(ascend, "fastest_bpm", self.fastest_bpm, "a number not below slowest_bpm")
    }

    fn check_form(&self) -> Result<(), OutOfRange> {
        let bars: u32 = self.form.iter().map(|section| section.bars.min(1000)).sum();
        let each = self.form.iter().all(|section| (1..=64).contains(&section.bars));
        let drops = self.form.iter().any(|section| section.kind == SectionKind::Drop);
        let allowed = "sections of 1 to 64 bars, 256 in all, one of them a drop";
        require(each && drops && bars <= 256, "form", format!("{bars} bars"), allowed)
    }
}

/// Intro and build, drop, a break of some bars and a build, second drop.
pub(super) fn default_form(n_break_bars: u32) -> Vec<FormSection> {
    use SectionKind::{Break, Build, Drop, Intro};
    [(Intro, 4), (Build, 4), (Drop, 16), (Break, n_break_bars), (Build, 4), (Drop, 16)]
        .map(|(kind, bars)| FormSection { kind, bars })
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

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
