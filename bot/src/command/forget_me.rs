//! `/forget-me`: does a listener want their votes deleted, and are they sure?

use super::option::{CommandOption, Given, Kind, MenuEntry};

const SURE: &str = "sure";
const YES: &str = "yes";

pub(super) fn options() -> Vec<CommandOption> {
    let yes = MenuEntry { label: "Yes, delete all my votes".to_owned(), value: YES.to_owned() };
    vec![CommandOption::new(SURE, "It cannot be undone", Kind::Menu(vec![yes]))]
}

/// Whether the listener is sure.
pub(super) fn read(given: &Given) -> bool {
    given.text(SURE) == Some(YES)
}
