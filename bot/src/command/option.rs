//! What can a listener fill in after a slash command, and what did one fill in?

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::offer::Offer;

/// One option of a command.
pub struct CommandOption {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What it does, in a few words.
    pub description: &'static str,
    /// Whether the command cannot do without it.
    pub is_required: bool,
    /// What may be given.
    pub kind: Kind,
}

/// What an option takes.
pub enum Kind {
    /// A whole number.
    Integer(RangeInclusive<u64>),
    /// One of a few, which are shown as a menu.
    Menu(Vec<MenuEntry>),
    /// A text that is completed while it is typed with what this names; others can be sent as well.
    Name(fn(&Given, &Offer) -> Vec<String>),
}

/// One entry of a menu.
pub struct MenuEntry {
    /// What listeners read.
    pub label: String,
    /// What is sent if they choose it.
    pub value: String,
}

impl CommandOption {
    /// An option that may be left out.
    pub(super) fn new(name: &'static str, description: &'static str, kind: Kind) -> Self {
        Self { name, description, is_required: false, kind }
    }

    /// The same, not to be left out.
    pub(super) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

/// What a listener filled in: texts by the name of their option, numbers as digits.
#[derive(Debug, Default)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// What was given for an option; blanks alone are nothing.
    pub(super) fn text(&self, option: &str) -> Option<&str> {
        self.0.get(option).map(String::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The same, read as a `T`.
    ///
    /// # Errors
    /// What `T`'s parser says about a text that isn't one.
    pub(super) fn parsed<T: FromStr>(&self, option: &str) -> Result<Option<T>, T::Err> {
        self.text(option).map(str::parse).transpose()
    }
}

impl<T: Display> FromIterator<(String, T)> for Given {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(all: I) -> Self {
        Self(all.into_iter().map(|(option, value)| (option, value.to_string())).collect())
    }
}
