//! Music and learning: scores, MIDI, tokens, the LSTM, its training and sampling.
//!
//! Nothing here knows of clocks, networks or async.

pub mod batch;
pub mod checkpoint;
pub mod copying;
pub mod corpus;
pub mod genre;
pub mod key;
pub mod lessons;
pub mod loss;
pub mod midi;
pub mod network;
pub mod ngram;
pub mod sample;
pub mod score;
pub mod settings;
pub mod song;
pub mod taste;
pub mod tokens;
pub mod train;
