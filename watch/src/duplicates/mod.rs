//! Is this the same song again, under another name, in another key, at another tempo?
//!
//! A song is found by its [`Fingerprint`], some dozens of phrases; the few songs that share most of
//! them are laid over it note by note ([`compare`]). [`find`] does both for any [`Library`] of songs:
//! the daemon's store and the files that `kickback judge` has read so far ([`Collection`]) give the
//! same answers.

mod collection;
mod detect;
mod fingerprint;
mod likeness;
mod line;
mod outline;
mod overlay;

pub use collection::Collection;
pub use detect::{Duplicate, Library, find, nearest};
pub use fingerprint::Fingerprint;
pub use likeness::{Likeness, compare};
pub use outline::Outline;
