//! Music and learning: scores, MIDI, tokens, the LSTM, its training and sampling.
//!
//! Nothing here knows of clocks, networks or async.

pub mod key;
pub mod midi;
pub mod score;
pub mod settings;
pub mod song;
pub mod tokens;
