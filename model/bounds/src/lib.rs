//! How does a setting say that its value is not allowed?
//!
//! Each crate defines its own settings, with defaults and a `check`; the daemon reads them from one
//! file and adds the section's name to what `check` reports.

use std::fmt::{self, Display};

/// A setting whose value is out of range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The key, within its section.
    pub key: &'static str,
    /// The value that was given.
    pub value: String,
    /// What may be given instead, as an English phrase: "a number from 0 to 1".
    pub allowed: &'static str,
}

impl Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} is not allowed: give {}", self.key, self.value, self.allowed)
    }
}

impl std::error::Error for OutOfRange {}

/// `Ok` if `allowed` holds, else the error that says so.
///
/// # Errors
/// [`OutOfRange`] with the given key, value and phrase.
pub fn require(
    holds: bool,
    key: &'static str,
    value: impl Display,
    allowed: &'static str,
) -> Result<(), OutOfRange> {
    if holds { Ok(()) } else { Err(OutOfRange { key, value: value.to_string(), allowed }) }
}
