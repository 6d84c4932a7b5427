//! How much of a song has the network memorised from the songs it learned from?
//!
//! Two leads share a run where interval and time to the next onset agree note by note, whatever the
//! key, the tempo or the place in the bar. Notes of one repeated pitch are not a melody: a run
//! counts the notes of its changing part only. What to do about a long run is the caller's decision.

use std::collections::HashMap;

use music::song::{Song, Voice};

/// The melodies that a version was learned from, for [`Melodies::longest_shared`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Melodies {
    /// Every step that occurs, with its number.
    numbers: HashMap<Step, u32>,
    steps: Vec<Step>,
    /// Ids and numbers of steps.
    songs: Vec<(String, Vec<u32>)>,
}

/// One step of a melody: semitones to the next onset's highest note and grid steps until it sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
            self.push(id.into(), &steps);
        }
    }

    fn push(&mut self, id: String, steps: &[Step]) {
        let number = |step: &Step| {
            *self.numbers.entry(*step).or_insert_with(|| {
                self.steps.push(*step);
                self.steps.len() as u32 - 1
            })
        };
        let numbers = steps.iter().map(number).collect();
        self.songs.push((id, numbers));
    }

    /// The longest run of notes that the lead of `song` shares with any of these. Takes time in
    /// proportion to the steps of all of these and the places at which one agrees with the song, about a
    /// millisecond for a thousand songs.
    pub fn longest_shared(&self, song: &Song) -> Shared {
        let ours = Ours::new(&steps(song), &self.numbers);
        let mut runs = vec![Run::default(); ours.n_steps + 1];
        let mut longest = Shared::default();
        let mut now = 0;
        for (id, theirs) in &self.songs {
            // No run reaches from one melody into the next.
            now += 1;
            let mut longest_moved = 0;
            for number in theirs {
                now += 1;
                let is_moving = self.steps[*number as usize].interval != 0;
                for place in ours.places(*number) {
                    let run = runs[*place].after(now, is_moving);
                    longest_moved = longest_moved.max(run.moved);
                    runs[*place + 1] = run;
                }
            }
            // The steps from the first to the last that changes the pitch, and one note more.
            if longest_moved > 0 && longest_moved + 1 > longest.n_notes {
                longest = Shared { n_notes: longest_moved + 1, with: id.clone() };
            }
        }
        longest
    }

    /// One line a melody: the id, a tab, then `interval:distance` of each step.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (id, numbers) in &self.songs {
            text.push_str(id);
            let mut separator = '\t';
            for number in numbers {
                let Step { interval, distance } = self.steps[*number as usize];
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
        let mut melodies = Self::default();
        for line in text.lines() {
            let (id, steps) = line.split_once('\t')?;
            let steps: Vec<Step> = steps.split(' ').map(step).collect::<Option<_>>()?;
            melodies.push(id.to_owned(), &steps);
        }
        Some(melodies)
    }
}

/// Where each step of the library stands in a song's melody.
struct Ours {
    n_steps: usize,
    /// For each number of a step, where its places begin; and where the last ones end.
    starts: Vec<usize>,
    places: Vec<usize>,
}

impl Ours {
    fn new(steps: &[Step], numbers: &HashMap<Step, u32>) -> Self {
        let known = (0..).zip(steps).filter_map(|(place, step)| Some((*numbers.get(step)?, place)));
        let mut known: Vec<(u32, usize)> = known.collect();
        // The last place first: what stands before a place is read before it changes.
        known.sort_unstable_by_key(|(number, place)| (*number, std::cmp::Reverse(*place)));
        let mut starts = vec![0; numbers.len() + 1];
        for (number, _) in &known {
            starts[*number as usize + 1] += 1;
        }
        for idx in 1..starts.len() {
            starts[idx] += starts[idx - 1];
        }
        let places = known.into_iter().map(|(_, place)| place).collect();
        Self { n_steps: steps.len(), starts, places }
    }

    fn places(&self, number: u32) -> &[usize] {
        let number = number as usize;
        &self.places[self.starts[number]..self.starts[number + 1]]
    }
}

/// A run that ends at one of our steps.
#[derive(Clone, Copy, Default)]
struct Run {
    /// Which step of theirs was the last when it ended.
    end: usize,
    /// Steps, counted from the first that changes the pitch.
    length: u32,
    /// The same up to the last that changes it.
    moved: u32,
}

impl Run {
    /// The run that goes on from this one, which ended a step before ours, with step `now` of theirs.
    fn after(self, now: usize, is_moving: bool) -> Self {
        let before = if self.end + 1 == now { self } else { Self::default() };
        let length = if is_moving || before.length > 0 { before.length + 1 } else { 0 };
        Self { end: now, length, moved: if is_moving { length } else { before.moved } }
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

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::GridNote;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

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

    /// The same, step by step for each pair of melodies.
    fn longest_of_pairs(melodies: &[Vec<Step>], ours: &[Step]) -> u32 {
        let is_end = |step: &Step| step.interval != 0;
        let mut longest = 0;
        for theirs in melodies {
            for (i, j) in (0..ours.len()).flat_map(|i| (0..theirs.len()).map(move |j| (i, j))) {
                let pairs = ours[i..].iter().zip(&theirs[j..]);
                let run: Vec<&Step> =
                    pairs.take_while(|(a, b)| a == b).map(|(own, _)| own).collect();
                let last = run.iter().rposition(|step| is_end(step));
                if let Some(last) = last.filter(|_| is_end(run[0])) {
                    longest = longest.max(last as u32 + 2);
                }
            }
        }
        longest
    }

    #[test]
    fn the_longest_run_is_that_of_every_pair_compared() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for _ in 0..300 {
            let n_kinds = rng.random_range(2..5);
            let mut melody = || -> Vec<u8> {
                (0..rng.random_range(1..30)).map(|_| 60 + rng.random_range(0..n_kinds)).collect()
            };
            let theirs: Vec<Song> = (0..3).map(|_| song(0, &melody())).collect();
            let ours = song(0, &melody());
            let mut library = Melodies::default();
            for song in &theirs {
                library.add("one", song);
            }
            let melodies: Vec<Vec<Step>> = theirs.iter().map(steps).collect();
            let expected = longest_of_pairs(&melodies, &steps(&ours));
            assert_eq!(library.longest_shared(&ours).n_notes, expected);
        }
    }

    #[test]
    fn melodies_are_written_and_read_back() {
        let library = library();
        assert_eq!(Melodies::from_text(&library.to_text()), Some(library));
        assert_eq!(Melodies::from_text(""), Some(Melodies::default()));
        assert_eq!(Melodies::from_text("a\t1"), None);
    }
}
