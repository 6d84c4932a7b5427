//! What is a reaction worth?
//!
//! An emoji has a value in a table; emoji that are not in it are talk and count for nothing. This
//! module neither counts votes nor knows who reacted.

mod emoji;
mod unicode;

use std::collections::{BTreeMap, BTreeSet};

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

pub use self::emoji::Emoji;

/// Which emoji count, how much, and which the bot offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The value of each emoji, from -5 (never again) to 5 (more like this); 1 is a plain like. A
    /// community's own emoji is written by its name, without colons, or by its id, which counts
    /// before the name. Emoji that are not listed count for nothing. Larger values make one listener's reaction weigh more in training.
    pub values: BTreeMap<String, f64>,
    /// How much the say of the listener who asked for a track counts of what it would, 0 (not at all) to 1.
    /// Who chose a track's options is pleased more easily.
    pub own_vote: f64,
    /// The emoji that the bot puts below every post, so that reacting takes one click; each has a
    /// value in `values`. A community's own is written `name:id`, and can only be put where the bot may use it.
    /// The bot's own reactions never count. Each costs a request (about 0.3 s,
    /// after the post is visible); none are needed.
    pub offered: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let values =
            [("🔥", 2.0), ("❤️", 2.0), ("👍", 1.0), ("🎵", 1.0), ("👎", -1.0), ("💩", -2.0)];
        Self {
            values: values.map(|(emoji, value)| (emoji.to_owned(), value)).into(),
            own_vote: 0.5,
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
            self.values.keys().map(|key| Emoji::new(key).plain()).collect::<BTreeSet<_>>().len()
                == self.values.len(),
            "values",
            "the same emoji twice",
            "each emoji once (skin tones are the same emoji)",
        )?;
        let own = self.own_vote;
        require((0.0..=1.0).contains(&own), "own_vote", own, "a number from 0 to 1")?;
        require(self.offered.len() <= 10, "offered", self.offered.len(), "at most 10 emoji")?;
        for emoji in &self.offered {
            require(
                self.value(&Emoji::new(emoji)).is_some(),
                "offered",
                format!("[{emoji:?}]"),
                "emoji that have a value in values",
            )?;
            require(
                Emoji::new(emoji).can_be_put(),
                "offered",
                format!("[{emoji:?}]"),
                "emoji of Unicode, or a community's own as name:id (what a message shows for \\:name:)",
            )?;
        }
        Ok(())
    }

    /// What `emoji` is worth, whatever its form, or `None` if it counts for nothing.
    pub fn value(&self, emoji: &Emoji) -> Option<f64> {
        let plain = emoji.plain();
        let of = |is_meant: &dyn Fn(&Emoji) -> bool| {
            self.values.iter().find(|(key, _)| is_meant(&Emoji::new(key))).map(|(_, value)| *value)
        };
        let by_name = |key: &Emoji| {
            let is_precise = key.id().is_some() && plain.id().is_some();
            !is_precise && plain.name().is_some() && key.name() == plain.name()
        };
        of(&|key| key.plain() == plain).or_else(|| of(&by_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_makes_no_difference_to_the_value() {
        let settings = Settings::default();
        let value = |text: &str| settings.value(&Emoji::new(text));
        for text in ["👍🏽", "👍🏿 burst", "👍 any"] {
            assert_eq!(value(text), value("👍"), "{text}");
        }
        assert_eq!(value("❤️"), value("\u{2764}"));
    }

    #[test]
    fn own_emoji_have_a_value_by_name_or_id() {
        let values = [("banger", 1.0), ("<:banger:8>", -1.0), ("900000000000000009", 3.0)];
        let values = values.map(|(emoji, value)| (emoji.to_owned(), value)).into();
        let settings = Settings { values, offered: Vec::new(), ..Settings::default() };
        assert_eq!(settings.check(), Ok(()));
        let value = |text: &str| settings.value(&Emoji::new(text));
        assert_eq!([value("banger:7"), value("banger any"), value("banger")], [Some(1.0); 3]);
        assert_eq!([value("banger:8"), value(":8"), value("new:8 burst")], [Some(-1.0); 3]);
        assert_eq!([value("boom:900000000000000009"), value("boom:9")], [Some(3.0), None]);
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
        let settings = Settings { own_vote: f64::NAN, ..Settings::default() };
        assert_eq!(settings.check().map_err(|e| e.key), Err("own_vote"));
        let mut settings = Settings::default();
        settings.values.insert("😀".to_owned(), f64::NAN);
        assert_eq!(settings.check().map_err(|e| e.key), Err("values"));
        let mut settings = Settings::default();
        settings.values.insert("👍🏿".to_owned(), 1.0);
        assert_eq!(settings.check().map_err(|e| e.key), Err("values"));
        let offering = |offered: &str| {
            let mut settings =
                Settings { offered: vec![offered.to_owned()], ..Settings::default() };
            settings.values.extend([("é".to_owned(), 1.0), ("banger".to_owned(), 1.0)]);
            settings.check().map_err(|e| e.key)
        };
        for wrong in ["🤔", "é", "banger", "👍👍", "👍 burst", ":5"] {
            assert_eq!(offering(wrong), Err("offered"), "{wrong}");
        }
        for right in ["👍🏽", "banger:5", "<a:banger:5>"] {
            assert_eq!(offering(right), Ok(()), "{right}");
        }
    }
}
