//! What was heard of messages that are not known to be tracks yet?
//!
//! A post is confirmed a moment after it is visible, and other people's messages never are. Nothing
//! follows from what is heard of a message before it is known to be a track, and then all of it does, in
//! its order.

use std::collections::{BTreeSet, VecDeque};

use bot::chat::{MessageId, Reacted};
use bot::reaction::Emoji;

/// What is kept at most; the oldest goes first.
const MAX_EARLY: usize = 4096;

/// Something that was heard.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// A reaction was put or taken back.
    Reacted(Reacted),
    /// All reactions, or those with one emoji, were gone at a time in milliseconds since 1970.
    Cleared { emoji: Option<Emoji>, at_ms: u64 },
}

/// What waits, in its order.
#[derive(Debug, Default)]
pub(super) struct Early(VecDeque<(MessageId, Heard)>);

impl Early {
    pub(super) fn push(&mut self, message: MessageId, heard: Heard) {
        self.0.push_back((message, heard));
        if self.0.len() > MAX_EARLY {
            self.0.pop_front();
        }
    }

    /// The messages of which something waits.
    pub(super) fn messages(&self) -> BTreeSet<MessageId> {
        self.0.iter().map(|(message, _)| *message).collect()
    }

    /// What waits first of a message, and its place.
    pub(super) fn first_of(&self, message: MessageId) -> Option<(usize, Heard)> {
        let idx = self.0.iter().position(|(of, _)| *of == message)?;
        Some((idx, self.0[idx].1.clone()))
    }

    /// What is at this place waits no longer.
    pub(super) fn remove(&mut self, idx: usize) {
        self.0.remove(idx);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
