//! The way in: finds songs in the inbox, reads, judges and fingerprints them.
//!
//! No async, no store, no network. [`inbox`] says which files have arrived, and reads them;
//! [`examine`](examine::examine) says what one amounts to: its [`parts`], its song and the [`filter`]'s
//! verdict. [`duplicates`] says whether a song is there already, and [`safe_move`] moves files so that
//! no crash loses one. Only [`inbox`] and [`safe_move`] touch the disk; all else is pure.

pub mod duplicates;
pub mod examine;
pub mod filter;
pub mod inbox;
pub mod parts;
pub mod safe_move;
