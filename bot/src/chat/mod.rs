//! What does the daemon need of a chat, whichever it is?
//!
//! The chat tells what it hears ([`Heard`]) through one callback and does what it is asked
//! ([`Chat`]). Nothing here knows Discord, and nothing here decides what a reaction is worth
//! ([`crate::reaction`]), which commands there are ([`crate::command`]) or what a post says
//! ([`crate::post`]).

mod asked;
mod heard;
mod invocation;
mod message;
mod service;

pub use self::asked::{Acknowledged, Asked, Reception};
pub use self::heard::{Connected, Heard, Reacted};
pub use self::invocation::{Invocation, ReplyTo};
pub(crate) use self::invocation::{MAX_FILE_BYTES, Open};
pub use self::message::{File, Placed, Post, Posted};
pub use self::service::{Answered, Below, Chat, Error};
pub use crate::command::{Offer, Question};
pub use crate::id::{ChannelId, InvocationId, ListenerId, MessageId};
pub use crate::post::Marker;
