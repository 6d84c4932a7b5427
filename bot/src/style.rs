//! How much is put around a song?

use std::fmt;
use std::str::FromStr;

/// How much is put around a song.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Drums, bass and form of the genre around the song's voices.
    #[default]
    Full,
    /// The song's voices only, once through.
    Lead,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 2] = [Self::Full, Self::Lead];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Lead => "lead",
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Style {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant = |style: &Self| text.trim().eq_ignore_ascii_case(style.name());
        let found = Self::ALL.into_iter().find(is_meant);
        found.ok_or_else(|| format!("{text:?} is not an arrangement: give \"full\" or \"lead\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_goes_by_its_name() {
        for style in Style::ALL {
            assert_eq!(style.to_string().parse(), Ok(style));
        }
        assert_eq!(" Lead".parse(), Ok(Style::Lead));
        assert!("half".parse::<Style>().expect_err("no such style").contains("\"half\""));
    }
}
