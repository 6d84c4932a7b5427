//! How is a setting left open?
//!
//! With the word "auto" in files, and [`AUTO`] here.

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::ser::Serializer;

/// Stands for "auto" in `layers`, `hidden`, `embedding`, `sequence_length` and `batch`.
pub const AUTO: usize = 0;

/// Writes [`AUTO`] as "auto".
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
pub(super) fn serialize<S: Serializer>(value: &usize, serializer: S) -> Result<S::Ok, S::Error> {
    match *value {
        AUTO => serializer.serialize_str("auto"),
        value => serializer.serialize_u64(value as u64),
    }
}

/// Reads "auto" as [`AUTO`].
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    deserializer.deserialize_any(NumberOrAuto)
}

struct NumberOrAuto;

impl Visitor<'_> for NumberOrAuto {
    type Value = usize;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a whole number above 0 or \"auto\"")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<usize, E> {
        let number = usize::try_from(value).ok().filter(|number| *number != AUTO);
        number.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<usize, E> {
        let number = usize::try_from(value).ok().filter(|number| *number != AUTO);
        number.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<usize, E> {
        if value == "auto" {
            return Ok(AUTO);
        }
        Err(E::invalid_type(Unexpected::Str(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Hyperparameters;
    use super::*;

    #[test]
    fn auto_is_written_as_a_word() {
        let open = Hyperparameters { hidden: AUTO, batch: AUTO, ..Hyperparameters::default() };
        let text = serde_json::to_string(&open).expect("plain settings");
        assert!(text.contains("\"hidden\":\"auto\""), "{text}");
        assert_eq!(serde_json::from_str::<Hyperparameters>(&text).expect("the same"), open);
        for wrong in ["0", "-1", "1.5", "\"many\"", "true"] {
            let read = serde_json::from_str::<Hyperparameters>(&format!("{{\"hidden\":{wrong}}}"));
            let said = read.expect_err("wrong").to_string();
            assert!(said.contains("expected a whole number above 0 or \"auto\""), "{said}");
        }
    }
}
