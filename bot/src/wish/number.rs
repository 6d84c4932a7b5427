//! Which numbers can a track have?
//!
//! Each kind of number is a type of its own, checked when it is made, whether it comes from the
//! command line, from a chat or from a stored track: nobody needs to check a range again.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use clap::builder::ValueParserFactory;
use music::score::Pitch;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that no track can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value} is not possible: give {allowed}")]
pub struct NotPossible {
    what: &'static str,
    value: String,
    allowed: &'static str,
}

impl NotPossible {
    /// What to do about it, without what is wrong.
    fn hint(&self) -> String {
        format!("give {}", self.allowed)
    }
}

/// Defines the type of a number: its name in messages, its range, the range in words, and how else than as
/// a number it may be written.
macro_rules! checked_number {
    ($(#[$meta:meta])* $name:ident($number:ty): $what:literal, $range:expr, $allowed:literal) => {
        checked_number! { $(#[$meta])* $name($number): $what, $range, $allowed, |_| None }
    };
    (
        $(#[$meta:meta])*
        $name:ident($number:ty): $what:literal, $range:expr, $allowed:literal, $otherwise:expr
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
        pub struct $name($number);

        impl $name {
            /// What is possible.
            pub const RANGE: RangeInclusive<$number> = $range;

            /// Checks the range.
            ///
            /// # Errors
            /// [`NotPossible`] for a number outside it.
            pub fn new(number: $number) -> Result<Self, NotPossible> {
                let is_possible = Self::RANGE.contains(&number);
                is_possible.then_some(Self(number)).ok_or_else(|| Self::refuse(number))
            }

            /// The number itself.
            pub fn get(self) -> $number {
                self.0
            }

            fn refuse(value: impl fmt::Display) -> NotPossible {
                NotPossible { what: $what, value: value.to_string(), allowed: $allowed }
            }
        }

        impl FromStr for $name {
            type Err = NotPossible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let otherwise: fn(&str) -> Option<$number> = $otherwise;
                let number = text.trim().parse().ok().or_else(|| otherwise(text));
                // What is refused is told as it was written.
                let written = number.and_then(|number| Self::new(number).ok());
                written.ok_or_else(|| Self::refuse(text.trim()))
            }
        }

        /// The command line says itself which value is wrong: only what is allowed is left to say.
        impl ValueParserFactory for $name {
            type Parser = fn(&str) -> Result<Self, String>;

            fn value_parser() -> Self::Parser {
                |text| text.parse().map_err(|error: NotPossible| error.hint())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(<$number>::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

checked_number! {
    /// A length in bars of melody, 1 to 256.
    Bars(u32): "bars", 1..=256, "1 to 256"
}
checked_number! {
    /// A tempo in quarter notes a minute, 40 to 300.
    Bpm(f64): "tempo", 40.0..=300.0, "40 to 300 BPM"
}
checked_number! {
    /// A sampling temperature, 0 to 3: below 1 plays safer, above 1 wilder.
    Temperature(f64): "temperature", 0.0..=3.0, "0 to 3"
}

checked_number! {
    /// A density in notes a bar of melody, all voices together, 1 to 64.
    NotesPerBar(f64): "density", 1.0..=64.0, "1 to 64 notes per bar"
}
checked_number! {
    /// The mean pitch of the lead as a MIDI note number, 36 to 96; 60 is middle C. Also written as the name
    /// of a note, such as `C5` or `F#4`.
    Register(f64): "register", 36.0..=96.0, "a note from C2 to C7, or 36 to 96: C4, or 60, is middle C",
    |text| text.parse().ok().map(|pitch: Pitch| f64::from(pitch.number()))
}
checked_number! {
    /// The most notes that sound at once in the melody, all voices together, 1 to 16.
    NotesAtOnce(u32): "polyphony", 1..=16, "1 to 16 notes"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_within_their_range_only() {
        assert_eq!("16".parse::<Bars>().map(Bars::get), Ok(16));
        assert_eq!(" 256 ".parse::<Bars>().map(Bars::get), Ok(256));
        assert_eq!("155.5".parse::<Bpm>().map(Bpm::get), Ok(155.5));
        assert_eq!("0".parse::<Temperature>().map(Temperature::get), Ok(0.0));
        for text in ["0", "257", "-1", "1.5", "four", ""] {
            assert!(text.parse::<Bars>().is_err(), "{text:?}");
        }
        for text in ["39.9", "300.1", "NaN", "inf", "fast"] {
            assert!(text.parse::<Bpm>().is_err(), "{text:?}");
        }
        for text in ["-0.1", "3.1", "nan"] {
            assert!(text.parse::<Temperature>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_impossible_number_is_told_with_its_range() {
        let told = |error: Option<NotPossible>| error.map(|error| error.to_string());
        let bars = told(Bars::new(300).err());
        assert_eq!(bars.as_deref(), Some("bars 300 is not possible: give 1 to 256"));
        let tempo = told("500".parse::<Bpm>().err());
        assert_eq!(tempo.as_deref(), Some("tempo 500 is not possible: give 40 to 300 BPM"));
        let temperature = told("hot".parse::<Temperature>().err());
        assert_eq!(temperature.as_deref(), Some("temperature hot is not possible: give 0 to 3"));
    }

    #[test]
    fn a_register_is_a_number_or_the_name_of_a_note() {
        let read = |text: &str| text.parse::<Register>().map(Register::get);
        for (text, number) in [("72", 72.0), ("66.5", 66.5), ("c5", 72.0), (" C#4 ", 61.0)] {
            assert_eq!(read(text), Ok(number));
        }
        for text in ["B1", "C#7", "35", "H4", "high", ""] {
            let told = read(text).expect_err("no register").to_string();
            let expected = format!("register {text} is not possible: give a note from C2 to C7");
            assert!(told.starts_with(&expected), "{told}");
        }
    }

    #[test]
    fn json_holds_the_bare_number_and_is_checked_too() {
        let bars = Bars::new(16).expect("in range");
        assert_eq!(serde_json::to_string(&bars).expect("JSON"), "16");
        assert_eq!(serde_json::from_str::<Bpm>("155").ok(), Bpm::new(155.0).ok());
        let error = serde_json::from_str::<Bpm>("1e9").expect_err("out of range");
        assert!(error.to_string().starts_with("tempo 1000000000 is not possible"), "{error}");
    }
}
