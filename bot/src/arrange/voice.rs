//! Which notes has each of the song's voices, and how hard are they struck?

use music::score::{Note, Tick};
use music::song::{Song, TICKS_PER_BEAT, Voice};

/// A voice's notes in ticks, none overlapping another on its pitch.
pub(super) fn notes(song: &Song, voice: Voice) -> Vec<Note> {
    let parts = song.to_score().parts;
    parts.into_iter().find(|part| part.name == voice.name()).map_or_else(Vec::new, |p| p.notes)
}

/// The velocity of a note: strong on the beat, weaker on its half, weakest elsewhere. `softer` is taken
/// off.
pub(super) fn accent(onset: Tick, softer: u8) -> u8 {
    let velocity = match onset.0 % TICKS_PER_BEAT {
        0 => 110,
        at if at == TICKS_PER_BEAT / 2 => 100,
        _ => 92,
    };
    velocity - softer.min(60)
}
