//! `rollback`: how is another version played again?

use std::fmt;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use super::kept_version::OneVersion;
use crate::context::{Context, now_ms};
use crate::control::line::{Line, Out};
use crate::store::Promotion;

/// Which version to play.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Rollback {
    #[command(flatten)]
    #[serde(flatten)]
    version: OneVersion,
}

/// The version that is played from now on.
#[derive(Debug, Serialize)]
struct Row<'a> {
    genre: &'a str,
    version: u32,
}

impl Rollback {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let (genre, version) = self.version.kept(context)?;
        // One that does not load must not be played.
        version::load(&context.home.version(genre, version))?;
        let why = "a person asked for it".to_owned();
        context.store.promote(genre, Promotion { version, at_ms: now_ms(), why })?;
        out(Line::row(&Row { genre, version }));
        Ok(())
    }
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{} is played from now on", self.genre, self.version)
    }
}
