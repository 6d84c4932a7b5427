//! What does only a running daemon know?

use crate::control::answer::Step;

/// A training under way.
#[derive(Clone, Debug)]
pub struct Underway {
    /// The genre.
    pub genre: String,
    /// Its progress; none until the first step is made.
    pub step: Option<Step>,
}

/// What only a running daemon knows.
#[derive(Clone, Debug, Default)]
pub struct Situation {
    /// Whether this is the daemon.
    pub is_daemon: bool,
    /// The training under way.
    pub training: Option<Underway>,
    /// The genres whose training is queued, the next first.
    pub waiting: Vec<String>,
    /// The state of the chat, in words.
    pub chat: String,
}
