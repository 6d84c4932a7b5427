//! What does a running daemon know that the store does not?

use crate::control::line::Step;

/// A training under way.
#[derive(Clone, Debug)]
pub(crate) struct TrainingUnderway {
    /// The genre.
    pub(crate) genre: String,
    /// Its progress; none until the first step is made.
    pub(crate) step: Option<Step>,
}

/// What only a running daemon knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct DaemonState {
    /// Whether this is the daemon.
    pub(crate) is_daemon: bool,
    /// The training under way.
    pub(crate) training: Option<TrainingUnderway>,
    /// The genres whose training is queued, the next first.
    pub(crate) waiting: Vec<String>,
    /// The state of the chat, in words.
    pub(crate) chat: String,
}
