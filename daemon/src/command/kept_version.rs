//! Which version of a model is meant, and is it kept?

use std::fmt;
use std::str::FromStr;

use clap::Args;
use composer::version;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::control::failure::NotNow;

/// The number of a version, written 3 or v3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct VersionNumber(u32);

impl FromStr for VersionNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('v').unwrap_or(text).parse();
        number.map(Self).map_err(|_| "a version is a number: give 3 or v3".to_owned())
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// The arguments of a command that works on one version.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct OneVersion {
    /// The genre
    genre: String,
    /// Its version: 3 or v3
    version: VersionNumber,
}

impl OneVersion {
    /// The genre and the number, if there is such a genre and that version of it is kept.
    ///
    /// # Errors
    /// As [`Context::known_genre`] and [`VersionNumber::kept`].
    pub(super) fn kept(&self, context: &Context) -> anyhow::Result<(&str, u32)> {
        let genre = context.known_genre(&self.genre)?;
        Ok((genre, self.version.kept(context, genre)?))
    }
}

impl VersionNumber {
    /// The number, if that version of the genre is kept.
    ///
    /// # Errors
    /// [`NotNow`] with the versions that are; or when they cannot be listed.
    pub(super) fn kept(self, context: &Context, genre: &str) -> anyhow::Result<u32> {
        let kept = version::versions(&context.home.models().join(genre))?;
        if kept.contains(&self.0) {
            return Ok(self.0);
        }
        let kept: Vec<String> = kept.iter().map(|version| format!("v{version}")).collect();
        let hint = if kept.is_empty() {
            "none is kept".to_owned()
        } else {
            format!("kept are {}", kept.join(", "))
        };
        Err(NotNow(format!("{genre} has no {self}: {hint}")).into())
    }
}
