//! What must each kind of synthesis offer so that it can play a part?

use std::ops::Range;

use crate::audio::pcm::Frame;

/// A part and what plays it. Its notes are prepared when it is made, so that any stretch of the track can
/// be played by itself and several at the same time.
pub(crate) trait PartPlayer: Send + Sync {
    /// The frame by which every note that starts in the frames of `span` has fallen silent; 0 if none
    /// starts there.
    fn end(&self, span: &Range<usize>) -> usize;

    /// Adds every note that starts in the frames of `span` to `out`, which begins with the first of them
    /// and reaches to [`PartPlayer::end`].
    fn play(&self, span: &Range<usize>, out: &mut [Frame]);
}

/// The notes whose onset lies in `span`, of a list in order.
pub(super) fn within<'a, T>(
    notes: &'a [T],
    span: &Range<usize>,
    onset: impl Fn(&T) -> usize,
) -> &'a [T] {
    let start = notes.partition_point(|note| onset(note) < span.start);
    let end = notes.partition_point(|note| onset(note) < span.end);
    &notes[start..end.max(start)]
}
