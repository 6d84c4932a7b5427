//! What can a part be there for?

use std::fmt;

/// What a part is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It carries the melody (and perhaps bass and chords too, in the same part).
    Lead,
    /// Harmony above the bass.
    Chords,
    /// The lowest line.
    Bass,
    /// Drums or other pitchless rhythm.
    Drums,
    /// Too little or too plain to be any of these: a few stray notes, one repeated pitch.
    Other,
}

impl Role {
    /// The roles that are learned, in the order of a model's weights; `Other` is a hard fact.
    pub const LEARNED: [Self; 4] = [Self::Lead, Self::Chords, Self::Bass, Self::Drums];

    /// `lead`, `chords`, `bass`, `drums` or `other`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Chords => "chords",
            Self::Bass => "bass",
            Self::Drums => "drums",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
