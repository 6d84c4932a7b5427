//! Which token stands for what?
//!
//! A song is written as its conditions, then bar by bar, and in each bar voice by voice:
//!
//! ```text
//! Start Tempo Meter Key Density Length Dynamic Dynamic Dynamic
//!   ( Bar ( Voice ( Position ( Velocity? Pitch Duration )+ )+ )* )+
//! End
//! ```
//!
//! Voices in a bar, positions in a voice and pitches at a position ascend, so every song has one
//! spelling, and every spelling that the [`Grammar`] allows is a song. Pitches are written relative to
//! the key's tonic, so that what is learned from a song in one key is known in all; transposing a song
//! changes its key token alone. How loud a note is, is written only where it changes, and relative to
//! the dynamic of its voice, with which every bar begins: a part that is as loud throughout has no
//! velocities, and a bar that is played again has the same tokens. Only the tempo is rounded, to classes of four beats a minute: the
//! exact one travels beside the tokens.

mod encode;
mod grammar;
mod lookback;
mod polyphony;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use encode::{DecodeError, decode, encode, encode_header, renewed};
pub use grammar::{Grammar, Misplaced, Ranges};
pub use lookback::{LOOKBACKS, Lookback};
pub use polyphony::{Cut, Polyphony, Room};
pub use vocabulary::{HEADER, LAYOUT, Token, TokenId, VOCABULARY, absolute};
