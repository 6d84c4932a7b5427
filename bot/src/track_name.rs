//! What is a track called, so that a person can say it and find it again?
//!
//! Two words from lists written for this project: easy to say and to spell, and chosen so that no
//! two of them offend together (no peoples, no houses of worship, no disasters). Consecutive numbers
//! give unrelated names, and no name comes twice within 16,384 numbers. Nothing here knows which names
//! are already taken.

/// How many different names there are.
const N_NAMES: u64 = 128 * 128;

const FIRST: [&str; 128] = [
    "amber",
    "ancient",
    "arctic",
    "ashen",
    "astral",
    "auburn",
    "autumn",
    "azure",
    "binary",
    "bitter",
    "blazing",
    "boreal",
    "brave",
    "bright",
    "broken",
    "bronze",
    "burning",
    "carbon",
    "celestial",
    "chrome",
    "cobalt",
    "cosmic",
    "crimson",
    "crystal",
    "cyan",
    "daring",
    "dark",
    "daylight",
    "deep",
    "desert",
    "distant",
    "double",
    "dusty",
    "earnest",
    "electric",
    "emerald",
    "endless",
    "eternal",
    "fabled",
    "falling",
    "fearless",
    "fierce",
    "final",
    "flint",
    "floating",
    "flying",
    "frozen",
    "furious",
    "gentle",
    "ghostly",
    "gilded",
    "glad",
    "glass",
    "glowing",
    "golden",
    "granite",
    "gravel",
    "hallowed",
    "hidden",
    "hollow",
    "humming",
    "indigo",
    "infinite",
    "inner",
    "iron",
    "ivory",
    "jade",
    "keen",
    "kinetic",
    "lasting",
    "liquid",
    "lonely",
    "loud",
    "lucid",
    "lunar",
    "magnetic",
    "marble",
    "mellow",
    "midnight",
    "mighty",
    "mirror",
    "misty",
    "molten",
    "mythic",
    "nebula",
    "neon",
    "nimble",
    "noble",
    "northern",
    "obsidian",
    "onyx",
    "opal",
    "opulent",
    "outer",
    "pale",
    "phantom",
    "platinum",
    "polar",
    "prism",
    "proud",
    "quiet",
    "radiant",
    "rapid",
    "restless",
    "rising",
    "roaring",
    "rogue",
    "royal",
    "ruby",
    "rushing",
    "sacred",
    "sapphire",
    "scarlet",
    "secret",
    "shattered",
    "silent",
    "silver",
    "solar",
    "sonic",
    "stellar",
    "sturdy",
    "sudden",
    "turbo",
    "twilight",
    "velvet",
    "violet",
    "wild",
    "winter",
];

const SECOND: [&str; 128] = [
    "anthem",
    "arch",
    "arrow",
    "aurora",
    "avalanche",
    "beacon",
    "blade",
    "blizzard",
    "bloom",
    "bridge",
    "canyon",
    "cascade",
    "castle",
    "cauldron",
    "cavern",
    "chamber",
    "circuit",
    "citadel",
    "city",
    "cliff",
    "cloud",
    "comet",
    "compass",
    "coral",
    "crater",
    "crown",
    "current",
    "dawn",
    "delta",
    "dragon",
    "dream",
    "drift",
    "dune",
    "eagle",
    "echo",
    "eclipse",
    "ember",
    "empire",
    "engine",
    "falcon",
    "fire",
    "flame",
    "flight",
    "flood",
    "forest",
    "forge",
    "fortress",
    "fountain",
    "frontier",
    "galaxy",
    "garden",
    "gate",
    "giant",
    "glacier",
    "harbour",
    "hawk",
    "haven",
    "heart",
    "horizon",
    "hurricane",
    "island",
    "journey",
    "kingdom",
    "lagoon",
    "lantern",
    "legend",
    "light",
    "lightning",
    "lion",
    "machine",
    "maze",
    "meadow",
    "memory",
    "meteor",
    "mirage",
    "monolith",
    "moon",
    "mountain",
    "oasis",
    "ocean",
    "omen",
    "oracle",
    "orbit",
    "palace",
    "panther",
    "paradise",
    "passage",
    "peak",
    "petal",
    "phoenix",
    "pillar",
    "planet",
    "portal",
    "promise",
    "pulse",
    "pyramid",
    "quasar",
    "rain",
    "raven",
    "reactor",
    "reef",
    "ridge",
    "river",
    "rocket",
    "sanctuary",
    "satellite",
    "shadow",
    "signal",
    "sky",
    "spark",
    "spiral",
    "star",
    "storm",
    "summit",
    "sunrise",
    "tempest",
    "thunder",
    "tide",
    "tiger",
    "titan",
    "trail",
    "tundra",
    "valley",
    "vision",
    "volcano",
    "voyage",
    "wave",
    "wolf",
];

/// The name of the track with this number: two words joined by a hyphen, such as `iron-sunrise`.
pub fn for_number(number: u64) -> String {
    let mixed = shuffled(number % N_NAMES);
    let (first, second) = (mixed / 128, mixed % 128);
    format!("{}-{}", FIRST[first as usize], SECOND[second as usize])
}

/// The stem that all files of a track share: `hardstyle-0042-iron-sunrise`.
///
/// Characters of `genre` and `name` that are not letters, digits or hyphens become hyphens, so the
/// stem is safe in a file name and in a URL.
pub fn stem(genre: &str, number: u64, name: &str) -> String {
    format!("{}-{number:04}-{}", plain(genre), plain(name))
}

/// The name as a title: `iron-sunrise` becomes `Iron Sunrise`.
pub fn title(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    };
    name.split(['-', '_', ' ']).filter(|w| !w.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

/// A bijection of 14-bit numbers: odd multiplications and xor-shifts, each invertible.
fn shuffled(number: u64) -> u64 {
    let mask = N_NAMES - 1;
    let mut x = (number + 0x0A5D) & mask;
    for factor in [0x2C1B, 0x1F35, 0x3A97] {
        x ^= x >> 7;
        x = (x * factor) & mask;
    }
    x ^ (x >> 6)
}

fn plain(text: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let words: String = text.chars().map(kept).collect();
    let joined: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    if joined.is_empty() { "track".to_owned() } else { joined.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_comes_twice_before_all_have_come() {
        let names: HashSet<String> = (0..N_NAMES).map(for_number).collect();
        assert_eq!(names.len() as u64, N_NAMES);
        assert_eq!(for_number(7), for_number(7 + N_NAMES));
    }

    #[test]
    fn words_are_short_and_plain() {
        for word in FIRST.iter().chain(&SECOND) {
            assert!((3..=11).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn no_name_says_the_same_twice() {
        for (first, second) in FIRST.iter().flat_map(|a| SECOND.iter().map(move |b| (a, b))) {
            assert_ne!(
                first[..first.len().min(4)],
                second[..second.len().min(4)],
                "{first}-{second}"
            );
        }
    }

    #[test]
    fn neighbours_share_no_word() {
        let shared = (0..1000).filter(|n| {
            let (a, b) = (for_number(*n), for_number(n + 1));
            a.split('-').zip(b.split('-')).any(|(x, y)| x == y)
        });
        assert!(shared.count() < 30);
    }

    #[test]
    fn stems_are_safe_in_file_names() {
        assert_eq!(stem("hardstyle", 42, "iron-sunrise"), "hardstyle-0042-iron-sunrise");
        assert_eq!(stem("../Hard Style", 1, "a/b"), "hard-style-0001-a-b");
        assert_eq!(title("iron-sunrise"), "Iron Sunrise");
    }
}
