//! Which notes has each of the song's voices, and how hard are they struck?

use music::score::{Note, Tick};
use music::song::{Song, TICKS_PER_BEAT, Voice};

/// A voice's notes in ticks, none overlapping another on its pitch.
pub(super) fn notes(song: &Song, voice: Voice) -> Vec<Note> {
    let parts = song.to_score().parts;
    parts.into_iter().find(|part| part.name == voice.name()).map_or_else(Vec::new, |p| p.notes)
}

/// What decides how hard a song's notes are struck.
#[derive(Clone, Copy, Debug)]
pub(super) enum Accents {
    /// The song, which has accents of its own.
    Own,
    /// Their place in the beat, where the song is as loud throughout.
    OfTheBeat,
}

impl Accents {
    pub(super) fn of(song: &Song) -> Self {
        if song.has_accents() { Self::Own } else { Self::OfTheBeat }
    }

    /// The velocity of a note of the song. `softer` is taken off the beat's velocity as it is, and off
    /// the song's own as a share of 100, so that what is soft already is not lost.
    pub(super) fn velocity(self, note: &Note, softer: u8) -> u8 {
        let softer = softer.min(60);
        match self {
            Self::Own => {
                let velocity = u32::from(note.velocity) * u32::from(100 - softer) / 100;
                velocity.max(1) as u8
            }
            Self::OfTheBeat => of_the_beat(note.onset) - softer,
        }
    }
}

/// Strong on the beat, weaker on its half, weakest elsewhere.
fn of_the_beat(onset: Tick) -> u8 {
    match onset.0 % TICKS_PER_BEAT {
        0 => 110,
        at if at == TICKS_PER_BEAT / 2 => 100,
        _ => 92,
    }
}
