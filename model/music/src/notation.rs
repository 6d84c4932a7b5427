//! How are keys and tempos written for people?
//!
//! One spelling, wherever people read: posts, pictures, alternative texts, lists. What programs read and
//! what people type has its own, plain spelling ([`Key`]'s `Display` and `FromStr`).

use crate::key::{Key, Mode};

/// The name of a key, spelled as its key signature in sheet music: `A♭ major`, `F♯ minor`.
///
/// ```
/// use music::key::{Key, Mode};
/// assert_eq!(music::notation::key(Key::new(8, Mode::Major)), "A♭ major");
/// assert_eq!(music::notation::key(Key::new(8, Mode::Minor)), "G♯ minor");
/// ```
pub fn key(key: Key) -> String {
    signature(key.signature(), key.mode)
}

/// The name of the key with a key signature: so many sharps, or flats if negative; taken within -7 to 7.
pub fn signature(sharps: i8, mode: Mode) -> String {
    let (name, further) = match mode {
        Mode::Major => ("major", 0),
        Mode::Minor => ("minor", 3),
    };
    // Along the circle of fifths from F; a minor key lies three fifths beyond its major.
    let fifths = i32::from(sharps.clamp(-7, 7)) + further + 1;
    let letter = ["F", "C", "G", "D", "A", "E", "B"][fifths.rem_euclid(7) as usize];
    let sign = match fifths.div_euclid(7) {
        ..0 => "♭",
        0 => "",
        _ => "♯",
    };
    format!("{letter}{sign} {name}")
}

/// A tempo in quarter notes a minute, with one decimal where it is not whole: `150`, `155.5`.
pub fn tempo(bpm: f64) -> String {
    let text = format!("{bpm:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_at_most_six_signs_and_is_read_back_by_its_name() {
        for index in 0..24 {
            let key = Key::from_index(index);
            assert!(key.signature().abs() <= 6, "{key}");
            assert_eq!(super::key(key).parse(), Ok(key));
        }
        assert_eq!(signature(7, Mode::Major), "C♯ major");
        assert_eq!(signature(-7, Mode::Minor), "A♭ minor");
        assert_eq!(signature(-1, Mode::Major), "F major");
    }

    #[test]
    fn tempos_have_one_decimal_at_most() {
        for (bpm, text) in [(150.0, "150"), (155.5, "155.5"), (140.000_14, "140"), (99.97, "100")] {
            assert_eq!(tempo(bpm), text);
        }
    }
}
