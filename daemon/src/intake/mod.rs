//! How does a found file become a song of the library or a rejected file, so that nothing is lost?
//!
//! Four hops, each in a file of its own: the inbox hands over complete files ([`Intake`]); they are
//! opened and examined on all cores (`open`); what becomes of each is decided one after the other
//! (`take_in`, with `duplicates` and `sort`); and the decision is noted and carried out (`place`,
//! `moves`). Bytes are copied to `songs/` first, then the store notes song and pending move in one
//! step, then the file moves and the move is struck off. After a crash at any point, [`resume`] and
//! the next scan finish it. A file is never deleted; one that cannot be read or moved stays where it
//! is.

mod duplicates;
#[cfg(test)]
pub(crate) mod fixtures;
mod inbox;
mod moves;
mod named;
mod open;
mod place;
mod remove;
mod sort;
mod take_in;
mod waiting;

pub(crate) use duplicates::has_song;
pub(crate) use inbox::{Intake, take_in_now};
pub(crate) use named::examine_named;
pub(crate) use remove::remove;
pub(crate) use take_in::{Taken, resume};
