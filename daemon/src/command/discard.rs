//! `discard`: how is a version deleted?

use std::fmt;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use super::kept_version::OneVersion;
use crate::context::Context;
use crate::control::failure::NotNow;
use crate::control::line::{Line, Out};

/// Which version to delete.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Discard {
    #[command(flatten)]
    #[serde(flatten)]
    version: OneVersion,
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
        let (genre, version) = self.version.kept(context)?;
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
