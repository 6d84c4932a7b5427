//! Which genre is meant? The option that commands share.

use super::offer::{Offer, find_name};
use super::option::{CommandOption, Given, Kind};
use crate::post;

/// A genre, completed while it is typed.
pub(super) fn option() -> CommandOption {
    let genres = Kind::Name(|_, offer| offer.genres.clone());
    CommandOption::new("genre", "What kind of music", genres).required()
}

/// The genre that is meant, as the daemon writes it.
pub(super) fn read(given: &Given, offer: &Offer) -> Result<String, String> {
    let genre = given.text("genre").unwrap_or_default();
    let known = find_name(genre, &offer.genres).cloned();
    known.ok_or_else(|| post::unknown_genre(genre, &offer.genres))
}
