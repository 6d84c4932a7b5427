//! Is a text one emoji of Unicode?
//!
//! The grammar is that of Unicode Technical Standard #51, 1.4.9; the characters are those with the property
//! `Emoji`, beyond the Basic Multilingual Plane in whole blocks, where more are added every year.

const JOINER: char = '\u{200D}';
const SELECTOR: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Emoji of the Basic Multilingual Plane, first and last of each run.
#[rustfmt::skip]
const RUNS: [(u32, u32); 87] = [
    (0x00A9, 0x00A9), (0x00AE, 0x00AE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122),
    (0x2139, 0x2139), (0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328),
    (0x23CF, 0x23CF), (0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB),
    (0x25B6, 0x25B6), (0x25C0, 0x25C0), (0x25FB, 0x25FE), (0x2600, 0x2604), (0x260E, 0x260E),
    (0x2611, 0x2611), (0x2614, 0x2615), (0x2618, 0x2618), (0x261D, 0x261D), (0x2620, 0x2620),
    (0x2622, 0x2623), (0x2626, 0x2626), (0x262A, 0x262A), (0x262E, 0x262F), (0x2638, 0x263A),
    (0x2640, 0x2640), (0x2642, 0x2642), (0x2648, 0x2653), (0x265F, 0x2660), (0x2663, 0x2663),
    (0x2665, 0x2666), (0x2668, 0x2668), (0x267B, 0x267B), (0x267E, 0x267F), (0x2692, 0x2697),
    (0x2699, 0x2699), (0x269B, 0x269C), (0x26A0, 0x26A1), (0x26A7, 0x26A7), (0x26AA, 0x26AB),
    (0x26B0, 0x26B1), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26C8, 0x26C8), (0x26CE, 0x26CF),
    (0x26D1, 0x26D1), (0x26D3, 0x26D4), (0x26E9, 0x26EA), (0x26F0, 0x26F5), (0x26F7, 0x26FA),
    (0x26FD, 0x26FD), (0x2702, 0x2702), (0x2705, 0x2705), (0x2708, 0x270D), (0x270F, 0x270F),
    (0x2712, 0x2712), (0x2714, 0x2714), (0x2716, 0x2716), (0x271D, 0x271D), (0x2721, 0x2721),
    (0x2728, 0x2728), (0x2733, 0x2734), (0x2744, 0x2744), (0x2747, 0x2747), (0x274C, 0x274C),
    (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2763, 0x2764), (0x2795, 0x2797),
    (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2934, 0x2935), (0x2B05, 0x2B07),
    (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D),
    (0x3297, 0x3297), (0x3299, 0x3299),
];

/// Blocks of emoji beyond it.
const BLOCKS: [(u32, u32); 10] = [
    (0x1F004, 0x1F004),
    (0x1F0CF, 0x1F0CF),
    (0x1F170, 0x1F19A),
    (0x1F201, 0x1F251),
    (0x1F300, 0x1F5FF),
    (0x1F600, 0x1F64F),
    (0x1F680, 0x1F6FF),
    (0x1F7E0, 0x1F7FF),
    (0x1F900, 0x1F9FF),
    (0x1FA70, 0x1FAFF),
];

/// Whether `text` is one emoji and nothing else.
pub(super) fn is_emoji(text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    match text.as_slice() {
        [] => false,
        ['0'..='9' | '#' | '*', SELECTOR, KEYCAP] => true,
        [one, other] if is_flag_letter(*one) && is_flag_letter(*other) => true,
        text => text.split(|c| *c == JOINER).all(is_element),
    }
}

/// Whether this is what joiners join: a picture, perhaps with a presentation, a skin tone or tags.
fn is_element(text: &[char]) -> bool {
    let [picture, rest @ ..] = text else { return false };
    let rest = rest.strip_prefix(&[SELECTOR]).unwrap_or(rest);
    let rest = match rest {
        [tone, rest @ ..] if is_tone(*tone) => rest,
        rest => rest,
    };
    is_picture(*picture) && (rest.is_empty() || is_tags(rest))
}

/// Whether these are the tags of a flag, with their end.
fn is_tags(text: &[char]) -> bool {
    let is_tag = |c: &char| matches!(c, '\u{E0020}'..='\u{E007E}');
    matches!(text, [tags @ .., '\u{E007F}'] if !tags.is_empty() && tags.iter().all(is_tag))
}

fn is_picture(c: char) -> bool {
    let code = u32::from(c);
    let mut runs = RUNS.iter().chain(&BLOCKS);
    runs.any(|(first, last)| (*first..=*last).contains(&code)) && !is_tone(c)
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_in_all_their_forms_are_told_from_other_text() {
        for text in [
            "🔥",
            "❤️",
            "\u{2764}",
            "👍🏽",
            "☝🏿",
            "1️⃣",
            "#️⃣",
            "🇳🇱",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "👩🏽‍🚀",
            "🏳️‍🌈",
            "❤️‍🔥",
            "👨‍👩‍👧‍👦",
            "🎵",
            "💩",
            "⭐",
            "⏩",
            "🫶🏼",
            "©️",
        ] {
            assert!(is_emoji(text), "{text}");
        }
        for text in [
            "", "x", "fire", "é", "→", "✓", "1", "🔥🔥", "🔥 ", "🔥!", "🏽", "🇳", "ß", "♪",
            "\u{200D}",
        ] {
            assert!(!is_emoji(text), "{text}");
        }
    }
}
