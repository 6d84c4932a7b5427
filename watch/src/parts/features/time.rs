//! When are the notes of a part struck?

use music::features::measures::share;
use music::score::Note;

/// When the notes are struck.
pub(super) struct Time {
    /// Share of the onsets on a beat.
    pub(super) on_beat: f64,
    /// Share of the onsets halfway between two beats.
    pub(super) half_beat: f64,
    /// Share of the gaps between onsets that are as long as the commonest.
    pub(super) commonest_gap: f64,
    /// The median length of a note in median gaps between onsets, at most two.
    pub(super) legato: f64,
    /// Share of the beats, from the first to the last, on which a note is struck.
    pub(super) active_beats: f64,
}

impl Time {
    /// Of at least one note; `onsets` are those struck together.
    pub(super) fn of(notes: &[Note], onsets: &[&[Note]], ticks: u16) -> Self {
        let steps: Vec<u64> = onsets.iter().map(|group| step(group[0].onset.0, ticks)).collect();
        let near = |at: u64| steps.iter().filter(|step| (**step + 25 - at) % 24 <= 2).count();
        let mut gaps: Vec<u64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        let commonest = gaps.chunk_by(|a, b| a == b).map(<[u64]>::len).max().unwrap_or(0);
        let gap = gaps.get(gaps.len() / 2).copied().unwrap_or(96).max(1);
        let mut lengths: Vec<u32> = notes.iter().map(|note| note.duration.0).collect();
        lengths.sort_unstable();
        let length = step(lengths[lengths.len() / 2], ticks);
        let mut beats: Vec<u64> = steps.iter().map(|step| step / 24).collect();
        let span = beats[beats.len() - 1] - beats[0] + 1;
        beats.dedup();
        Self {
            on_beat: share(near(0), steps.len()),
            half_beat: share(near(12), steps.len()),
            commonest_gap: share(commonest, gaps.len()),
            legato: (length as f64 / gap as f64).min(2.0),
            active_beats: beats.len() as f64 / span as f64,
        }
    }
}

/// 24ths of a beat, rounded to the nearest.
pub(super) fn step(ticks: u32, ticks_per_beat: u16) -> u64 {
    let beat = u64::from(ticks_per_beat.max(1));
    (u64::from(ticks) * 48 + beat) / (beat * 2)
}
