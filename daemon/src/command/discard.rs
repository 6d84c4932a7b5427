//! `discard`: how is a version deleted?

use std::fmt;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use super::kept_version::VersionNumber;
use crate::context::Context;
use crate::control::answer::{Line, NotNow, Out};

/// Which version to delete.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Discard {
    /// The genre
    pub(crate) genre: String,
    /// Its version: 3 or v3
    pub(crate) version: VersionNumber,
}

/// The version that is gone.
#[derive(Debug, Serialize)]
struct Row<'a> {
    genre: &'a str,
    version: u32,
    deleted: bool,
}

impl Discard {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let genre = context.known_genre(&self.genre)?;
        let version = self.version.kept(context, genre)?;
        if context.store.current_version(genre)?.is_some_and(|current| current.version == version) {
            let hint = format!("play another one first: kickback rollback {genre} VERSION");
            return Err(
                NotNow(format!("{genre} v{version} is the one that is played; {hint}")).into()
            );
        }
        version::remove(&context.home.version(genre, version))?;
        out(Line::row(&Row { genre, version, deleted: true }));
        Ok(())
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { genre, version, .. } = self;
        write!(f, "{genre} v{version} is deleted; its tracks and its place in the history stay")
    }
}
