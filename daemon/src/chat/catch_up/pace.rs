//! How fast is the chat asked for what was missed?

use std::time::Duration;

/// How much of the chat's time is taken, so that whoever waits for a track does not notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Before each question that a new session asks.
    pub(super) between: Duration,
    /// Before each question where nothing is known to differ.
    pub(super) gentle: Duration,
    /// After all was looked at.
    pub(super) again: Duration,
    /// After the chat could not be reached.
    pub(super) retry: Duration,
}

/// The pace at which a chat is asked.
pub(crate) const PACE: Pace = Pace {
    between: Duration::from_millis(250),
    gentle: Duration::from_secs(2),
    again: Duration::from_secs(24 * 3600),
    retry: Duration::from_secs(600),
};
