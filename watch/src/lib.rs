//! The way in: finds songs in the inbox, reads, judges and fingerprints them.
//!
//! No async, no store, no network. [`inbox`], [`open`] and [`shelf`] touch the disk; all else is
//! pure.

pub mod duplicates;
pub mod filter;
mod hints;
pub mod inbox;
pub mod intake;
pub mod open;
pub mod parts;
pub mod role;
pub mod role_features;
mod role_model;
mod scan;
mod settle;
mod shape;
pub mod shelf;
pub mod song;
mod voices;

pub use scan::{Kind, has_midi_name};
