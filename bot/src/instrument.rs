//! What are the instruments of General MIDI called?
//!
//! Names of the General MIDI 1 sound set, and the looser spellings that people type.

use std::fmt;
use std::str::FromStr;

/// A General MIDI program, as the byte that a file holds (0 to 127).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instrument(u8);

/// A name that no instrument has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no instrument is called {given:?}: {}", self.hint())]
pub struct UnknownInstrument {
    /// What was asked for.
    pub given: String,
    /// The name that shares most with it, if it shares much.
    pub nearest: Option<&'static str>,
}

impl UnknownInstrument {
    /// What may be given instead.
    pub fn hint(&self) -> String {
        let any = "any General MIDI name or a program number from 1 to 128 will do";
        self.nearest.map_or(any.to_owned(), |name| format!("did you mean {name:?}? {any}"))
    }
}

impl Instrument {
    /// Pad 3 (polysynth), what a lead is played on unless something else is asked for.
    pub const POLYSYNTH: Self = Self(90);

    /// `None` above 127.
    pub const fn new(program: u8) -> Option<Self> {
        if program < 128 { Some(Self(program)) } else { None }
    }

    /// The program byte, 0 to 127.
    pub const fn program(self) -> u8 {
        self.0
    }

    /// Its General MIDI name.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }

    /// All 128 names, by program byte.
    pub const fn names() -> &'static [&'static str; 128] {
        &NAMES
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Instrument {
    type Err = UnknownInstrument;

    /// Accepts a General MIDI name in any case and spelling (`Lead 2 (sawtooth)`,
    /// `lead_2_sawtooth`), a part of one whose words are all in it (`sawtooth`, `saw_lead`), or a
    /// program number from 1 to 128 as General MIDI counts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let asked = words(text);
        let number = text.trim().parse::<u8>().ok().and_then(|n| n.checked_sub(1));
        if let Some(instrument) = number.and_then(Self::new) {
            return Ok(instrument);
        }
        let programs = || (0..128u8).map(Self);
        let exact = programs().find(|i| words(i.name()) == asked);
        // The shortest name that holds every word asked for, so "organ" is not "reed organ" first.
        let loose = || {
            let holding = programs().filter(|i| holds(&words(i.name()), &asked));
            holding.min_by_key(|i| words(i.name()).len())
        };
        let nearest = || programs().max_by_key(|i| (likeness(i.name(), &asked), 128 - i.0));
        let is_near = |i: &Self| {
            let n_pairs: usize = asked.iter().map(|word| pairs(word).len()).sum();
            n_pairs > 0 && 2 * likeness(i.name(), &asked) >= n_pairs
        };
        exact.or_else(loose).ok_or_else(|| UnknownInstrument {
            given: text.chars().take(60).collect(),
            nearest: nearest().filter(is_near).map(Self::name),
        })
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

fn holds(name: &[String], asked: &[String]) -> bool {
    !asked.is_empty() && asked.iter().all(|word| name.iter().any(|w| w.starts_with(word.as_str())))
}

/// The pairs of neighbouring letters.
fn pairs(text: &str) -> Vec<(char, char)> {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    letters.windows(2).map(|w| (w[0], w[1])).collect()
}

/// How many pairs of neighbouring letters a name shares with the words asked for.
fn likeness(name: &str, asked: &[String]) -> usize {
    let have = pairs(name);
    asked.iter().flat_map(|word| pairs(word)).filter(|pair| have.contains(pair)).count()
}

const NAMES: [&str; 128] = [
    "Acoustic Grand Piano",
    "Bright Acoustic Piano",
    "Electric Grand Piano",
    "Honky-tonk Piano",
    "Electric Piano 1",
    "Electric Piano 2",
    "Harpsichord",
    "Clavinet",
    "Celesta",
    "Glockenspiel",
    "Music Box",
    "Vibraphone",
    "Marimba",
    "Xylophone",
    "Tubular Bells",
    "Dulcimer",
    "Drawbar Organ",
    "Percussive Organ",
    "Rock Organ",
    "Church Organ",
    "Reed Organ",
    "Accordion",
    "Harmonica",
    "Tango Accordion",
    "Acoustic Guitar (nylon)",
    "Acoustic Guitar (steel)",
    "Electric Guitar (jazz)",
    "Electric Guitar (clean)",
    "Electric Guitar (muted)",
    "Overdriven Guitar",
    "Distortion Guitar",
    "Guitar Harmonics",
    "Acoustic Bass",
    "Electric Bass (finger)",
    "Electric Bass (pick)",
    "Fretless Bass",
    "Slap Bass 1",
    "Slap Bass 2",
    "Synth Bass 1",
    "Synth Bass 2",
    "Violin",
    "Viola",
    "Cello",
    "Contrabass",
    "Tremolo Strings",
    "Pizzicato Strings",
    "Orchestral Harp",
    "Timpani",
    "String Ensemble 1",
    "String Ensemble 2",
    "Synth Strings 1",
    "Synth Strings 2",
    "Choir Aahs",
    "Voice Oohs",
    "Synth Voice",
    "Orchestra Hit",
    "Trumpet",
    "Trombone",
    "Tuba",
    "Muted Trumpet",
    "French Horn",
    "Brass Section",
    "Synth Brass 1",
    "Synth Brass 2",
    "Soprano Sax",
    "Alto Sax",
    "Tenor Sax",
    "Baritone Sax",
    "Oboe",
    "English Horn",
    "Bassoon",
    "Clarinet",
    "Piccolo",
    "Flute",
    "Recorder",
    "Pan Flute",
    "Blown Bottle",
    "Shakuhachi",
    "Whistle",
    "Ocarina",
    "Lead 1 (square)",
    "Lead 2 (sawtooth)",
    "Lead 3 (calliope)",
    "Lead 4 (chiff)",
    "Lead 5 (charang)",
    "Lead 6 (voice)",
    "Lead 7 (fifths)",
    "Lead 8 (bass + lead)",
    "Pad 1 (new age)",
    "Pad 2 (warm)",
    "Pad 3 (polysynth)",
    "Pad 4 (choir)",
    "Pad 5 (bowed)",
    "Pad 6 (metallic)",
    "Pad 7 (halo)",
    "Pad 8 (sweep)",
    "FX 1 (rain)",
    "FX 2 (soundtrack)",
    "FX 3 (crystal)",
    "FX 4 (atmosphere)",
    "FX 5 (brightness)",
    "FX 6 (goblins)",
    "FX 7 (echoes)",
    "FX 8 (sci-fi)",
    "Sitar",
    "Banjo",
    "Shamisen",
    "Koto",
    "Kalimba",
    "Bagpipe",
    "Fiddle",
    "Shanai",
    "Tinkle Bell",
    "Agogo",
    "Steel Drums",
    "Woodblock",
    "Taiko Drum",
    "Melodic Tom",
    "Synth Drum",
    "Reverse Cymbal",
    "Guitar Fret Noise",
    "Breath Noise",
    "Seashore",
    "Bird Tweet",
    "Telephone Ring",
    "Helicopter",
    "Applause",
    "Gunshot",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for (program, name) in NAMES.iter().enumerate() {
            assert_eq!(name.parse::<Instrument>().map(Instrument::program), Ok(program as u8));
            let typed = name.to_lowercase().replace([' ', '(', ')'], "_");
            assert_eq!(typed.parse::<Instrument>().map(Instrument::program), Ok(program as u8));
        }
    }

    #[test]
    fn short_spellings_and_numbers_are_understood() {
        for (typed, program) in
            [("saw_lead", 81), ("polysynth", 90), ("SAWTOOTH", 81), ("flute", 73), ("91", 90)]
        {
            assert_eq!(
                typed.parse::<Instrument>().map(Instrument::program),
                Ok(program),
                "{typed}"
            );
        }
    }

    #[test]
    fn an_unknown_name_gets_the_nearest_as_advice_if_it_is_near() {
        let nearest = |text: &str| text.parse::<Instrument>().expect_err("none").nearest;
        assert_eq!(nearest("polisinth"), Some("Pad 3 (polysynth)"));
        assert_eq!(nearest("vibrafone"), Some("Vibraphone"));
        for far in ["kazoo", "@everyone", "qq", ""] {
            assert_eq!(nearest(far), None, "{far:?}");
        }
        assert!("".parse::<Instrument>().is_err());
        assert!("129".parse::<Instrument>().is_err());
    }
}
