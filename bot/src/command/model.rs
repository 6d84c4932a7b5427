//! `/model`: how is the model of a genre doing?

use serde::{Deserialize, Serialize};

use super::genre;
use super::offer::Offer;
use super::option::{CommandOption, Given};

pub(super) fn options() -> Vec<CommandOption> {
    vec![genre::option()]
}

/// What is asked about a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelQuestion {
    /// The genre.
    pub genre: String,
    /// The community of who asks, named as in a wish ([`Wish::community`](crate::wish::Wish::community)).
    pub community: Option<String>,
}

/// The genre that is meant; where it is asked is for the chat to say.
pub(super) fn read(given: &Given, offer: &Offer) -> Result<ModelQuestion, String> {
    Ok(ModelQuestion { genre: genre::read(given, offer)?, community: None })
}
