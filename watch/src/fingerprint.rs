//! Is this the same song under another name, in another key, at another tempo?
//!
//! A file's identity is the BLAKE3 hash of its bytes. A song's fingerprint is the hash of its lead's
//! intervals and rhythm, so that transposing, changing the tempo or the resolution, renaming, or
//! another arrangement under the same lead leaves it as it is.
//!
//! It is exact: one note more or less, a note held longer than the next onset's place suggests, a
//! line that starts a bar earlier or is written in half or double time, and a lead that was picked
//! differently all make another fingerprint. Near duplicates pass.

use std::collections::BTreeMap;

use model::song::{Song, Voice};

/// Onsets are compared in twelfths of a beat, so that a step of rounding rarely matters.
const STEPS: u32 = 2;

/// The identity of a file: BLAKE3 of its bytes, 64 hexadecimal digits.
pub fn content(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The fingerprint of the lead of `song`, 64 hexadecimal digits; `None` without a lead.
pub fn melody(song: &Song) -> Option<String> {
    let mut line: BTreeMap<u32, i32> = BTreeMap::new();
    for note in song.voice(Voice::Lead) {
        let top = line.entry(note.onset / STEPS).or_insert(0);
        *top = (*top).max(i32::from(note.pitch.number()));
    }
    let (first_onset, first_pitch) =
        line.first_key_value().map(|(onset, pitch)| (*onset, *pitch))?;
    let mut hasher = blake3::Hasher::new();
    for (onset, pitch) in line {
        hasher.update(&(onset - first_onset).to_le_bytes());
        hasher.update(&(pitch - first_pitch).to_le_bytes());
    }
    Some(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::score::Pitch;
    use model::song::GridNote;

    fn song(tempo_bpm: f64, pitches: &[u8]) -> Song {
        let notes = pitches.iter().zip(0..).map(|(pitch, index)| GridNote {
            onset: index * 24,
            voice: Voice::Lead,
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: 12,
        });
        Song::new(tempo_bpm, 4, 4, notes)
    }

    #[test]
    fn key_and_tempo_do_not_matter_but_the_tune_does() {
        let tune = song(150.0, &[60, 63, 67, 72]);
        let fingerprint = melody(&tune).expect("it has a lead");
        assert_eq!(melody(&song(160.0, &[65, 68, 72, 77])), Some(fingerprint.clone()));
        assert_ne!(melody(&song(150.0, &[60, 63, 67, 70])), Some(fingerprint));
        assert_eq!(melody(&song(150.0, &[])), None);
    }

    #[test]
    fn a_file_is_known_by_its_bytes() {
        assert_eq!(content(b"").len(), 64);
        assert_ne!(content(b"a"), content(b"b"));
    }
}
