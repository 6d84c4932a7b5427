//! What is posted, and where did it end up?

use std::fmt;

use crate::id::{ChannelId, MessageId};
use crate::post::Marker;

/// A finished message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text, which carries `marker` (see [`crate::post::track`]).
    pub text: String,
    /// What is attached, in the order in which it is shown.
    pub files: Vec<File>,
    /// By what the message is found again.
    pub marker: Marker,
}

/// An attached file.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name; the ending tells the chat what it is (a player for `.ogg`, a picture for `.png`).
    pub name: String,
    /// What is in it, for those who can't see or hear it; at most 1024 characters.
    pub description: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// Where a post ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub message: MessageId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_shown_without_its_content() {
        let file = File { name: "a.mid".into(), description: String::new(), bytes: vec![7; 9] };
        assert_eq!(format!("{file:?}"), "File(\"a.mid\", 9 bytes)");
    }
}
