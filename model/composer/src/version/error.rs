//! Why can a version not be kept or read?

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// Why a version cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The version exists already.
    #[error("{path} exists already; a version is never overwritten")]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// The files are not what was written.
    #[error("{path} is damaged ({what}): roll back to another version or train anew")]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It was made by a program whose tokens meant something else.
    #[error("{path} was made by another release, whose tokens differ: train anew")]
    OtherTokens {
        /// Its folder.
        path: PathBuf,
    },
    /// Something in the manifest could not be read back, such as a loss that is not finite.
    #[error("{path} is not kept, as it could not be read again: {what}")]
    Unreadable {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The weights cannot be written.
    #[error(transparent)]
    Network(#[from] network::Error),
}

impl VersionError {
    /// A failure of the system's at `path`.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(super) fn damaged(path: &Path, what: impl Display) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.to_string() }
    }
}
