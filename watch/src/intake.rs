//! What does one file amount to: what is in it, is it taken, and as which song?
//!
//! Pure: bytes in, facts out. It does not know the library, so it never says "duplicate": the
//! caller asks [`crate::duplicates`] and gives
//! [`Reason::Duplicate`](crate::filter::Reason::Duplicate) itself.

use bounds::OutOfRange;
use music::key::Key;
use music::midi;
use music::song::{MAX_BARS, Song};
use serde::{Deserialize, Serialize};

use crate::duplicates::Fingerprint;
use crate::filter::{self, Reason, Verdict};
use crate::parts::{self, JudgedPart};
use crate::song;

/// How files are read and judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What a file may ask for while it is read.
    pub midi: midi::Limits,
    /// What a song needs to be taken.
    pub filter: filter::Limits,
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
    pub parts: Vec<JudgedPart>,
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
    /// A file that is not taken without a look into it, or because it can't be read.
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
    let parts = parts::judge(&score);
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

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::{Note, Part, Pitch, Score, Tempo, Tick};

    /// A file of one part for each list of pitches, eighths over `n_notes`.
    fn file(parts: &[(u8, &[u8])], n_notes: u32) -> Vec<u8> {
        file_of(parts, n_notes, 240)
    }

    /// The same with a note every so many ticks, of which a beat has 480.
    fn file_of(parts: &[(u8, &[u8])], n_notes: u32, ticks: u32) -> Vec<u8> {
        let note = |(pitch, index): (&u8, u32)| Note {
            onset: Tick(index * ticks),
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: Tick(200),
            velocity: 100,
        };
        let part = |(channel, pitches): &(u8, &[u8])| Part {
            channel: *channel,
            notes: pitches.iter().cycle().zip(0..n_notes).map(note).collect(),
            ..Part::default()
        };
        midi::write(&Score {
            ticks_per_beat: 480,
            title: String::new(),
            text: String::new(),
            tempos: vec![Tempo::from_bpm(Tick(0), 150.0)],
            time_signatures: Vec::new(),
            key_signature: None,
            parts: parts.iter().map(part).collect(),
            end: Tick(0),
        })
    }

    const TUNE: &[u8] = &[72, 75, 79, 77, 75, 74, 72, 67];
    const BASS: &[u8] = &[36, 36, 43, 41];
    const DRUMS: &[u8] = &[36, 42, 38, 42];

    fn code(bytes: &[u8]) -> &'static str {
        match examine(bytes, &Settings::default()).verdict {
            Verdict::Accept => "accept",
            Verdict::Reject(reason) => reason.code(),
        }
    }

    #[test]
    fn files_are_taken_for_their_melody() {
        assert_eq!(code(&file(&[(0, TUNE)], 64)), "accept");
        assert_eq!(code(&file(&[(0, TUNE), (1, BASS), (9, DRUMS)], 64)), "accept");
        assert_eq!(code(&file(&[(1, BASS)], 64)), "bass_only");
        assert_eq!(code(&file(&[(1, BASS), (9, DRUMS)], 64)), "bass_only");
        assert_eq!(code(&file(&[(9, DRUMS)], 64)), "rhythm_only");
        assert_eq!(code(&file(&[(0, &[60])], 64)), "rhythm_only");
        assert_eq!(code(&file(&[(0, TUNE)], 16)), "too_short");
        assert_eq!(code(&file(&[(0, TUNE)], 7)), "too_short");
        assert_eq!(code(&file_of(&[(0, TUNE)], 7, 1920)), "too_sparse");
        assert_eq!(code(&file(&[], 0)), "empty");
        assert_eq!(code(b""), "empty");
        assert_eq!(code(b"a shopping list"), "unreadable");
        assert_eq!(code(&vec![0; 3 << 20]), "too_large");
    }

    #[test]
    fn a_hundred_thousand_notes_at_once_take_no_long_time() {
        // As many as the reader lets through, all struck at tick 0 on a pitch near a split.
        let mut body = Vec::new();
        for pitch in [36, 55, 76].into_iter().cycle().take(99_000) {
            body.extend([0, 0x90, pitch, 100]);
        }
        let length = (body.len() as u32).to_be_bytes();
        let bomb = [b"MThd\0\0\0\x06\0\0\0\x01\x01\xE0MTrk", &length[..], &body].concat();
        let started = std::time::Instant::now();
        let examined = examine(&bomb, &Settings::default());
        assert!(matches!(examined.verdict, Verdict::Reject(_)));
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn what_is_found_is_told() {
        let examined = examine(&file(&[(0, TUNE), (1, BASS)], 64), &Settings::default());
        assert!((examined.tempo_bpm - 150.0).abs() < 1e-3);
        assert_eq!(examined.key.map(|key| key.to_string()).as_deref(), Some("C minor"));
        assert_eq!((examined.n_bars, examined.parts.len()), (8, 2));
        assert!(examined.fingerprint.is_some() && examined.warnings.is_empty());
    }

    #[test]
    fn the_same_tune_in_another_key_and_company_has_the_same_fingerprint() {
        let higher: Vec<u8> = TUNE.iter().map(|pitch| pitch + 3).collect();
        let fingerprint = |bytes: &[u8]| examine(bytes, &Settings::default()).fingerprint;
        let first = fingerprint(&file(&[(0, TUNE)], 64));
        assert_eq!(fingerprint(&file(&[(0, &higher), (1, BASS)], 64)), first);
        assert!(first.is_some());
    }

    #[test]
    fn a_cut_off_file_is_judged_by_what_is_left_and_the_cut_is_told() {
        let whole = file(&[(0, TUNE)], 64);
        let examined = examine(&whole[..whole.len() - 20], &Settings::default());
        assert_eq!((&examined.verdict, examined.refusal()), (&Verdict::Accept, None));
        assert!(examined.warnings.iter().any(|warning| warning.contains("middle of track 2")));
        assert!(examined.song.is_some_and(|song| song.notes().len() > 55));
        let examined = examine(&whole[..whole.len() / 4], &Settings::default());
        let Verdict::Reject(reason) = &examined.verdict else { panic!("{:?}", examined.verdict) };
        assert!(["too_short", "too_sparse"].contains(&reason.code()), "{reason}");
        let text = examined.refusal().expect("it is rejected");
        assert!(text.starts_with(&reason.to_string()) && text.contains("middle of track 2"));
        let examined = examine(&whole[..16], &Settings::default());
        assert!(matches!(&examined.verdict, Verdict::Reject(r) if r.code() == "unreadable"));
    }

    #[test]
    fn each_limit_of_the_reader_is_told_with_its_setting() {
        let bytes = file(&[(0, TUNE)], 500);
        for (what, midi) in [
            ("max_notes", midi::Limits { max_notes: 100, ..midi::Limits::default() }),
            ("max_events", midi::Limits { max_events: 100, ..midi::Limits::default() }),
            ("max_tracks", midi::Limits { max_tracks: 1, ..midi::Limits::default() }),
            ("max_minutes", midi::Limits { max_minutes: 1, ..midi::Limits::default() }),
            ("max_file_bytes", midi::Limits { max_file_bytes: 1024, ..midi::Limits::default() }),
        ] {
            let examined = examine(&bytes, &Settings { midi, ..Settings::default() });
            assert!(matches!(&examined.verdict, Verdict::Reject(r) if r.code() == "too_large"));
            let text = examined.refusal().expect("it is rejected");
            assert!(text.contains(what) && text.contains("[intake.midi]"), "{text}");
        }
    }
}
