//! What of a song is compared with another, note by note?
//!
//! Small enough to be kept for many songs: some twenty bytes a note.

use music::song::{Song, Voice};

use super::line::{Line, Stroke};

/// A song's lead, its top line, and when each pitch is struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub(super) lead: Line,
    pub(super) top: Line,
    /// Notes of the other voices.
    pub(super) rest: Vec<Stroke>,
    pub(super) onsets: Onsets,
    /// Steps from the first to the last onset.
    pub(super) n_steps: u32,
}

impl Outline {
    /// The outline of `song`.
    pub fn of(song: &Song) -> Self {
        let all = song.notes();
        let ends = all.first().zip(all.last()).map(|(first, last)| last.onset - first.onset);
        let rest = all.iter().filter(|note| note.voice != Voice::Lead);
        Self {
            lead: Line::lead(song),
            top: Line::top(song),
            rest: rest.map(|n| Stroke { onset: n.onset, pitch: n.pitch.number() }).collect(),
            onsets: Onsets::of(song),
            n_steps: ends.unwrap_or(0),
        }
    }

    /// Notes of the song, by which the memory that an outline takes is counted.
    pub fn n_notes(&self) -> usize {
        self.onsets.onsets.len()
    }
}

/// When each pitch of a song is struck, in any voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Onsets {
    /// In steps, of the lowest pitch first, ascending for each.
    onsets: Vec<u32>,
    /// Where those of each pitch begin; those of the next pitch begin where they end.
    starts: Vec<u32>,
}

impl Onsets {
    fn of(song: &Song) -> Self {
        let mut strokes: Vec<(u8, u32)> =
            song.notes().iter().map(|note| (note.pitch.number(), note.onset)).collect();
        strokes.sort_unstable();
        let start = |pitch: u8| strokes.partition_point(|(of, _)| *of < pitch) as u32;
        Self {
            starts: (0..=128).map(start).collect(),
            onsets: strokes.iter().map(|(_, onset)| *onset).collect(),
        }
    }

    /// Whether `pitch` is struck at `time`, give or take `tolerance` steps.
    pub(super) fn has(&self, pitch: i32, time: i64, tolerance: u32) -> bool {
        let Ok(pitch) = usize::try_from(pitch) else { return false };
        let Some([start, end]) = self.starts.get(pitch..pitch.saturating_add(2)) else {
            return false;
        };
        let onsets = &self.onsets[*start as usize..*end as usize];
        let (from, to) = (time - i64::from(tolerance), time + i64::from(tolerance));
        let next = onsets.partition_point(|onset| i64::from(*onset) < from);
        onsets.get(next).is_some_and(|onset| i64::from(*onset) <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use music::score::Pitch;
    use music::song::GridNote;

    #[test]
    fn a_pitch_is_found_where_it_is_struck_give_or_take() {
        let notes = [(0, 0), (48, 60), (96, 60), (48, 127)].map(|(onset, pitch)| {
            GridNote::new(onset, Voice::Lead, Pitch::new(pitch).expect("a pitch"), 12)
        });
        let outline = Outline::of(&Song::new(120.0, 4, 2, notes));
        assert_eq!((outline.n_notes(), outline.n_steps), (4, 96));
        for (pitch, time, is_there) in [
            (60, 48, true),
            (60, 51, true),
            (60, 45, true),
            (60, 52, false),
            (60, 93, true),
            (60, -48, false),
            (0, 0, true),
            (0, 48, false),
            (127, 48, true),
            (127, 0, false),
            (61, 48, false),
            (-1, 0, false),
            (128, 48, false),
            (i32::MAX, 0, false),
        ] {
            assert_eq!(outline.onsets.has(pitch, time, 3), is_there, "{pitch} at {time}");
        }
    }
}
