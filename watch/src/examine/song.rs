//! How does a score with classified parts become a song on the grid?
//!
//! Onsets are rounded to 24 steps a beat; empty bars before and after the music are dropped; the
//! tempo is taken as written, and so is how loud the notes are; the key is the one that the file states, if
//! the notes allow it. Notes without a voice (drums, strays) are left out, and so is what lies beyond the
//! longest song.

use music::dynamic::Dynamic;
use music::key::{Key, Mode};
use music::score::Score;
use music::song::{BEATS_PER_BAR, GridNote, STEPS_PER_BEAT, Song};

use crate::parts::{ClassifiedPart, voiced};

/// The song that `parts` make of `score`; `None` when no note has a voice.
///
/// `parts` are those that [`crate::parts::classify`] gave for this score.
pub fn song(score: &Score, parts: &[ClassifiedPart]) -> Option<Song> {
    let beats_per_bar = beats_per_bar(score);
    let steps_per_bar = beats_per_bar * STEPS_PER_BEAT;
    let mut notes: Vec<GridNote> = voiced(score, parts)
        .map(|(note, voice)| GridNote {
            onset: steps(score, note.onset.0),
            voice,
            pitch: note.pitch,
            duration: steps(score, note.duration.0).max(1),
            dynamic: Dynamic::of_velocity(note.velocity),
        })
        .collect();
    let first = notes.iter().map(|note| note.onset).min()?;
    let skipped = first / steps_per_bar * steps_per_bar;
    for note in &mut notes {
        note.onset -= skipped;
    }
    let last = notes.iter().map(|note| note.onset).max()?;
    let n_bars = last / steps_per_bar + 1;
    let song = Song::new(score.tempo_bpm(), beats_per_bar, n_bars, notes);
    let Some((sharps, is_minor)) = score.key_signature else { return Some(song) };
    let mode = if is_minor { Mode::Minor } else { Mode::Major };
    let key = song.estimated_key_if_stated(Key::of_signature(sharps, mode));
    Some(song.with_key(key))
}

/// Quarters a bar by the first time signature, where that is a whole number that songs may have;
/// 4 otherwise.
fn beats_per_bar(score: &Score) -> u32 {
    let Some(signature) = score.time_signatures.first() else { return 4 };
    let quarters = u32::from(signature.numerator) * 4;
    let denominator = u32::from(signature.denominator.max(1));
    let is_whole = quarters % denominator == 0;
    if is_whole && BEATS_PER_BAR.contains(&(quarters / denominator)) {
        quarters / denominator
    } else {
        4
    }
}

/// Ticks as grid steps, rounded to the nearest.
fn steps(score: &Score, ticks: u32) -> u32 {
    let beat = u64::from(score.ticks_per_beat.max(1));
    let steps = (u64::from(ticks) * u64::from(STEPS_PER_BEAT) * 2 + beat) / (beat * 2);
    u32::try_from(steps).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts;
    use music::score::{Note, Part, Pitch, Tempo, Tick, TimeSignature};

    /// A tune of eighths that starts at `first` ticks.
    fn score(ticks_per_beat: u16, first: u32, signature: (u8, u16)) -> Score {
        let eighth = u32::from(ticks_per_beat) / 2;
        let pitches = [72, 75, 79, 77, 75, 74, 72, 67];
        let note = |(pitch, index): (&u8, u32)| Note {
            onset: Tick(first + index * eighth),
            pitch: Pitch::new(*pitch).expect("a pitch"),
            duration: Tick(eighth),
            velocity: 100,
        };
        let notes = pitches.iter().cycle().zip(0..32).map(note).collect();
        let (numerator, denominator) = signature;
        Score {
            ticks_per_beat,
            title: String::new(),
            text: String::new(),
            tempos: vec![Tempo::from_bpm(Tick(0), 150.0)],
            time_signatures: vec![TimeSignature { at: Tick(0), numerator, denominator }],
            key_signature: None,
            parts: vec![Part { notes, ..Part::default() }],
            end: Tick(100_000),
        }
    }

    fn song_of(score: &Score) -> Song {
        song(score, &parts::classify(score)).expect("a song")
    }

    #[test]
    fn empty_bars_around_the_music_are_dropped() {
        let song = song_of(&score(480, 4 * 1920 + 960, (4, 4)));
        assert_eq!(song.n_bars(), 5);
        assert_eq!(song.notes()[0].onset, 48);
        assert!((song.tempo_bpm() - 150.0).abs() < 1e-3);
    }

    #[test]
    fn the_resolution_of_the_file_does_not_matter() {
        for ticks_per_beat in [24, 96, 480, 960, 15_360] {
            assert_eq!(song_of(&score(ticks_per_beat, 0, (4, 4))), song_of(&score(48, 0, (4, 4))));
        }
    }

    #[test]
    fn bars_follow_signatures_of_whole_quarters() {
        let beats = |signature| song_of(&score(480, 0, signature)).beats_per_bar();
        assert_eq!(beats((3, 4)), 3);
        assert_eq!(beats((6, 8)), 3);
        assert_eq!(beats((2, 2)), 4);
        assert_eq!(beats((7, 8)), 4);
        assert_eq!(beats((1, 4)), 4);
    }

    #[test]
    fn a_key_signature_is_believed_where_the_notes_allow_it() {
        let key = |key_signature| {
            let stated = Score { key_signature, ..score(480, 0, (4, 4)) };
            song_of(&stated).key().to_string()
        };
        assert_eq!([None, Some((0, false))].map(key), ["C minor"; 2]);
        assert_eq!(key(Some((-2, true))), "G minor");
        assert_eq!(key(Some((3, false))), "C minor");
    }

    #[test]
    fn onsets_go_to_the_nearest_step() {
        let mut played = score(480, 0, (4, 4));
        for (note, off) in played.parts[0].notes.iter_mut().skip(1).zip([9, 0, 3].iter().cycle()) {
            note.onset.0 += off;
        }
        assert_eq!(song_of(&played), song_of(&score(480, 0, (4, 4))));
    }
}
