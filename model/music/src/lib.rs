//! Music without learning: scores and MIDI files, keys and genres, songs on a grid and as tokens.
//!
//! A [`Score`](score::Score) is a file as it was written; a [`Song`](song::Song) is what a network
//! sees of it. Which notes of a score make the voices of a song is not decided here, but everything
//! between bytes and tokens is:
//!
//! ```
//! use music::dynamic::Dynamic;
//! use music::midi;
//! use music::score::Note;
//! use music::song::{GridNote, STEPS_PER_BEAT, Song, Voice};
//! use music::tokens::{decode, encode};
//!
//! # let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../daemon/starter/01-iron-sunrise.mid");
//! let bytes = std::fs::read(example)?;
//!
//! // Bytes to a score, whatever they are: what had to be mended is among the warnings.
//! let score = midi::read(&bytes, &midi::Limits::default())?.score;
//!
//! // The score to a song: here its first part is the lead.
//! let steps = |ticks: u32| ticks * STEPS_PER_BEAT / u32::from(score.ticks_per_beat);
//! let on_grid = |note: &Note| GridNote {
//!     onset: steps(note.onset.0),
//!     voice: Voice::Lead,
//!     pitch: note.pitch,
//!     duration: steps(note.duration.0),
//!     dynamic: Dynamic::of_velocity(note.velocity),
//! };
//! let song = Song::new(score.tempo_bpm(), 4, 16, score.parts[0].notes.iter().map(on_grid));
//!
//! // The song to tokens, and back without loss but for the tempo, which is rounded.
//! let tokens = encode(&song);
//! let again = decode(&tokens)?;
//! assert_eq!((again.notes(), again.key()), (song.notes(), song.key()));
//!
//! // The song to bytes.
//! assert!(midi::write(&again.to_score()).starts_with(b"MThd"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What describes music in numbers is in [`features`]: one schema for the taste, the genre classifier
//! and whoever else measures songs. Nothing here knows of clocks, networks or async, and nothing
//! touches the disk.

pub mod dynamic;
pub mod features;
pub mod genre;
pub mod key;
pub mod midi;
pub mod notation;
pub mod score;
pub mod song;
pub mod tokens;
