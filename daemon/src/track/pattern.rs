//! What may a track take after in a song?

use composer::conditions::{in_scale, register, relative_register};
use music::dynamic::Dynamic;
use music::features::Vector;
use music::key::Key;
use music::song::Song;
use music::tokens::Polyphony;

/// What a song is like, all of it measured at once: the store may hold a key that an earlier release heard,
/// to which the scale and the register would not belong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    /// The key.
    pub(crate) key: Key,
    /// Density.
    pub(crate) notes_per_bar: f64,
    /// How many notes sound at once, at most.
    pub(crate) polyphony: Polyphony,
    /// The share in the scale of the key, 0 to 1.
    pub(crate) in_scale: f64,
    /// The mean pitch of the lead, relative to the key.
    pub(crate) register: Option<f64>,
    /// How loud each voice usually is.
    pub(crate) dynamics: [Dynamic; 3],
    /// Its features.
    pub(crate) features: Vector,
}

impl Pattern {
    /// That of a song.
    pub(crate) fn of(song: &Song) -> Self {
        Self {
            key: song.key(),
            notes_per_bar: song.notes_per_bar(),
            polyphony: Polyphony::of(song),
            in_scale: in_scale(song, song.key()),
            register: register(song).map(|pitch| relative_register(pitch, song.key())),
            dynamics: song.dynamics(),
            features: taste::measure(song),
        }
    }
}
