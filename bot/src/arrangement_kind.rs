//! How is a song arranged: in full, or its lead voices alone?

use std::fmt;
use std::str::FromStr;

/// What people ask for as the arrangement: how much is put around a song.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArrangementKind {
    /// Drums, bass and form of the genre around the song's voices.
    #[default]
    Full,
    /// The song's voices only, once through.
    Lead,
}

impl ArrangementKind {
    /// Every arrangement.
    pub const ALL: [Self; 2] = [Self::Full, Self::Lead];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Lead => "lead",
        }
    }
}

impl fmt::Display for ArrangementKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ArrangementKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |arrangement: &Self| text.trim().eq_ignore_ascii_case(arrangement.name());
        let found = Self::ALL.into_iter().find(is_meant);
        found.ok_or_else(|| format!("{text:?} is not an arrangement: give \"full\" or \"lead\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_goes_by_its_name() {
        for arrangement in ArrangementKind::ALL {
            assert_eq!(arrangement.to_string().parse(), Ok(arrangement));
        }
        assert_eq!(" Lead".parse(), Ok(ArrangementKind::Lead));
        assert!(
            "half"
                .parse::<ArrangementKind>()
                .expect_err("no such arrangement")
                .contains("\"half\"")
        );
    }
}
