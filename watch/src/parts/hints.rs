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

/// What each word hints at; where a name has several, the first of this list wins. The roles that are
/// hardest to tell from the notes come first.
const WORDS: [(Hint, &[&str]); 4] = [
    (Hint::Bass, &["bass", "bassline", "sub", "reese", "303"]),
    (
        Hint::Lead,
        &[
            "lead", "melody", "melodie", "melodic", "vocal", "voice", "solo", "soloist", "theme",
            "arp", "arpeggio", "pluck", "plucked", "hook",
        ],
    ),
    (
        Hint::Drums,
        &[
            "drum",
            "drumset",
            "drumkit",
            "kick",
            "snare",
            "hat",
            "hihat",
            "clap",
            "perc",
            "percussion",
            "cymbal",
            "crash",
            "tom",
            "beat",
        ],
    ),
    (
        Hint::Chords,
        &["chord", "pad", "string", "piano", "organ", "comp", "harmony", "harmonie", "harmonic"],
    ),
];
/// Words of at least this many letters also count at the end of a compound, as in "subbass" and
/// "mainlead". Shorter ones end too many other words: "bottom", "that", "sharp".
const MIN_HEAD: usize = 4;
/// What such a word may begin: "leadsynth" is a lead, "pianoloop" is chords.
const SOUNDS: [&str; 8] = ["synth", "saw", "loop", "line", "sound", "part", "track", "riff"];
/// The exception: an offbeat is not a beat.
const NEVER_AT_END: &str = "beat";

/// What the name says. Whole words count, in any case, singular or plural, even where only a
/// capital, a digit or a sign separates them: `Kick1`, `SynthLead`, `hi_hats`.
pub(crate) fn by_name(part: &Part) -> Option<Hint> {
    let words = words(&part.name);
    let says = |hinting: &[&str]| words.iter().any(|word| hinting.iter().any(|it| is(word, it)));
    let hint = WORDS.iter().find(|(_, hinting)| says(hinting)).map(|(hint, _)| *hint);
    hint.or_else(|| is_rhythm_guitar(&words).then_some(Hint::Chords))
}

/// The words of a name in lower case: runs of letters, or of digits. A capital after a small letter
/// begins a word, and so does the last of several capitals before a small letter.
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            is_open = false;
            continue;
        }
        let before = at.checked_sub(1).map(|before| letters[before]);
        let begins = before.is_some_and(|before| {
            let is_lower_next = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
            let is_capital = letter.is_uppercase()
                && (before.is_lowercase() || (before.is_uppercase() && is_lower_next));
            is_capital || before.is_numeric() != letter.is_numeric()
        });
        if begins || !is_open {
            words.push(String::new());
        }
        is_open = true;
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

/// Whether a word of a name is this one, in the singular or plural, or a compound of it.
fn is(word: &str, hinting: &str) -> bool {
    let is_head = hinting.len() >= MIN_HEAD && hinting != NEVER_AT_END;
    let is_one = |word: &str| {
        let is_compound = || is_head && word.ends_with(hinting);
        let is_begun =
            || word.strip_prefix(hinting).is_some_and(|rest| is_head && SOUNDS.contains(&rest));
        word == hinting || is_compound() || is_begun()
    };
    is_one(word)
        || word.strip_suffix('s').is_some_and(is_one)
        || word.strip_suffix("es").is_some_and(is_one)
        || word.strip_suffix("ies").is_some_and(|stem| is_one(&format!("{stem}y")))
}

/// A rhythm guitar plays chords; "rhythm" alone may be anything.
fn is_rhythm_guitar(words: &[String]) -> bool {
    let is_guitar = |word: &str| ["guitar", "gtr", "git", "g"].iter().any(|it| is(word, it));
    words.windows(2).any(|pair| pair[0] == "rhythm" && is_guitar(&pair[1]))
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

    fn named(name: &str) -> Option<Hint> {
        by_name(&Part { name: name.to_owned(), ..Part::default() })
    }

    const HINTING: [(Hint, &[&str]); 4] = [
        (
            Hint::Bass,
            &[
                "Bass",
                "BASS 2",
                "Bassline",
                "SubBass",
                "subbass",
                "bassloop",
                "sub_2",
                "TB303",
                "Basses",
                "Lead Bass",
                "Reese",
            ],
        ),
        (
            Hint::Lead,
            &[
                "Lead",
                "lead1",
                "SynthLead",
                "synth_lead",
                "EQLead",
                "zatoxlead",
                "Leads",
                "Main Melody (MIDI)",
                "melodies",
                "SUBMELODY",
                "Vocals",
                "Polly's theme",
                "Arp 4",
                "Kick Lead",
            ],
        ),
        (
            Hint::Drums,
            &[
                "Drums",
                "Kick1",
                "kicks",
                "Snare 2",
                "HiHat",
                "Hi-Hats",
                "hihats",
                "hi_hat",
                "Toms",
                "Crashes",
                "Bassdrum",
                "Percussion",
                "Kick & Pad",
            ],
        ),
        (
            Hint::Chords,
            &["Warm Pad", "Chords", "Piano Bottom", "Strings", "Rhythm Guitar", "harmonies"],
        ),
    ];

    #[test]
    fn whole_words_of_a_name_hint() {
        for (hint, names) in HINTING {
            for name in names {
                assert_eq!(named(name), Some(hint), "{name}");
            }
        }
    }

    #[test]
    fn parts_of_words_do_not_hint() {
        for name in [
            "",
            "Layer 1",
            "Bassoon",
            "Bottom",
            "That",
            "What",
            "Chat",
            "Phat Saw 1",
            "Tomorrow",
            "Automation",
            "Sharp",
            "Harp 2",
            "Rhythm",
            "Composed",
            "Computer",
            "Substance",
            "Leader of the Gang",
            "Padlock",
            "Custom",
            "Offbeat",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn words_end_at_signs_digits_and_capitals() {
        let words = |name: &str| words(name).join(" ");
        assert_eq!(words("SynthLead_2b EQLead"), "synth lead 2 b eq lead");
        assert_eq!(words("HI-HATS, Ölfass"), "hi hats ölfass");
        assert_eq!(words("…"), "");
    }

    #[test]
    fn programs_hint_but_not_the_piano() {
        let program = |program| by_program(&Part { program, ..Part::default() });
        assert_eq!(program(Some(38)), Some(Hint::Bass));
        assert_eq!(program(Some(81)), Some(Hint::Lead));
        assert_eq!(program(Some(0)), None);
        assert_eq!(program(None), None);
    }
}
