//! Who used which slash command, and where does the answer go?

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::command::Question;
use crate::id::{ChannelId, ListenerId};

/// The size of a file that every place takes.
const MAX_FILE_BYTES: usize = 10 << 20;

/// The use of a slash command by a listener.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is asked.
    pub question: Question,
    /// Who asks.
    pub listener: ListenerId,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
}

/// Where an answer goes: below the question as long as that is open, else into its channel.
#[derive(Clone, Debug)]
pub struct ReplyTo {
    /// The channel.
    pub channel: ChannelId,
    /// The chat's own handle to the open question, if there is one.
    open: Option<Open>,
}

impl ReplyTo {
    /// A plain message in `channel`, for which nobody waits. Needed for a track that was made
    /// before a crash and not posted.
    pub fn channel(channel: ChannelId) -> Self {
        Self { channel, open: None }
    }

    /// The answer to a question that waits in `channel`.
    pub(crate) fn question(channel: ChannelId, open: Open) -> Self {
        Self { channel, open: Some(open) }
    }

    /// The largest file that can be attached to an answer, in bytes.
    pub fn max_file_bytes(&self) -> usize {
        self.open.as_ref().map_or(MAX_FILE_BYTES, |open| open.max_file_bytes)
    }

    /// The question, unless it was asked longer than `at_most` ago.
    pub(crate) fn still_open(&self, at_most: Duration) -> Option<&Open> {
        self.open.as_ref().filter(|open| open.at.elapsed().unwrap_or_default() < at_most)
    }

    /// What tells the answer to this question from others; none where nobody asked.
    pub(crate) fn nonce(&self) -> Option<String> {
        self.open.as_ref().map(|open| open.id.to_string())
    }
}

/// What keeps a question open: an id and a secret that is valid for a quarter of an hour.
#[derive(Clone)]
pub(crate) struct Open {
    /// The id, by which an answer is told from others.
    pub(crate) id: u64,
    /// The secret.
    pub(crate) token: String,
    /// When the question was heard.
    pub(crate) at: SystemTime,
    /// The largest file that the place takes, in bytes.
    pub(crate) max_file_bytes: usize,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("max_file_bytes", &self.max_file_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_question_open_is_never_shown() {
        let at = SystemTime::now();
        let open = Open { id: 1, token: "secret".to_owned(), at, max_file_bytes: 1 };
        assert!(!format!("{open:?}").contains("secret"));
    }

    #[test]
    fn a_question_is_open_for_a_while() {
        let at = SystemTime::now() - Duration::from_secs(60);
        let open = Open { id: 1, token: String::new(), at, max_file_bytes: 7 };
        let reply_to = ReplyTo::question(ChannelId(1), open);
        assert!(reply_to.still_open(Duration::from_secs(90)).is_some());
        assert!(reply_to.still_open(Duration::from_secs(30)).is_none());
        assert_eq!((reply_to.max_file_bytes(), reply_to.nonce()), (7, Some("1".to_owned())));
        let nobody = ReplyTo::channel(ChannelId(1));
        assert!(nobody.still_open(Duration::MAX).is_none());
        assert_eq!((nobody.max_file_bytes(), nobody.nonce()), (MAX_FILE_BYTES, None));
    }
}
