//! What is a note to the synthesizer?
//!
//! A [`Strike`]: times in frames, the volume of its part already in its gain. Strikes of like length
//! are put side by side in the lanes, and what they sound like is laid out at their onsets.

use super::Frame;
use super::lanes::{BLOCK, Block, LANES};

/// A note, ready to be played.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    /// The frame at which it starts.
    pub(crate) onset: usize,
    /// Frames until the key is let go.
    pub(crate) gate: usize,
    /// The MIDI key number.
    pub(crate) key: f32,
    /// 1 for a velocity of 110 at a volume of 100.
    pub(crate) gain: f32,
    /// The filter's opening in octaves around the patch's own.
    pub(crate) bright: f32,
    /// Tells its noise from that of others.
    pub(crate) index: u64,
}

/// Up to eight strikes at a time, of lengths as like as can be, in an order that nothing but the
/// strikes decides.
pub(crate) fn eights(strikes: &[Strike]) -> impl Iterator<Item = Vec<&Strike>> {
    let mut sorted: Vec<&Strike> = strikes.iter().collect();
    sorted.sort_by_key(|strike| (strike.gate, strike.index));
    let eights: Vec<Vec<&Strike>> = sorted.chunks(LANES).map(<[_]>::to_vec).collect();
    eights.into_iter()
}

/// Where the last of the strikes falls silent, when each rings on for `release` frames.
pub(crate) fn end(strikes: &[Strike], release: usize) -> usize {
    let ends = strikes.iter().map(|strike| strike.onset + strike.gate + release);
    // A strike ends with its block.
    ends.max().map_or(0, |end| end + BLOCK)
}

/// Adds what one lane of a block sounds like to `out`.
pub(crate) fn lay(left: &Block, right: &Block, lane: usize, out: &mut [Frame]) {
    for ((frame, left), right) in out.iter_mut().zip(left).zip(right) {
        frame[0] += left[lane];
        frame[1] += right[lane];
    }
}
