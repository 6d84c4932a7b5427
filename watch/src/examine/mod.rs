//! What does one file amount to: what is in it, is it taken, and as which song?
//!
//! Pure: bytes in, facts out. It does not know the library, so it never says "duplicate": the
//! caller asks [`crate::duplicates`] and gives
//! [`Reason::Duplicate`] itself.

use bounds::OutOfRange;
use music::key::Key;
use music::midi;
use music::song::{MAX_BARS, Song};
use serde::{Deserialize, Serialize};

use crate::duplicates::Fingerprint;
use crate::filter::{self, Reason, Verdict};
use crate::parts::{self, ClassifiedPart};

pub mod song;
#[cfg(test)]
mod tests;

/// How files are read and judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a file may ask for while it is read.
    pub midi: midi::Limits,
    /// What a song needs to be taken.
    pub filter: filter::Requirements,
}

impl Settings {
    /// Whether all values are allowed.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.midi.check()?;
        self.filter.check()
    }
}

/// Everything that a file's bytes tell about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// Whether it is taken.
    pub verdict: Verdict,
    /// Its parts and what each is there for; empty if it can't be read.
    pub parts: Vec<ClassifiedPart>,
    /// Quarter notes a minute at the first note; 0 if it can't be read.
    pub tempo_bpm: f64,
    /// The key of its voices; `None` if it has none.
    pub key: Option<Key>,
    /// Bars from the first note to the last.
    pub n_bars: u32,
    /// The song it makes, also of a rejected file if it has any voice.
    pub song: Option<Song>,
    /// What its lead is known by in any key and tempo; `None` without a lead.
    pub fingerprint: Option<Fingerprint>,
    /// What was odd about the file, each a phrase for a person.
    pub warnings: Vec<String>,
}

impl Examined {
    /// A file that is rejected without being examined, or because it can't be read.
    pub fn unread(reason: Reason) -> Self {
        Self {
            verdict: Verdict::Reject(reason),
            parts: Vec::new(),
            tempo_bpm: 0.0,
            key: None,
            n_bars: 0,
            song: None,
            fingerprint: None,
            warnings: Vec::new(),
        }
    }

    /// Why it is not taken, in sentences for a person, and what was odd about the file, which may be
    /// the cause; `None` if it is taken.
    pub fn refusal(&self) -> Option<String> {
        let Verdict::Reject(reason) = &self.verdict else { return None };
        let mut text = reason.to_string();
        for warning in &self.warnings {
            text.push_str(&format!("\nNote: {warning}."));
        }
        Some(text)
    }
}

/// Reads, judges and fingerprints the bytes of a file.
pub fn examine(bytes: &[u8], settings: &Settings) -> Examined {
    let reading = match midi::read(bytes, &settings.midi) {
        Ok(reading) => reading,
        Err(error) => return Examined::unread(error.into()),
    };
    let score = reading.score;
    let mut warnings: Vec<String> = reading.warnings.iter().map(ToString::to_string).collect();
    let parts = parts::classify(&score);
    let song = song::song(&score, &parts);
    if song.as_ref().is_some_and(|song| song.n_bars() == MAX_BARS) {
        warnings.push(format!("only the first {MAX_BARS} bars are used"));
    }
    let verdict = filter::judge(&score, &parts, song.as_ref(), &settings.filter);
    Examined {
        verdict,
        tempo_bpm: score.tempo_bpm(),
        key: song.as_ref().map(Song::key),
        n_bars: song.as_ref().map_or(0, Song::n_bars),
        fingerprint: song.as_ref().and_then(Fingerprint::of),
        parts,
        song,
        warnings,
    }
}
