//! Who used which slash command, and where does the answer go?

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::command::Question;
use crate::id::{ChannelId, InvocationId, ListenerId};

/// The size of a file that every place takes.
pub(crate) const MAX_FILE_BYTES: usize = 10 << 20;

/// The use of a slash command by a listener.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is asked.
    pub question: Question,
    /// Who asks.
    pub listener: ListenerId,
    /// The community in which it is asked, by its number; `None` outside of any.
    pub community: Option<String>,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
}

/// Where an answer goes: below the question as long as that is open, else into its channel. It can be
/// kept, so that a question outlives the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTo {
    /// The channel.
    pub channel: ChannelId,
    /// No message that answers is older: milliseconds since 1970.
    pub since_ms: u64,
    /// The chat's own handle to the open question, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<Open>,
}

impl ReplyTo {
    /// A plain message in `channel`, for which nobody waits. Needed for a track that an earlier release
    /// made and did not post; what answers is no older than `since`.
    pub fn channel(channel: ChannelId, since: SystemTime) -> Self {
        Self { channel, since_ms: to_ms(since), open: None }
    }

    /// The answer to a question that waits in `channel`.
    pub(crate) fn question(channel: ChannelId, open: Open) -> Self {
        Self { channel, since_ms: open.at_ms, open: Some(open) }
    }

    /// By what the question is known, where one is.
    pub fn question_id(&self) -> Option<InvocationId> {
        self.open.as_ref().map(|open| open.id)
    }

    /// The largest file that can be attached to an answer, in bytes.
    pub fn max_file_bytes(&self) -> usize {
        self.open.as_ref().map_or(MAX_FILE_BYTES, |open| open.max_file_bytes)
    }

    /// Whether the bot may put emoji below an answer, as far as is known.
    pub fn may_react(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.may_react)
    }

    /// When the question was heard, or since when its answer may be there.
    pub fn since(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.since_ms)
    }

    /// The question, unless it was asked longer than `at_most` ago.
    pub(crate) fn still_open(&self, at_most: Duration) -> Option<&Open> {
        let age = self.since().elapsed().unwrap_or_default();
        self.open.as_ref().filter(|_| age < at_most)
    }

    /// What tells the answer to this question from others; none where nobody asked.
    pub(crate) fn nonce(&self) -> Option<String> {
        self.question_id().map(|id| id.to_string())
    }
}

/// What keeps a question open: an id and a secret that is valid for a quarter of an hour.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    /// The id, by which an answer is told from others.
    pub(crate) id: InvocationId,
    /// The secret.
    pub(crate) token: String,
    /// When the question was heard, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The largest file that the place takes, in bytes.
    pub(crate) max_file_bytes: usize,
    /// Whether the bot may put emoji below its posts there.
    #[serde(default = "usually")]
    pub(crate) may_react: bool,
}

fn usually() -> bool {
    true
}

impl Open {
    pub(crate) fn new(id: u64, token: &str, at: SystemTime, max_file_bytes: usize) -> Self {
        let (token, at_ms) = (token.to_owned(), to_ms(at));
        Self { id: InvocationId(id), token, at_ms, max_file_bytes, may_react: usually() }
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("id", &self.id).finish_non_exhaustive()
    }
}

fn to_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_a_question_open_is_kept_and_never_shown() {
        let open = Open::new(1, "secret", SystemTime::now(), 1);
        assert!(!format!("{open:?}").contains("secret"));
        let reply_to = ReplyTo::question(ChannelId(3), open);
        let kept = serde_json::to_string(&reply_to).expect("text");
        assert_eq!(serde_json::from_str::<ReplyTo>(&kept).expect("the same"), reply_to);
    }

    #[test]
    fn a_question_is_open_for_a_while() {
        let at = SystemTime::now() - Duration::from_secs(60);
        let reply_to = ReplyTo::question(ChannelId(1), Open::new(1, "", at, 7));
        assert!(reply_to.still_open(Duration::from_secs(90)).is_some());
        assert!(reply_to.still_open(Duration::from_secs(30)).is_none());
        assert_eq!((reply_to.max_file_bytes(), reply_to.nonce()), (7, Some("1".to_owned())));
        let nobody = ReplyTo::channel(ChannelId(1), at);
        assert!(nobody.still_open(Duration::MAX).is_none());
        assert_eq!((nobody.max_file_bytes(), nobody.nonce()), (MAX_FILE_BYTES, None));
    }
}
