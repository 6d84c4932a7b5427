//! How much of a song has the network memorised from the songs it learned from?
//!
//! Two leads share a run where interval and time to the next onset agree note by note, whatever the
//! key, the tempo or the place in the bar. Notes of one repeated pitch are not a melody: a run
//! counts the notes of its changing part only. What to do about a long run is the caller's decision.

use music::song::{Song, Voice};

/// The melodies that a version was learned from, for [`Melodies::longest_shared`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Melodies {
    melodies: Vec<(String, Vec<Step>)>,
}

/// One step of a melody: semitones to the next onset's highest note and grid steps until it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    interval: i8,
    distance: u16,
}

/// The longest run that a song shares with one of the [`Melodies`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Notes of the run; 0 if nothing is shared.
    pub n_notes: u32,
    /// Id of the song it is shared with, the first if several; empty without any.
    pub with: String,
}

impl Melodies {
    /// Adds the lead of `song`; `id`, a text without tab and line break, is what it is reported by.
    pub fn add(&mut self, id: impl Into<String>, song: &Song) {
        let steps = steps(song);
        if !steps.is_empty() {
            self.melodies.push((id.into(), steps));
        }
    }

    /// The longest run of notes that the lead of `song` shares with any of these. Takes time in
    /// proportion to both lengths, a few milliseconds for a thousand songs.
    pub fn longest_shared(&self, song: &Song) -> Shared {
        let ours = steps(song);
        let mut longest = Shared::default();
        for (id, theirs) in &self.melodies {
            let n_notes = longest_run(&ours, theirs);
            if n_notes > longest.n_notes {
                longest = Shared { n_notes, with: id.clone() };
            }
        }
        longest
    }

    /// One line a melody: the id, a tab, then `interval:distance` of each step.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (id, steps) in &self.melodies {
            text.push_str(id);
            let mut separator = '\t';
            for Step { interval, distance } in steps {
                text.push_str(&format!("{separator}{interval}:{distance}"));
                separator = ' ';
            }
            text.push('\n');
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote; `None` if it was not that.
    pub fn from_text(text: &str) -> Option<Self> {
        let step = |step: &str| {
            let (interval, distance) = step.split_once(':')?;
            Some(Step { interval: interval.parse().ok()?, distance: distance.parse().ok()? })
        };
        let melody = |line: &str| {
            let (id, steps) = line.split_once('\t')?;
            Some((id.to_owned(), steps.split(' ').map(step).collect::<Option<_>>()?))
        };
        Some(Self { melodies: text.lines().map(melody).collect::<Option<_>>()? })
    }
}

/// The steps of the highest lead notes.
fn steps(song: &Song) -> Vec<Step> {
    let mut line: Vec<(u32, i32)> = Vec::new();
    for note in song.voice(Voice::Lead) {
        let pitch = i32::from(note.pitch.number());
        match line.last_mut() {
            // Notes ascend within an onset, so the last is the highest.
            Some((onset, top)) if *onset == note.onset => *top = pitch,
            _ => line.push((note.onset, pitch)),
        }
    }
    let step = |pair: &[(u32, i32)]| Step {
        interval: (pair[1].1 - pair[0].1) as i8,
        distance: u16::try_from(pair[1].0 - pair[0].0).unwrap_or(u16::MAX),
    };
    line.windows(2).map(step).collect()
}

/// Notes of the longest common run: the steps from the first to the last that changes the pitch,
/// and one note more.
fn longest_run(ours: &[Step], theirs: &[Step]) -> u32 {
    // For each of our steps: length of the run that ends there and at their step in hand, counted
    // from its first moving step; and the same up to its last moving step.
    let mut runs = vec![(0u32, 0u32); ours.len() + 1];
    let mut longest = 0;
    for their in theirs {
        for idx in (0..ours.len()).rev() {
            let (length, moved) = runs[idx];
            runs[idx + 1] = if ours[idx] != *their {
                (0, 0)
            } else if their.interval == 0 {
                (if length == 0 { 0 } else { length + 1 }, moved)
            } else {
                (length + 1, length + 1)
            };
            longest = longest.max(runs[idx + 1].1);
        }
    }
    if longest == 0 { 0 } else { longest + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::GridNote;

    fn song(first_onset: u32, pitches: &[u8]) -> Song {
        let notes = pitches.iter().zip(0..).map(|(pitch, index)| {
            GridNote::new(
                first_onset + index * 12,
                Voice::Lead,
                Pitch::new(*pitch).expect("a pitch"),
                12,
            )
        });
        Song::new(150.0, 4, 8, notes)
    }

    const TUNE: [u8; 12] = [60, 63, 67, 65, 63, 62, 60, 55, 58, 60, 62, 63];

    fn library() -> Melodies {
        let mut library = Melodies::default();
        library.add("tune", &song(0, &TUNE));
        library.add("pulse", &song(0, &[60; 40]));
        library
    }

    #[test]
    fn a_run_is_found_in_any_key_and_at_any_place() {
        let moved: Vec<u8> = TUNE[2..10].iter().map(|pitch| pitch + 5).collect();
        let moved = [&[50, 90][..], &moved, &[40]].concat();
        let shared = library().longest_shared(&song(36, &moved));
        assert_eq!(shared, Shared { n_notes: 8, with: "tune".to_owned() });
        assert_eq!(library().longest_shared(&song(0, &TUNE)).n_notes, 12);
        assert_eq!(library().longest_shared(&song(0, &[60])), Shared::default());
    }

    #[test]
    fn another_rhythm_is_another_melody() {
        let notes = song(0, &TUNE).notes().to_vec();
        let slower = notes.into_iter().map(|note| GridNote { onset: note.onset * 2, ..note });
        assert_eq!(library().longest_shared(&Song::new(150.0, 4, 8, slower)), Shared::default());
    }

    #[test]
    fn repeated_pitches_at_the_ends_of_a_run_do_not_count() {
        assert_eq!(library().longest_shared(&song(0, &[70; 30])), Shared::default());
        let mut library = Melodies::default();
        library.add("a", &song(0, &[&[60; 9][..], &[62, 62, 64], &[64; 9]].concat()));
        let other = song(0, &[&[50; 9][..], &[52, 52, 54], &[54; 9]].concat());
        assert_eq!(library.longest_shared(&other).n_notes, 4);
    }

    #[test]
    fn melodies_are_written_and_read_back() {
        let library = library();
        assert_eq!(Melodies::from_text(&library.to_text()), Some(library));
        assert_eq!(Melodies::from_text(""), Some(Melodies::default()));
        assert_eq!(Melodies::from_text("a\t1"), None);
    }
}
