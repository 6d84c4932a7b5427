//! What are songs and tracks called in the store, and how are keys made of names and numbers?
//!
//! A key is made of names, each ended by a zero byte, and of numbers as eight big-endian bytes, so
//! that keys sort as their parts do.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::Error;

/// The longest genre, listener or fingerprint, in bytes.
pub const MAX_NAME: usize = 128;

/// A song: the BLAKE3 hash of its file's content. Written as 64 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SongId(pub [u8; 32]);

/// A track: one that was generated, or a file that was made elsewhere and is rated here. Written as a plain number; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub u64);

impl SongId {
    /// The id of a song file with this content.
    pub fn of(content: &[u8]) -> Self {
        Self(*blake3::hash(content).as_bytes())
    }
}

impl fmt::Display for SongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for SongId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let hash = blake3::Hash::from_hex(text).map_err(|_| Error::BadValue {
            what: "song",
            value: text.to_owned(),
            allowed: "its id of 64 hex digits",
        })?;
        Ok(Self(*hash.as_bytes()))
    }
}

impl Serialize for SongId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SongId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TrackId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.parse().map(Self).map_err(|_| Error::BadValue {
            what: "track",
            value: text.to_owned(),
            allowed: "its number",
        })
    }
}

/// `name` as the first part of a key.
///
/// # Errors
/// [`Error::BadValue`] when it is empty, longer than [`MAX_NAME`] bytes or has a zero byte.
pub(super) fn name_key(what: &'static str, name: &str) -> Result<Vec<u8>, Error> {
    if name.is_empty() || name.len() > MAX_NAME || name.contains('\0') {
        let allowed = "1 to 128 bytes of text";
        return Err(Error::BadValue { what, value: name.to_owned(), allowed });
    }
    let mut key = Vec::with_capacity(name.len() + 41);
    key.extend_from_slice(name.as_bytes());
    key.push(0);
    Ok(key)
}

/// The key of a genre.
pub(super) fn genre_key(genre: &str) -> Result<Vec<u8>, Error> {
    name_key("genre", genre)
}

/// `key` with the next part `number`.
pub(super) fn with_number(mut key: Vec<u8>, number: u64) -> Vec<u8> {
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The number in which `key` ends.
pub(super) fn last_number(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The song id in which `key` ends.
pub(super) fn last_song(key: &[u8]) -> SongId {
    SongId(key.last_chunk().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = SongId::of(b"abc");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!("6437".parse::<SongId>().is_err());
        assert_eq!("12".parse(), Ok(TrackId(12)));
        assert!("twelve".parse::<TrackId>().is_err());
    }

    #[test]
    fn keys_sort_as_their_parts_do() {
        let key = |name, number| with_number(genre_key(name).expect("a name"), number);
        assert!(key("a", 300) < key("a", 65_536));
        assert!(key("a", u64::MAX) < key("ab", 0));
        assert_eq!(last_number(&key("a", 300)), 300);
        assert!(genre_key("").is_err() && genre_key("a\0b").is_err());
    }
}
