//! How long is a piece, and which of its notes lie too far out to belong to it?
//!
//! A note hours after the end is a common export fault and costs no music: a few after a long silence
//! are dropped. Music that lasts beyond the limit is refused by the caller. Time is by the tempo
//! map.

use super::limits::Limits;
use super::track::Track;
use crate::score::Tempo;

/// The last tick that any note may have, far enough below the end of 32 bits that ends and bar lines
/// fit.
const LAST_TICK: u64 = (u32::MAX / 4) as u64;
/// This many stray notes are few, unless they are over a quarter of all;
const FEW: usize = 4;
/// so is one of this many notes.
const SHARE: usize = 50;
/// Minutes of silence after which a note is not part of the music before it.
const SILENCE: f64 = 10.0;

/// What of a piece lies within the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Length {
    /// The last tick at which a note may start.
    pub(super) last: u64,
    /// When the last note starts.
    pub(super) minutes: f64,
    /// Minutes between the last note within and the first one beyond.
    silence: f64,
    n_late: usize,
    n_notes: usize,
}

impl Length {
    /// Of the notes of `tracks`, each track moved by its offset.
    pub(super) fn of(
        tracks: &[Track],
        offsets: &[u64],
        tempos: &[Tempo],
        ticks_per_beat: u16,
        limits: &Limits,
    ) -> Self {
        let last = tick_at(tempos, ticks_per_beat, limits.max_minutes);
        let (mut n_late, mut n_notes) = (0, 0);
        let (mut last_kept, mut first_late, mut last_onset) = (0, u64::MAX, 0);
        for (track, offset) in tracks.iter().zip(offsets) {
            for note in track.channels.iter().flat_map(|channel| &channel.notes) {
                let onset = note.onset + offset;
                n_notes += 1;
                last_onset = last_onset.max(onset);
                if onset > last {
                    n_late += 1;
                    first_late = first_late.min(onset);
                } else {
                    last_kept = last_kept.max(onset);
                }
            }
        }
        let minutes = |tick| minutes_at(tempos, ticks_per_beat, tick);
        let silence = minutes(first_late) - minutes(last_kept);
        Self { last, minutes: minutes(last_onset), silence, n_late, n_notes }
    }

    /// Whether the music itself lasts beyond `max_minutes`, not only a few strays.
    pub(super) fn is_too_long(&self, max_minutes: u32) -> bool {
        let few = FEW.max(self.n_notes / SHARE).min(self.n_notes / 4);
        let is_stray = self.n_late <= few && self.silence >= SILENCE;
        self.n_late > 0 && !is_stray && self.minutes > f64::from(max_minutes)
    }
}

/// The last tick at which a note may start.
fn tick_at(tempos: &[Tempo], ticks_per_beat: u16, max_minutes: u32) -> u64 {
    let ticks_per_beat = f64::from(ticks_per_beat);
    let (mut at, mut micros) = (0.0, 500_000.0);
    let mut left = f64::from(max_minutes) * 60e6;
    for tempo in tempos {
        let spent = (f64::from(tempo.at.0) - at) / ticks_per_beat * micros;
        if spent > left {
            break;
        }
        left -= spent;
        (at, micros) = (f64::from(tempo.at.0), f64::from(tempo.micros_per_beat));
    }
    (at + left / micros * ticks_per_beat).min(LAST_TICK as f64) as u64
}

/// Minutes from the start to `tick`.
fn minutes_at(tempos: &[Tempo], ticks_per_beat: u16, tick: u64) -> f64 {
    let (mut at, mut micros, mut spent) = (0.0, 500_000.0, 0.0);
    let end = tick as f64;
    for tempo in tempos {
        let next = f64::from(tempo.at.0);
        if next > end {
            break;
        }
        spent += (next - at) * micros;
        (at, micros) = (next, f64::from(tempo.micros_per_beat));
    }
    (spent + (end - at) * micros) / f64::from(ticks_per_beat) / 60e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Tick;

    #[test]
    fn ticks_and_minutes_follow_the_tempo_map() {
        let tempos =
            [Tempo::from_bpm(Tick(0), 60.0), Tempo { at: Tick(6000), micros_per_beat: 500_000 }];
        // A minute of 60 beats, then two beats a second.
        assert!((minutes_at(&tempos, 100, 6000) - 1.0).abs() < 1e-9);
        assert!((minutes_at(&tempos, 100, 18_000) - 2.0).abs() < 1e-9);
        assert_eq!(tick_at(&tempos, 100, 2), 18_000);
        assert_eq!(tick_at(&[], 100, 1), 12_000);
        assert_eq!(tick_at(&[], u16::MAX, u32::MAX), LAST_TICK);
    }

    #[test]
    fn a_few_notes_far_out_are_strays_and_many_are_music() {
        let length =
            |n_late, n_notes| Length { last: 0, minutes: 99.0, silence: 30.0, n_late, n_notes };
        for (n_late, n_notes) in [(0, 0), (0, 10), (1, 33), (4, 100), (20, 1000)] {
            assert!(!length(n_late, n_notes).is_too_long(60), "{n_late} of {n_notes}");
        }
        for (n_late, n_notes) in [(1, 1), (2, 3), (5, 100), (21, 1000)] {
            assert!(length(n_late, n_notes).is_too_long(60), "{n_late} of {n_notes}");
        }
        let goes_on = Length { silence: 0.1, ..length(1, 1000) };
        assert!(goes_on.is_too_long(60));
    }
}
