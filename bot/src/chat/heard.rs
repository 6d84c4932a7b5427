//! What does a chat notice?

use std::time::SystemTime;

use super::asked::{Acknowledged, Asked};
use crate::id::{ChannelId, InvocationId, ListenerId, MessageId};
use crate::reaction::Emoji;

/// Something that the chat noticed, in the order in which it happened.
#[derive(Debug)]
pub enum Heard {
    /// A listener used a slash command; what is said of it is acknowledged.
    Asked(Asked),
    /// What became of the acknowledgement of a question that was noted. Before this is heard, an answer
    /// would be too early.
    Acknowledged(InvocationId, Acknowledged),
    /// A listener put a reaction below a message or took it back.
    Reacted(Reacted),
    /// A moderator removed the reactions of all listeners from a message.
    Cleared {
        /// Where the message is.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// The emoji that was cleared, or `None` for all of them.
        emoji: Option<Emoji>,
    },
    /// A channel or a thread with all its messages is gone.
    ChannelGone(ChannelId),
    /// The bot is no longer in a community.
    CommunityGone {
        /// The community, by the name that wishes give it.
        community: String,
    },
    /// The chat is there. Unless `resumed`, reactions may have been missed: ask
    /// [`super::Chat::below`] about posts.
    Connected(Connected),
    /// The chat is not there.
    Disconnected {
        /// What happened and what to do, for the operator.
        why: String,
        /// Whether it will not come back by itself (a wrong token).
        for_good: bool,
    },
}

/// A connection that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The bot's name in the chat.
    pub bot_name: String,
    /// Communities that the bot is a member of.
    pub n_guilds: usize,
    /// Where somebody who may do so adds the bot to one more community.
    pub invite: String,
    /// Whether a broken connection was resumed with nothing missed.
    pub resumed: bool,
}

/// A reaction put or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reacted {
    /// Where the message is.
    pub channel: ChannelId,
    /// The message below which it stands.
    pub message: MessageId,
    /// Who reacted.
    pub listener: ListenerId,
    /// With what.
    pub emoji: Emoji,
    /// Put (true) or taken back (false).
    pub added: bool,
    /// When the chat told us.
    pub at: SystemTime,
}
