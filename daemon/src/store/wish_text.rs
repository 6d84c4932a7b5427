//! How is a wish kept in the record of a track?
//!
//! As the text of its JSON, which is what every release has written.

use bot::wish::Wish;
use serde::de::Deserialize;
use serde::ser::{Error as _, Serialize};
use serde::{Deserializer, Serializer};
use serde_json::{Map, Value};

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

/// A wish that another release could express and this one cannot is no reason to lose the track: what
/// cannot be read of it is taken as left open. The stored text keeps it, see `tracks::set_state`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Wish, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(serde_json::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!(text, %error, "not all that a track was asked for can be read");
        readable_part(&text)
    }))
}

/// The wish of those fields that can be read.
fn readable_part(text: &str) -> Wish {
    let fields: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    let (mut wish, mut readable) = (Wish::default(), Map::new());
    for (name, value) in fields {
        readable.insert(name.clone(), value);
        match Wish::deserialize(Value::Object(readable.clone())) {
            Ok(more) => wish = more,
            Err(_) => drop(readable.remove(&name)),
        }
    }
    wish
}
