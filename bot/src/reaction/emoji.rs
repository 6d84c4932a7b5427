//! Which emoji did a listener put below a message?
//!
//! It is kept as the chat sent it, since a listener can hold `👍` and `👍🏽`, and one of them also as a
//! super reaction, and takes each back by itself. What it says is the same in every form: only
//! [`Emoji::plain`] leaves tone, presentation and kind out.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::unicode::is_emoji;

/// What follows the emoji of a super reaction. No emoji has a space in it.
const BURST: &str = " burst";
/// What follows an emoji of which only the plain form is known.
const ANY: &str = " any";

/// Digits that an id has at least. A shorter number alone is a name.
const ID_LENGTH: usize = 15;

/// An emoji as a listener put it, in the text by which it is kept: `👍🏽`, `banger:123` for a community's
/// own, `:123` for one that was deleted, `👍🏽 burst` for a super reaction.
///
/// Two are the same where the chat does not tell them apart: an own one goes by its id, whatever it is
/// called by now.
#[derive(Clone, Debug)]
pub struct Emoji(String);

impl Emoji {
    /// The emoji that a person or a store wrote: `👍🏽`, `banger`, `:banger:`, `<:banger:123>`,
    /// `banger:123`, or an id alone.
    pub fn new(text: &str) -> Self {
        let (text, form) = split(text.trim());
        if !text.is_ascii() && !text.contains(':') {
            return Self(format!("{text}{form}"));
        }
        let text = text.trim_start_matches('<').trim_end_matches('>');
        let mut parts = text.split(':').filter(|part| !part.is_empty()).rev();
        let last = parts.next().unwrap_or_default();
        let is_marked = text.len() > last.len() && text.ends_with(last);
        if last.parse::<u64>().is_ok() && (is_marked || last.len() >= ID_LENGTH) {
            return Self(format!("{}:{last}{form}", parts.next().unwrap_or_default()));
        }
        Self(format!("{last}{form}"))
    }

    /// A community's own emoji; one that was deleted has no name any more.
    pub fn own(id: u64, name: Option<&str>) -> Self {
        Self(format!("{}:{id}", name.unwrap_or_default()))
    }

    /// The same put as a super reaction, besides which its listener can hold the usual one.
    #[must_use]
    pub fn burst(&self) -> Self {
        Self(format!("{}{BURST}", self.sign()))
    }

    /// The same where it is not known in which of its forms it was put.
    #[must_use]
    pub fn of_any_form(&self) -> Self {
        Self(format!("{}{ANY}", self.sign()))
    }

    /// Whether it is a super reaction.
    pub fn is_burst(&self) -> bool {
        self.form() == BURST
    }

    /// Whether it is not known in which of its forms it was put.
    pub fn is_of_any_form(&self) -> bool {
        self.form() == ANY
    }

    /// The id of a community's own emoji.
    pub fn id(&self) -> Option<u64> {
        self.sign().rsplit_once(':')?.1.parse().ok()
    }

    /// The name of a community's own emoji, if it is known.
    pub fn name(&self) -> Option<&str> {
        let sign = self.sign();
        let name = sign.rsplit_once(':').map_or(sign, |(name, _)| name);
        (!name.is_empty() && (sign.is_ascii() || name != sign)).then_some(name)
    }

    /// The emoji without tone, presentation and kind, none of which changes what it says.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self(self.sign().chars().filter(|c| !is_variation(*c)).collect())
    }

    /// Whether both show the same, one perhaps as a super reaction.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        self.identity().0 == other.identity().0
    }

    /// Whether this one, of which the form is not known, may be the other.
    pub fn may_be(&self, other: &Self) -> bool {
        let same = || match (self.name(), other.name()) {
            (Some(own), Some(name)) => own == name,
            _ => self.plain() == other.plain(),
        };
        self.is_of_any_form() && same()
    }

    /// Whether it is the other, as far as is known.
    pub fn is(&self, other: &Self) -> bool {
        self == other || self.may_be(other)
    }

    /// Whether it can be put below a message: an emoji of Unicode, or a community's own by name and id.
    pub fn can_be_put(&self) -> bool {
        let is_own = self.id().is_some() && self.name().is_some();
        self.form().is_empty() && (is_own || is_emoji(self.sign()))
    }

    /// How it is written in a message.
    pub fn in_text(&self) -> String {
        match (self.id(), self.name()) {
            (Some(id), Some(name)) => format!("<:{name}:{id}>"),
            _ => self.sign().to_owned(),
        }
    }

    /// How it is written in settings and stores.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is shown, without the kind of the reaction.
    pub fn sign(&self) -> &str {
        split(&self.0).0
    }

    fn form(&self) -> &str {
        split(&self.0).1
    }

    /// What the chat tells emoji apart by.
    fn identity(&self) -> (&str, &str) {
        let (sign, form) = split(&self.0);
        (sign.rfind(':').map_or(sign, |at| &sign[at..]), form)
    }
}

/// What is shown, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = [BURST, ANY].into_iter().find(|form| text.ends_with(form)).map_or(0, str::len);
    text.split_at(text.len() - end)
}

impl PartialEq for Emoji {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Emoji {}

impl PartialOrd for Emoji {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Emoji {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for Emoji {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    fn tone_presentation_and_kind_tell_reactions_apart_but_say_the_same() {
        let forms = ["👍", "👍🏽", "👍🏿", "👍🏽 burst"].map(Emoji::new);
        for (i, one) in forms.iter().enumerate() {
            for (j, other) in forms.iter().enumerate() {
                assert_eq!(one == other, i == j, "{one} and {other}");
                assert_eq!(one.plain(), other.plain());
            }
            assert!(Emoji::new("👍").of_any_form().is(one) && !one.is(&forms[0].of_any_form()));
        }
        assert_ne!(Emoji::new("❤️"), Emoji::new("\u{2764}"));
        assert_eq!(Emoji::new("❤️").plain(), Emoji::new("\u{2764}"));
        assert_ne!(Emoji::new("👍").plain(), Emoji::new("👎").plain());
        assert!(forms[1].burst().shows_the_same(&forms[1]) && forms[3].is_burst());
        assert_eq!(forms[1].burst(), forms[3]);
    }

    #[test]
    fn own_emoji_go_by_their_id_and_else_by_their_name() {
        for text in ["banger", ":banger:"] {
            let emoji = Emoji::new(text);
            assert_eq!((emoji.as_str(), emoji.id()), ("banger", None), "{text}");
        }
        for text in ["<:banger:123>", "<a:banger:123>", "banger:123"] {
            let emoji = Emoji::new(text);
            assert_eq!((emoji.name(), emoji.id()), (Some("banger"), Some(123)), "{text}");
            assert_eq!(emoji.as_str(), "banger:123", "{text}");
        }
        let deleted = Emoji::own(123, None);
        assert_eq!((deleted.as_str(), deleted.name(), deleted.id()), (":123", None, Some(123)));
        assert_eq!(Emoji::new("900000000000000005").id(), Some(900_000_000_000_000_005));
        assert_eq!(Emoji::new("100").name(), Some("100"));
        assert_eq!(deleted, Emoji::new("renamed:123"));
        assert_ne!(deleted, Emoji::new("banger:124"));
        assert_ne!(deleted, Emoji::new("banger:123").burst());
        assert!(Emoji::new("banger").of_any_form().is(&Emoji::new("banger:123").burst()));
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for text in ["👍🏽", "👍🏽 burst", "banger:5", ":5", "banger:5 burst", "banger any", "👍 any"]
        {
            assert_eq!(Emoji::new(text).as_str(), text);
        }
        assert_eq!(Emoji::new("a number").as_str(), "a number");
        assert_eq!(Emoji::new(" ").as_str(), "");
    }
}
