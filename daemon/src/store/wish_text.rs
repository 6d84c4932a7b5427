//! How is a wish kept in the record of a track?
//!
//! As the text of its JSON, which is what every release has written.

use bot::wish::Wish;
use serde::de::Deserialize;
use serde::ser::{Error as _, Serialize};
use serde::{Deserializer, Serializer};

/// The text that is kept.
///
/// # Errors
/// For a path that is not Unicode.
pub(super) fn of(wish: &Wish) -> serde_json::Result<String> {
    serde_json::to_string(wish)
}

pub(super) fn serialize<S: Serializer>(wish: &Wish, serializer: S) -> Result<S::Ok, S::Error> {
    of(wish).map_err(S::Error::custom)?.serialize(serializer)
}

/// A wish that another release could express and this one cannot is no reason to lose the track: it
/// is then read as one that left everything open.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Wish, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!(text, %error, "what a track was asked for cannot be read");
        Wish::default()
    }))
}
