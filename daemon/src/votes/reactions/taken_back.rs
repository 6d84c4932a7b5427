//! Which reactions were taken back while the chat was asked what stands?
//!
//! The store has no trace of one that never was a vote, and an answer that was under way names it still.

use std::collections::VecDeque;

use bot::reaction::Emoji;

use crate::store::TrackId;

/// Reactions taken back that are remembered at most.
const MAX_TAKEN_BACK: usize = 1024;

/// A reaction, or all of a kind, taken back.
pub(super) struct TakenBack {
    pub(super) track: TrackId,
    /// Whose; `None` is everybody's.
    pub(super) listener: Option<String>,
    /// Which; `None` is every one. Everybody's goes with the super reactions.
    pub(super) emoji: Option<Emoji>,
    pub(super) at_ms: u64,
}

/// The latest of them.
#[derive(Default)]
pub(super) struct Remembered(VecDeque<TakenBack>);

impl Remembered {
    pub(super) fn push(&mut self, taken_back: TakenBack) {
        self.0.push_back(taken_back);
        if self.0.len() > MAX_TAKEN_BACK {
            self.0.pop_front();
        }
    }

    /// Whether a listener's reaction was taken back at or after a time in milliseconds since 1970.
    pub(super) fn has(&self, track: TrackId, listener: &str, emoji: &Emoji, since_ms: u64) -> bool {
        let is_meant = |back: &TakenBack| match (&back.listener, &back.emoji) {
            (Some(whose), Some(taken)) => whose == listener && taken == emoji,
            (None, Some(taken)) => taken.shows_the_same(emoji),
            (whose, None) => whose.as_ref().is_none_or(|whose| whose == listener),
        };
        self.0.iter().any(|back| back.track == track && back.at_ms >= since_ms && is_meant(back))
    }
}
