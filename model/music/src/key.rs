//! Which key is a song in?
//!
//! Correlation of the pitch-class distribution with the key profiles of Temperley (2007), "Music
//! and Probability", table 6.1 (from the Essen folk-song collection and the Kostka-Payne corpus), and
//! what a file says of it itself.
//! `model/composer/examples/keys.rs` measures both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::score::semitones_from_c;

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Ionian.
    Major,
    /// Aeolian and its harmonic and melodic forms.
    Minor,
}

/// A tonic and a mode; in JSON the text that people read, such as `"Bb minor"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Key {
    tonic: u8,
    /// Major or minor.
    pub mode: Mode,
}

const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"];
const MAJOR: [f64; 12] =
    [0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400];
const MINOR: [f64; 12] =
    [0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330];
const KRUMHANSL_MAJOR: [f64; 12] =
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
const KRUMHANSL_MINOR: [f64; 12] =
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/// What counts for minor. Found on transcribed dance music: relative keys are otherwise too often called
/// major.
const MINOR_BIAS: f64 = 0.12;
/// What all resting points together count for their tonic.
const RESTING: f64 = 0.25;
/// What all sounding time outside the scale would count against a key.
const OUTSIDE: f64 = 1.5;
/// The share of the sounding time by which more may lie outside the scale of a key that a file states than
/// outside that of the one that is heard; beyond, the statement is about other music.
const OUTSIDE_IF_STATED: f64 = 0.1;
/// What counts for a major key that a file states against its relative minor: many programs write "major"
/// whatever the mode.
const STATED_MAJOR: f64 = 0.3;

impl Key {
    /// A key on the pitch class `tonic` (0 is C); taken modulo 12.
    pub fn new(tonic: u8, mode: Mode) -> Self {
        Self { tonic: tonic % 12, mode }
    }

    /// The pitch class of the tonic, 0 to 11.
    pub fn tonic(self) -> u8 {
        self.tonic
    }

    /// 0 to 23: the majors from C to B, then the minors.
    pub fn index(self) -> usize {
        usize::from(self.tonic) + if self.mode == Mode::Minor { 12 } else { 0 }
    }

    /// The inverse of [`Key::index`]; taken modulo 24.
    pub fn from_index(index: usize) -> Self {
        let mode = if index % 24 >= 12 { Mode::Minor } else { Mode::Major };
        Self::new((index % 12) as u8, mode)
    }

    /// The same mode, `semitones` higher.
    #[must_use]
    pub fn transposed(self, semitones: i32) -> Self {
        Self::new((i32::from(self.tonic) + semitones).rem_euclid(12) as u8, self.mode)
    }

    /// The pitch classes of its scale (natural minor), from the tonic up.
    pub fn scale(self) -> [u8; 7] {
        let steps = match self.mode {
            Mode::Major => [0, 2, 4, 5, 7, 9, 11],
            Mode::Minor => [0, 2, 3, 5, 7, 8, 10],
        };
        steps.map(|step| (self.tonic + step) % 12)
    }

    /// The key of a key signature, the inverse of [`Key::signature`]; also of 7 signs.
    pub fn of_signature(sharps: i8, mode: Mode) -> Self {
        let major = Self::new((i32::from(sharps) * 7).rem_euclid(12) as u8, Mode::Major);
        if mode == Mode::Minor { major.relative() } else { major }
    }

    /// The key of the other mode with the same key signature.
    #[must_use]
    pub fn relative(self) -> Self {
        match self.mode {
            Mode::Major => Self::new(self.tonic + 9, Mode::Minor),
            Mode::Minor => Self::new(self.tonic + 3, Mode::Major),
        }
    }

    /// Its key signature: sharps positive, flats negative, -6 to 6 (MIDI meta event 0x59).
    pub fn signature(self) -> i8 {
        let major = match self.mode {
            Mode::Major => self.tonic,
            Mode::Minor => (self.tonic + 3) % 12,
        };
        let fifths = i32::from(major) * 7 % 12;
        (if fifths > 6 { fifths - 12 } else { fifths }) as i8
    }

    /// The key that explains best how long each pitch class sounds and where the music rests.
    ///
    /// `weights` is the sounding time (any unit) of the twelve pitch classes from C, `rests` how
    /// often (any unit) each of them is a resting point, such as the last note or the bass of the
    /// first beat. The profile's correlation alone confuses keys that share most of a scale, above
    /// all in lines that avoid the tonic; so notes outside the scale count against a key, and
    /// resting points for their tonic. All zero gives A minor.
    pub fn estimate(weights: &[f64; 12], rests: &[f64; 12]) -> Self {
        if weights.iter().all(|w| *w == 0.0) {
            return Self::new(9, Mode::Minor);
        }
        let keys = (0..24).map(Self::from_index).map(|key| (key.score(weights, rests), key));
        let best = keys.max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(Self::new(9, Mode::Minor), |(_, key)| key)
    }

    /// As [`Key::estimate`], of music whose file says that it is in the key `stated`.
    ///
    /// It is believed unless more of the music lies outside its scale than outside that of the key that is
    /// heard, or it is major and the music clearly in the relative minor. C major is what programs write
    /// where nobody has said anything, and says nothing.
    pub fn estimate_stated(weights: &[f64; 12], rests: &[f64; 12], stated: Self) -> Self {
        let heard = Self::estimate(weights, rests);
        let is_other =
            || stated.share_outside(weights) > heard.share_outside(weights) + OUTSIDE_IF_STATED;
        if stated == Self::new(0, Mode::Major) || is_other() {
            return heard;
        }
        let relative = stated.relative();
        let score = |key: Self| key.score(weights, rests);
        let is_relative =
            stated.mode == Mode::Major && score(relative) > score(stated) + STATED_MAJOR;
        if is_relative { relative } else { stated }
    }

    /// How well it explains what [`Key::estimate`] is given.
    fn score(self, weights: &[f64; 12], rests: &[f64; 12]) -> f64 {
        let tonic = usize::from(self.tonic);
        let (profile, bias) =
            if self.mode == Mode::Minor { (&MINOR, MINOR_BIAS) } else { (&MAJOR, 0.0) };
        let resting = rests[tonic] / rests.iter().sum::<f64>().max(1e-12);
        correlation(weights, profile, tonic) + bias + RESTING * resting
            - OUTSIDE * self.share_outside(weights)
    }

    /// The key whose profile by Krumhansl and Kessler (1982) correlates best with how long each pitch
    /// class sounds, as most programs estimate it; of equal ones the first.
    pub fn by_profile(weights: &[f64; 12]) -> Self {
        let score = |key: &Self| {
            let profile = if key.mode == Mode::Minor { &KRUMHANSL_MINOR } else { &KRUMHANSL_MAJOR };
            correlation(weights, profile, usize::from(key.tonic))
        };
        let keys = (0..24).map(Self::from_index);
        let best = keys.reduce(|best, key| if score(&key) > score(&best) { key } else { best });
        best.unwrap_or(Self::new(9, Mode::Minor))
    }

    /// The share of the sounding time outside its scale; in minor the raised seventh is inside.
    fn share_outside(self, weights: &[f64; 12]) -> f64 {
        let leading = (self.tonic + 11) % 12;
        let scale = self.scale();
        let is_inside = |class: u8| scale.contains(&class) || class == leading;
        let outside: f64 =
            (0..12).filter(|c| !is_inside(*c)).map(|c| weights[usize::from(c)]).sum();
        outside / weights.iter().sum::<f64>().max(1e-12)
    }
}

fn correlation(weights: &[f64; 12], profile: &[f64; 12], tonic: usize) -> f64 {
    let mean_w = weights.iter().sum::<f64>() / 12.0;
    let mean_p = profile.iter().sum::<f64>() / 12.0;
    let (mut cov, mut var_w, mut var_p) = (0.0, 0.0, 0.0);
    for degree in 0..12 {
        let w = weights[(tonic + degree) % 12] - mean_w;
        let p = profile[degree] - mean_p;
        cov += w * p;
        var_w += w * w;
        var_p += p * p;
    }
    cov / (var_w * var_p).sqrt().max(1e-12)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.mode == Mode::Minor { "minor" } else { "major" };
        write!(f, "{} {mode}", NAMES[usize::from(self.tonic)])
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Key {
    type Err = String;

    /// Accepts `F minor`, `f# minor`, `Bb major`, `Am`, `C`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error =
            || format!("{text:?} is not a key: write it like \"F minor\", \"F#m\" or \"Bb major\"");
        let (tonic, rest) = semitones_from_c(text.trim()).ok_or_else(error)?;
        let mode = match rest.trim() {
            "" | "M" => Mode::Major,
            "m" => Mode::Minor,
            word if word.eq_ignore_ascii_case("major") || word.eq_ignore_ascii_case("maj") => {
                Mode::Major
            }
            word if word.eq_ignore_ascii_case("minor") || word.eq_ignore_ascii_case("min") => {
                Mode::Minor
            }
            _ => return Err(error()),
        };
        Ok(Self::new(tonic.rem_euclid(12) as u8, mode))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_with_its_triad_names_its_key() {
        for index in 0..24 {
            let key = Key::from_index(index);
            let mut weights = [0.0; 12];
            for (degree, class) in key.scale().into_iter().enumerate() {
                weights[usize::from(class)] = if [0, 2, 4].contains(&degree) { 3.0 } else { 1.0 };
            }
            assert_eq!(Key::estimate(&weights, &[0.0; 12]), key, "{key}");
        }
    }

    #[test]
    fn resting_points_decide_between_relative_keys() {
        let mut weights = [0.0; 12];
        for class in Key::new(0, Mode::Major).scale() {
            weights[usize::from(class)] = 1.0;
        }
        let resting_on = |class: usize| {
            let mut rests = [0.0; 12];
            rests[class] = 2.0;
            Key::estimate(&weights, &rests)
        };
        assert_eq!(resting_on(0), Key::new(0, Mode::Major));
        assert_eq!(resting_on(9), Key::new(9, Mode::Minor));
    }

    #[test]
    fn names_are_read_back() {
        for index in 0..24 {
            let key = Key::from_index(index);
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert_eq!("f#m".parse(), Ok(Key::new(6, Mode::Minor)));
        assert!("H dur".parse::<Key>().is_err());
    }

    #[test]
    fn signatures_are_those_of_the_circle_of_fifths() {
        assert_eq!(Key::new(5, Mode::Minor).signature(), -4);
        assert_eq!(Key::new(9, Mode::Minor).signature(), 0);
        assert_eq!(Key::new(4, Mode::Major).signature(), 4);
        for key in (0..24).map(Key::from_index) {
            assert_eq!(Key::of_signature(key.signature(), key.mode), key);
            assert_eq!(key.relative().signature(), key.signature());
        }
        assert_eq!(Key::of_signature(-7, Mode::Minor), Key::new(8, Mode::Minor));
    }

    #[test]
    fn what_a_file_states_is_believed_where_the_notes_allow_it() {
        let key = |text: &str| text.parse::<Key>().expect("a key");
        // As long on each note of the scale: D major, B minor and the modes are as likely.
        let mut weights = [0.0; 12];
        for class in key("D major").scale() {
            weights[usize::from(class)] = 1.0;
        }
        let found = |weights: &[f64; 12], stated: &str| {
            Key::estimate_stated(weights, &[0.0; 12], key(stated))
        };
        assert_eq!(found(&weights, "D major"), key("D major"));
        assert_eq!(found(&weights, "B minor"), key("B minor"));
        let heard = Key::estimate(&weights, &[0.0; 12]);
        assert_eq!(found(&weights, "F minor"), heard, "of other music");
        assert_eq!(found(&weights, "C major"), heard, "nobody has said so");
        for class in ["B minor", "F# minor"].map(key) {
            weights[usize::from(class.tonic())] = 4.0;
        }
        assert_eq!(found(&weights, "D major"), key("B minor"), "as programs write it");
        assert_eq!(found(&weights, "E minor"), key("E minor"), "one note is outside");
    }
}
