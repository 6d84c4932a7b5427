//! Music without learning: scores and MIDI files, keys and genres, songs on a grid and as tokens.
//!
//! Nothing here knows of clocks, files, networks or async.

pub mod genre;
pub mod key;
pub mod midi;
pub mod score;
pub mod song;
pub mod tokens;
