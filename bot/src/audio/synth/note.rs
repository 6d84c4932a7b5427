//! What is a note to the synthesizer?
//!
//! A [`TimedNote`]: times in frames, the volume of its part already in its gain. Notes of similar length
//! are played eight at a time, side by side in the lanes of a vector, and added at their onsets.

use music::score::Part;

use crate::audio::dsp::simd::{BLOCK, Block, LANES, Lanes};
use crate::audio::pcm::Frame;

/// A note, ready to be played.
#[derive(Clone, Debug)]
pub(super) struct TimedNote {
    /// The frame at which it starts.
    pub(super) onset: usize,
    /// Frames until the key is released.
    pub(super) gate: usize,
    /// The MIDI key number.
    pub(super) key: f32,
    /// 1 for a velocity of 110 at a volume of 100.
    pub(super) gain: f32,
    /// How far the filter is opened, in octaves around the patch's own cutoff.
    pub(super) brightness: f32,
    /// Its place among the notes of its part, which seeds its noise.
    pub(super) index: u64,
}

/// A part's volume controller; 100 is the sound's own level.
pub(super) fn volume(part: &Part) -> f32 {
    let set = part.controllers.iter().rev().find(|controller| controller.0 == 7);
    set.map_or(1.0, |controller| f32::from(controller.1) / 100.0)
}

/// Up to eight notes at a time, of lengths as similar as can be, in an order that nothing but the notes
/// decides.
pub(super) fn eights(notes: &[TimedNote]) -> impl Iterator<Item = Vec<&TimedNote>> {
    let mut sorted: Vec<&TimedNote> = notes.iter().collect();
    sorted.sort_by_key(|note| (note.gate, note.index));
    let eights: Vec<Vec<&TimedNote>> = sorted.chunks(LANES).map(<[_]>::to_vec).collect();
    eights.into_iter()
}

/// The frame by which all notes are silent, when each rings on for `release` frames.
pub(super) fn end(notes: &[TimedNote], release: usize) -> usize {
    let ends = notes.iter().map(|note| note.onset + note.gate + release);
    // A note ends with its block.
    ends.max().map_or(0, |end| end + BLOCK)
}

/// The longest time until a key is released, in frames.
pub(super) fn longest_gate(eight: &[&TimedNote]) -> usize {
    eight.iter().map(|note| note.gate).max().unwrap_or(0)
}

/// The gain of each lane at one frame of a block, in a straight line from the gain at its start to the
/// one at its end.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
pub(super) fn gain(from: f32, to: f32, frame: usize) -> f32 {
    from + (to - from) * (frame as f32 * (1.0 / BLOCK as f32))
}

/// A block of eight notes, left and right.
pub(super) type Stereo = [Block; 2];

/// A block without sound.
pub(super) const SILENCE: Stereo = [[[0.0; LANES]; BLOCK]; 2];

/// Adds the block that begins `start` frames after the onsets of eight notes to `out`, whose first frame
/// is `origin`; notes that fell silent before, `release` after their gate, are left out.
pub(super) fn add(
    block: &Stereo,
    start: usize,
    eight: &[&TimedNote],
    release: usize,
    origin: usize,
    out: &mut [Frame],
) {
    for (lane, note) in eight.iter().enumerate() {
        if start <= note.gate + release {
            let out = out.get_mut(note.onset - origin + start..).unwrap_or_default();
            for ((frame, left), right) in out.iter_mut().zip(&block[0]).zip(&block[1]) {
                frame[0] += left[lane];
                frame[1] += right[lane];
            }
        }
    }
}

/// One number of each of eight notes, `rest` in lanes without a note.
pub(super) fn lanes(eight: &[&TimedNote], rest: f32, of: impl Fn(&TimedNote) -> f32) -> Lanes {
    let mut lanes = [rest; LANES];
    for (lane, note) in lanes.iter_mut().zip(eight) {
        *lane = of(note);
    }
    lanes
}
