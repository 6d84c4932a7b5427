//! What is posted, and where did it end up?

use std::fmt;

use crate::id::{ChannelId, ListenerId, MessageId};
use crate::post::Marker;

/// A finished message with a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text, which carries `marker` (see [`crate::post::track`]).
    pub text: String,
    /// What is attached, in the order in which it is shown.
    pub files: Vec<File>,
    /// By what the message is found again.
    pub marker: Marker,
    /// Who asked for it: called where the message is not the answer to an open question.
    pub listener: Option<ListenerId>,
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

/// An answer that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Where it ended up.
    pub posted: Posted,
    /// Whether it was or may have been there already, so that reactions below it may not have been heard.
    pub was_there: bool,
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
