//! What do a part's name and program say it is?
//!
//! Only hints: names lie ("Melody" on a drum track), programs are left at piano, and most parts of
//! most files have neither.

use music::score::Part;

/// Something that a name or a program hints at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Lead,
    Bass,
    Chords,
    Drums,
}

const LEAD: [&str; 9] =
    ["lead", "melod", "vocal", "voice", "solo", "theme", "arp", "pluck", "hook"];
const BASS: [&str; 4] = ["bass", "sub", "reese", "303"];
const CHORDS: [&str; 8] =
    ["chord", "pad", "string", "piano", "organ", "rhythm g", "comp", "harmon"];
const DRUMS: [&str; 10] =
    ["drum", "kick", "snare", "hat", "clap", "perc", "cymbal", "crash", "tom", "beat"];

/// What the name says. "Bassoon" is no bass, and where a name says several things, the part that
/// can be told least from its notes wins.
pub(crate) fn by_name(part: &Part) -> Option<Hint> {
    let name = part.name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&BASS) && !name.contains("bassoon") {
        Some(Hint::Bass)
    } else if has(&LEAD) {
        Some(Hint::Lead)
    } else if has(&DRUMS) {
        Some(Hint::Drums)
    } else if has(&CHORDS) {
        Some(Hint::Chords)
    } else {
        None
    }
}

/// What the General MIDI program says; 0, piano, is what files say that mean nothing by it.
pub(crate) fn by_program(part: &Part) -> Option<Hint> {
    match part.program? {
        32..=39 | 87 | 43 | 58 => Some(Hint::Bass),
        52..=54 | 56 | 59 | 64..=86 => Some(Hint::Lead),
        16..=21 | 48..=51 | 88..=95 => Some(Hint::Chords),
        112..=119 => Some(Hint::Drums),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, program: Option<u8>) -> Part {
        Part { name: name.to_owned(), program, ..Part::default() }
    }

    #[test]
    fn names_and_programs_hint() {
        let cases = [
            ("Bassline", Some(Hint::Bass)),
            ("Bassoon", None),
            ("zatoxlead", Some(Hint::Lead)),
            ("Main Melody (MIDI)", Some(Hint::Lead)),
            ("Snare 2", Some(Hint::Drums)),
            ("Warm Pad", Some(Hint::Chords)),
            ("Layer 1", None),
        ];
        for (name, expected) in cases {
            assert_eq!(by_name(&named(name, None)), expected, "{name}");
        }
        assert_eq!(by_program(&named("", Some(38))), Some(Hint::Bass));
        assert_eq!(by_program(&named("", Some(81))), Some(Hint::Lead));
        assert_eq!(by_program(&named("", Some(0))), None);
    }
}
