//! Which file is meant by a path on the command line?
//!
//! A command may be carried out by the daemon, which has another working folder. So a path is made
//! absolute when the command line is read; whatever holds an [`AbsolutePath`] cannot forget it.

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TryMapValueParser, TypedValueParser, ValueParserFactory};
use serde::{Deserialize, Serialize};

/// A path that means the same file in every working folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AbsolutePath(PathBuf);

impl AbsolutePath {
    /// The path, taken from the working folder of this process.
    ///
    /// # Errors
    /// When it is empty, or when the working folder is not known.
    pub fn new(path: PathBuf) -> io::Result<Self> {
        std::path::absolute(path).map(Self)
    }
}

impl Deref for AbsolutePath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for AbsolutePath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl ValueParserFactory for AbsolutePath {
    type Parser = TryMapValueParser<PathBufValueParser, fn(PathBuf) -> io::Result<Self>>;

    fn value_parser() -> Self::Parser {
        PathBufValueParser::new().try_map(Self::new as fn(PathBuf) -> io::Result<Self>)
    }
}

/// Reads the path of a file that is recorded. What is carried and stored as JSON holds Unicode only: better
/// told before the work than after.
pub fn unicode_path() -> impl TypedValueParser<Value = AbsolutePath> {
    AbsolutePath::value_parser().try_map(|path| {
        let is_unicode = path.to_str().is_some();
        let hint =
            "its path is not Unicode and cannot be recorded: rename it, or copy it elsewhere";
        is_unicode.then_some(path).ok_or(hint)
    })
}
