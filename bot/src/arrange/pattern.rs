//! How is a rhythm written in a setting?
//!
//! One character a sixteenth: `X` accented, `x` normal, `o` soft, `-` the note before goes on, `.`
//! silence; spaces are ignored. A pattern repeats from each bar line, over bars of any length.

use music::song::TICKS_PER_BEAT;

/// Ticks a sixteenth.
pub(crate) const STEP: u32 = TICKS_PER_BEAT / 4;

/// One stroke within a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// Ticks from the bar line.
    pub(crate) at: u32,
    /// Ticks.
    pub(crate) duration: u32,
    /// 1 to 127.
    pub(crate) velocity: u8,
}

/// Whether a pattern can be read: whole beats (or empty) of the characters above.
pub(crate) fn is_valid(pattern: &str) -> bool {
    let steps: Vec<char> = pattern.chars().filter(|c| *c != ' ').collect();
    steps.len().is_multiple_of(4)
        && steps.iter().all(|c| "Xxo-.".contains(*c))
        && steps.first() != Some(&'-')
}

/// The strokes of one bar of `bar` ticks.
pub(crate) fn strokes(pattern: &str, bar: u32) -> Vec<Stroke> {
    let steps: Vec<char> = pattern.chars().filter(|c| *c != ' ').collect();
    let mut strokes: Vec<Stroke> = Vec::new();
    if steps.is_empty() {
        return strokes;
    }
    for (index, step) in (0..bar / STEP).zip(steps.iter().cycle()) {
        let velocity = match step {
            'X' => 120,
            'x' => 104,
            'o' => 74,
            '-' => {
                if let Some(last) = strokes.last_mut() {
                    last.duration += STEP;
                }
                continue;
            }
            _ => continue,
        };
        strokes.push(Stroke { at: index * STEP, duration: STEP, velocity });
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_repeats_over_the_bar_and_holds_notes() {
        let bar = strokes("..x-", 3 * TICKS_PER_BEAT);
        assert_eq!(bar.iter().map(|s| s.at).collect::<Vec<_>>(), [240, 720, 1200]);
        assert!(bar.iter().all(|s| s.duration == 240));
    }

    #[test]
    fn only_whole_beats_of_known_characters_are_valid() {
        assert!(is_valid("X...") && is_valid("") && is_valid("..x- ..x-"));
        assert!(!is_valid("X..") && !is_valid("y...") && !is_valid("-..."));
    }
}
