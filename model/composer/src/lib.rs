//! What joins music and network: songs become lessons, weights become a version, and the grammar of the
//! tokens turns predictions into new songs.

pub mod copying;
pub mod corpus;
pub mod lessons;
pub mod ngram;
pub mod sample;
pub mod version;

use music::tokens::{LOOKBACKS, VOCABULARY};
use network::Interface;

/// Conditions that a network of songs tells apart: none in particular, and 63 genres and artists.
pub const CONDITIONS: usize = 64;

/// What a network of songs reads and predicts.
pub const INTERFACE: Interface =
    Interface { vocabulary: VOCABULARY, lookbacks: LOOKBACKS.len(), conditions: CONDITIONS };
