//! What can a chat be asked to do?

use std::future::Future;
use std::pin::Pin;

use super::invocation::ReplyTo;
use super::message::{File, Placed, Post};
use crate::id::{ChannelId, ListenerId, MessageId};
use crate::reaction::Emoji;

/// Why the chat did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The token is not (or no longer) valid.
    #[error("{0}")]
    Token(String),
    /// The bot lacks a permission.
    #[error("the chat does not let the bot {what}: {}", remedy(*permission))]
    Forbidden {
        /// What was tried: "post in channel 5".
        what: String,
        /// The permission's name as the chat's settings show it, if one is all that is missing.
        permission: Option<&'static str>,
    },
    /// The thread is archived or locked.
    #[error(
        "the thread is archived or locked, so the bot could not {what}: open it again, or give the \
         bot's role the permission Manage Threads"
    )]
    Closed {
        /// What was tried.
        what: String,
    },
    /// The message or its channel does not exist any more.
    #[error("the message or its channel is gone")]
    Gone,
    /// The network or the chat's servers failed, also when asked again.
    #[error("the chat could not be reached to {what} ({why}): it may work later")]
    Unreachable {
        /// What was tried.
        what: String,
        /// What went wrong.
        why: String,
    },
    /// The chat did it, but its answer is of no form that is known: where a message was sent, it is
    /// there.
    #[error("the chat did {what}, but its answer cannot be read ({why}); please report this")]
    Unreadable {
        /// What was tried.
        what: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The chat rejected the call as malformed; a mistake of this program.
    #[error("the chat rejected the attempt to {what}: {why}; please report this")]
    NotAccepted {
        /// What was tried.
        what: String,
        /// What the chat says.
        why: String,
    },
    /// The chat was stopped.
    #[error("the chat is stopped")]
    Stopped,
}

/// What the operator can do about an action that is forbidden.
fn remedy(permission: Option<&str>) -> String {
    match permission {
        Some(permission) => format!(
            "give its role the permission {permission} (server settings, Roles), and see that the \
             channel does not take it away (channel settings, Permissions)"
        ),
        None => "no permission helps with that, so the bot may have been blocked".to_owned(),
    }
}

/// What stands below a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// The message.
    pub message: MessageId,
    /// How many put each emoji there: other bots are counted, this one is not.
    pub counts: Vec<(Emoji, u64)>,
}

impl Below {
    /// The most messages that are told of at a time.
    pub const PAGE: usize = 100;
}

/// What a [`Chat`] gives back: a future that may be spawned.
pub type Answered<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A place where tracks are asked for, posted and reacted to.
///
/// Every call may take seconds (uploads, rate limits) and may be made at the same time as others.
/// An answer that comes too late becomes a plain message in the same channel.
pub trait Chat: Send + Sync {
    /// Answers with a track, below which reactions are offered. With `tried`, an earlier call may have done
    /// so unnoticed: then that message is the answer, and no second one is made.
    fn answer<'a>(&'a self, to: &'a ReplyTo, post: Post, tried: bool) -> Answered<'a, Placed>;

    /// Answers with something that is not a track: no reactions are offered, and it is not looked
    /// for after a crash.
    fn tell<'a>(&'a self, to: &'a ReplyTo, text: String, files: Vec<File>) -> Answered<'a, ()>;

    /// Tells the asker alone (where the chat can) why there is no answer.
    fn refuse<'a>(&'a self, to: &'a ReplyTo, text: String) -> Answered<'a, ()>;

    /// Tells who waits how far it is; tried once, as the next such text replaces it. Nothing where no
    /// question is open.
    fn report<'a>(&'a self, to: &'a ReplyTo, text: String) -> Answered<'a, ()>;

    /// Tells who asked that an answer has come that took long: an answer alone notifies nobody.
    fn call<'a>(&'a self, to: &'a ReplyTo, listener: ListenerId) -> Answered<'a, ()>;

    /// What stands below the messages of a channel, from `newest` on back, the newest first. Fewer than
    /// [`Below::PAGE`] are all that there are. [`Error::Gone`] says that the channel is.
    fn below(&self, channel: ChannelId, newest: MessageId) -> Answered<'_, Vec<Below>>;

    /// Whether a message of a channel was not deleted.
    fn is_there(&self, channel: ChannelId, message: MessageId) -> Answered<'_, bool>;

    /// Everybody who now has this very emoji below a message; bots are left out.
    fn people<'a>(
        &'a self,
        channel: ChannelId,
        message: MessageId,
        emoji: &'a Emoji,
    ) -> Answered<'a, Vec<ListenerId>>;

    /// Leaves the chat within two seconds; all later calls end in [`Error::Stopped`].
    fn stop(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
