//! How does a MIDI file become a [`Score`](crate::score::Score), and a score a MIDI file?
//!
//! [`read`] takes any bytes at all: it never panics, holds memory and time within [`Limits`], keeps
//! what is sound of a damaged file and says in [`Warning`]s what it had to mend. [`write()`] makes the
//! plainest file that every reader agrees on. Neither touches the disk, and neither judges music.
//!
//! Only this module knows midly: its event parser reads one track at a time, while the chunks
//! around the tracks are walked here, because midly accepts wrong chunk lengths and cut-off files
//! without a word and gives up on a track at its first odd byte.

mod assemble;
mod chunks;
mod events;
mod file_kind;
mod length;
mod limits;
mod reading;
mod track;
mod warning;
mod write;

#[cfg(test)]
mod real_files;
#[cfg(test)]
mod tests;

pub use assemble::read;
pub use file_kind::FileKind;
pub use limits::Limits;
pub use reading::{ReadError, Reading};
pub use warning::Warning;
pub use write::write;
