//! Under which name does a chat's listener vote?

use bot::chat::ListenerId;

/// What the names of a chat's listeners begin with.
pub(crate) const CHAT: &str = "discord:";

/// Gives the chat's listeners their names.
#[derive(Clone, Debug)]
pub(crate) struct Listeners {
    prefix: &'static str,
}

impl Default for Listeners {
    fn default() -> Self {
        Self { prefix: CHAT }
    }
}

impl Listeners {
    /// The name under which a chat's listener votes and is on record.
    pub(crate) fn name(&self, listener: ListenerId) -> String {
        format!("{}{listener}", self.prefix)
    }
}
