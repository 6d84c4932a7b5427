//! What are the sections of a track?

use serde::{Deserialize, Serialize};

/// What happens in a section of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SectionKind {
    /// The song's voices, softly, without drums.
    Intro,
    /// The voices with a snare roll that grows towards the next section.
    Build,
    /// Everything at once.
    Drop,
    /// The voices alone again, quieter.
    Break,
}

impl SectionKind {
    /// Its name as the picture shows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Intro => "Intro",
            Self::Build => "Build",
            Self::Drop => "Drop",
            Self::Break => "Break",
        }
    }
}

/// A section as it lies in a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// What happens in it.
    pub(crate) kind: SectionKind,
    /// Its first bar, counted from 0.
    pub(crate) bar: u32,
    /// Its length in bars; at least 1.
    pub(crate) n_bars: u32,
}

impl Section {
    /// The bar after its last one.
    pub(crate) fn end(&self) -> u32 {
        self.bar + self.n_bars
    }
}
