//! What is a reaction worth?
//!
//! An emoji has a value in a table; emoji that are not in it are talk and count for nothing. This
//! module neither counts votes nor knows who reacted.

use std::collections::BTreeMap;
use std::fmt;

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

/// An emoji in the form in which it is compared and kept: a Unicode emoji without skin tone and
/// presentation selectors, or the bare name of a community's own emoji.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Emoji(String);

impl Emoji {
    /// The emoji that `text` writes: `👍🏽` is `👍`, `:banger:` and `<:banger:123>` are `banger`.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let name = text.trim_start_matches("<a").trim_start_matches('<');
        if let Some(name) = name.strip_prefix(':') {
            return Self(name.split(':').next().unwrap_or_default().to_owned());
        }
        Self(text.chars().filter(|c| !is_variation(*c)).collect())
    }

    /// How it is written in settings and stores.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which emoji count, how much, and which the bot offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The value of each emoji, from -5 (never again) to 5 (more like this); 1 is a plain like. A
    /// community's own emoji is written by its name, without colons. Emoji that are not listed
    /// count for nothing. Larger values make one listener's reaction weigh more in training.
    pub values: BTreeMap<String, f64>,
    /// The emoji that the bot puts below every post, so that reacting takes one click; each has a
    /// value in `values`. The bot's own reactions never count. Each costs a request (about 0.3 s,
    /// after the post is visible); none are needed.
    pub offered: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let values =
            [("🔥", 2.0), ("❤️", 2.0), ("👍", 1.0), ("🎵", 1.0), ("👎", -1.0), ("💩", -2.0)];
        Self {
            values: values.map(|(emoji, value)| (emoji.to_owned(), value)).into(),
            offered: ["🔥", "👍", "👎"].map(str::to_owned).to_vec(),
        }
    }
}

impl Settings {
    /// Whether every value is allowed.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let finite = |value: &f64| (-5.0..=5.0).contains(value) && *value != 0.0;
        for (emoji, value) in &self.values {
            require(
                !Emoji::new(emoji).as_str().is_empty(),
                "values",
                format!("{{ {emoji:?} = {value} }}"),
                "an emoji or the name of one as key",
            )?;
            require(
                finite(value),
                "values",
                format!("{{ {emoji:?} = {value} }}"),
                "a number from -5 to 5 that is not 0 (leave out emoji that count for nothing)",
            )?;
        }
        require(
            self.table().len() == self.values.len(),
            "values",
            "the same emoji twice",
            "each emoji once (skin tones are the same emoji)",
        )?;
        require(self.offered.len() <= 10, "offered", self.offered.len(), "at most 10 emoji")?;
        for emoji in &self.offered {
            require(
                self.value(&Emoji::new(emoji)).is_some(),
                "offered",
                format!("[{emoji:?}]"),
                "emoji that have a value in values",
            )?;
            require(
                !emoji.is_ascii(),
                "offered",
                format!("[{emoji:?}]"),
                "Unicode emoji (a community's own can have a value but can't be offered)",
            )?;
        }
        Ok(())
    }

    /// What `emoji` is worth, or `None` if it counts for nothing.
    pub fn value(&self, emoji: &Emoji) -> Option<f64> {
        self.values.iter().find(|(key, _)| Emoji::new(key) == *emoji).map(|(_, value)| *value)
    }

    /// The value of every emoji that has one, by emoji.
    pub fn table(&self) -> BTreeMap<Emoji, f64> {
        self.values.iter().map(|(emoji, value)| (Emoji::new(emoji), *value)).collect()
    }
}

/// U+FE0E and U+FE0F choose text or colour, U+1F3FB to U+1F3FF the skin tone: neither changes what
/// a reaction says, and chats differ in whether they send them.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{FE0E}' | '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skin_tone_and_presentation_make_no_difference() {
        assert_eq!(Emoji::new("👍🏽"), Emoji::new("👍"));
        assert_eq!(Emoji::new("❤️"), Emoji::new("\u{2764}"));
        assert_ne!(Emoji::new("👍"), Emoji::new("👎"));
    }

    #[test]
    fn own_emoji_go_by_their_name() {
        for text in ["banger", ":banger:", "<:banger:123>", "<a:banger:123>"] {
            assert_eq!(Emoji::new(text).as_str(), "banger", "{text}");
        }
    }

    #[test]
    fn defaults_are_allowed_and_rank_as_people_mean_them() {
        let settings = Settings::default();
        assert_eq!(settings.check(), Ok(()));
        let value = |emoji| settings.value(&Emoji::new(emoji)).unwrap_or(0.0);
        assert!(value("🔥") > value("👍") && value("👍") > value("🤔"));
        assert!(value("🤔") > value("👎") && value("👎") > value("💩"));
        assert!(value("👍🏿") > 0.0 && value("\u{2764}") > 0.0);
    }

    #[test]
    fn wrong_tables_are_named() {
        let mut settings = Settings::default();
        settings.values.insert("😀".to_owned(), f64::NAN);
        assert_eq!(settings.check().map_err(|e| e.key), Err("values"));
        let mut settings = Settings::default();
        settings.values.insert("👍🏿".to_owned(), 1.0);
        assert_eq!(settings.check().map_err(|e| e.key), Err("values"));
        let offered = vec!["🤔".to_owned()];
        let settings = Settings { offered, ..Settings::default() };
        assert_eq!(settings.check().map_err(|e| e.key), Err("offered"));
    }
}
