//! What can be wrong with the configuration?

use std::path::PathBuf;

use bounds::OutOfRange;

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The file system's error.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{} is not valid TOML: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What and where, over several lines.
        message: String,
    },
    /// A key or section does not exist.
    #[error("{}: {what} is unknown: {hint}", file.display())]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The key and its section, or the section.
        what: String,
        /// The nearest one that exists.
        hint: String,
    },
    /// A value has the wrong type.
    #[error("{}: {key} = {value} in {section} is not allowed: give {allowed}", file.display())]
    WrongType {
        /// The file.
        file: PathBuf,
        /// The section, in brackets.
        section: String,
        /// The key.
        key: String,
        /// The value as written.
        value: String,
        /// What may be given instead.
        allowed: String,
    },
    /// A value is out of range.
    #[error("{}: in [{section}], {source}", file.display())]
    OutOfRange {
        /// The file.
        file: PathBuf,
        /// The section.
        section: String,
        /// Key, value and what is allowed.
        source: OutOfRange,
    },
}
