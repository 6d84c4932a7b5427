//! How is a rhythm written in a setting?
//!
//! One character a sixteenth: `X` accented, `x` normal, `o` soft, `-` holds the note before, `.` rests;
//! spaces are ignored. A pattern starts again at each bar line and repeats over bars of any length.

use music::song::TICKS_PER_BEAT;

/// Ticks a sixteenth.
pub(super) const SIXTEENTH: u32 = TICKS_PER_BEAT / 4;

/// One note within a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its onset in ticks from the bar line.
    pub(super) at: u32,
    /// Its length in ticks.
    pub(super) duration: u32,
    /// How hard it is struck, 1 to 127.
    pub(super) velocity: u8,
}

/// Whether a pattern can be read: whole beats (or empty) of the characters above.
pub(super) fn is_valid(pattern: &str) -> bool {
    let steps: Vec<char> = pattern.chars().filter(|c| *c != ' ').collect();
    steps.len().is_multiple_of(4)
        && steps.iter().all(|c| "Xxo-.".contains(*c))
        && steps.first() != Some(&'-')
}

/// The notes of one bar of `bar` ticks.
pub(super) fn hits(pattern: &str, bar: u32) -> Vec<Hit> {
    let steps: Vec<char> = pattern.chars().filter(|c| *c != ' ').collect();
    let mut hits: Vec<Hit> = Vec::new();
    if steps.is_empty() {
        return hits;
    }
    for (index, step) in (0..bar / SIXTEENTH).zip(steps.iter().cycle()) {
        let velocity = match step {
            'X' => 120,
            'x' => 104,
            'o' => 74,
            '-' => {
                if let Some(last) = hits.last_mut() {
                    last.duration += SIXTEENTH;
                }
                continue;
            }
            _ => continue,
        };
        hits.push(Hit { at: index * SIXTEENTH, duration: SIXTEENTH, velocity });
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_repeats_over_the_bar_and_holds_notes() {
        let bar = hits("..x-", 3 * TICKS_PER_BEAT);
        assert_eq!(bar.iter().map(|s| s.at).collect::<Vec<_>>(), [240, 720, 1200]);
        assert!(bar.iter().all(|s| s.duration == 240));
    }

    #[test]
    fn only_whole_beats_of_known_characters_are_valid() {
        assert!(is_valid("X...") && is_valid("") && is_valid("..x- ..x-"));
        assert!(!is_valid("X..") && !is_valid("y...") && !is_valid("-..."));
    }
}
