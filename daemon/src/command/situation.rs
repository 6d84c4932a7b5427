//! What does only a running daemon know?

use crate::control::answer::Step;

/// A training under way.
#[derive(Clone, Debug)]
pub(crate) struct Underway {
    /// The genre.
    pub(crate) genre: String,
    /// Its progress; none until the first step is made.
    pub(crate) step: Option<Step>,
}

/// What only a running daemon knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Situation {
    /// Whether this is the daemon.
    pub(crate) is_daemon: bool,
    /// The training under way.
    pub(crate) training: Option<Underway>,
    /// The genres whose training is queued, the next first.
    pub(crate) waiting: Vec<String>,
    /// The state of the chat, in words.
    pub(crate) chat: String,
}
