//! What did the person who runs Kickback set?
//!
//! One TOML file; each section is the settings of one part of the program and is defined and checked
//! there. Whatever is wrong in the file is said before anything starts, with key, value and what is
//! allowed. Nothing is ever written to the file, and no secret is read from it: see [`token`].
//!
//! To add a section: a field in [`Config`], a line in its `check`, its keys in
//! `systemd/kickback.toml`.

mod error;
mod keys;
mod load;
mod sections;
pub mod token;

pub use error::Error;
pub use sections::Config;
