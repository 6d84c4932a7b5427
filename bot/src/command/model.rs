//! `/model`: how is the model of a genre doing?

use super::genre;
use super::offer::Offer;
use super::option::{CommandOption, Given};

pub(super) fn options() -> Vec<CommandOption> {
    vec![genre::option()]
}

/// The genre that is meant.
pub(super) fn read(given: &Given, offer: &Offer) -> Result<String, String> {
    genre::read(given, offer)
}
