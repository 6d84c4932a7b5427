//! `rollback`: how does a genre go back to another version?

use std::fmt;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use super::kept_version::VersionNumber;
use crate::context::{Context, now_ms};
use crate::control::failure::NotNow;
use crate::control::line::{Line, Out};
use crate::store::Promotion;
use crate::track::make;

/// Which version to play.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Rollback {
    /// The genre
    genre: String,
    /// The version to play: 3 or v3 [default: the one that was played before]
    version: Option<VersionNumber>,
}

/// The version that is played from now on.
#[derive(Debug, Serialize)]
struct Row<'a> {
    genre: &'a str,
    version: u32,
}

impl Rollback {
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let genre = context.known_genre(&self.genre)?;
        let version = match self.version {
            Some(version) => version.kept(context, genre)?,
            None => previous(context, genre)?,
        };
        // One that does not load must not be played.
        version::load(&context.home.version(genre, version))?;
        let why = "a person asked for it".to_owned();
        context.store.promote(genre, Promotion { version, at_ms: now_ms(), why })?;
        out(Line::row(&Row { genre, version }));
        Ok(())
    }
}

/// The version that was played last before the one in force, of those that are kept.
///
/// # Errors
/// [`NotNow`] if there is none; or when it cannot be read.
fn previous(context: &Context, genre: &str) -> anyhow::Result<u32> {
    let current = make::version(context, genre)?;
    let kept = version::versions(&context.home.models().join(genre))?;
    let played = context.store.promotions(genre)?.into_iter().rev();
    let mut earlier = played.map(|promotion| promotion.version);
    let earlier = earlier.find(|version| *version != current && kept.contains(version));
    earlier.ok_or_else(|| {
        let hint = format!("`kickback versions {genre}` lists those that are kept");
        NotNow(format!("{genre} played no other version before v{current}: {hint}")).into()
    })
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{} is played from now on", self.genre, self.version)
    }
}
