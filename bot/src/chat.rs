//! What does the daemon need of a chat, whichever it is?
//!
//! The chat tells what it hears ([`Heard`]) through one callback and does what it is asked
//! ([`Chat`]). Nothing here knows Discord, and nothing here decides what a reaction is worth
//! ([`crate::reaction`]) or what a post says ([`crate::post`]).

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use music::key::Key;
use serde::{Deserialize, Serialize};

use crate::reaction::Emoji;

/// A place where messages are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelId(pub u64);

/// One message; unique over all channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u64);

/// One person who listens, reacts and asks for tracks. Never a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub u64);

macro_rules! shown_as_number {
    ($($id:ty),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
shown_as_number!(ChannelId, MessageId, ListenerId);

/// A short text inside a post by which it is found again, such as `track 00c0ffee00c0ffee`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker(String);

impl Marker {
    /// The marker of the track with this number: the same number always gives the same marker.
    pub fn of_track(track: u64) -> Self {
        Self(format!("track {track:016x}"))
    }

    /// The text itself, ASCII, 22 bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` carries this marker.
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }
}

/// The name among `names` that a listener means by `text`: it itself if it is one, else the first that
/// differs only in blanks around it, else the first that differs in letters' case besides.
pub fn meant<'a>(text: &str, names: &'a [String]) -> Option<&'a String> {
    let (trimmed, lower) = (text.trim(), text.trim().to_lowercase());
    let itself = names.iter().find(|name| *name == text);
    let but_blanks = || names.iter().find(|name| name.trim() == trimmed);
    let but_case = || names.iter().find(|name| name.trim().to_lowercase() == lower);
    itself.or_else(but_blanks).or_else(but_case)
}

/// Something that the chat noticed, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A listener asks for a track and waits for [`Chat::answer`] or [`Chat::refuse`].
    Generate(Request),
    /// A listener asks how a genre's model stands and waits for [`Chat::tell`] or [`Chat::refuse`].
    /// Of the wish, only the genre is set.
    Model(Request),
    /// A listener put a reaction below a message or took it back.
    Reacted(Reacted),
    /// A moderator took reactions of all listeners from a message.
    Cleared {
        /// Where the message is.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// The emoji that was cleared, or `None` for all of them.
        emoji: Option<Emoji>,
    },
    /// A channel with all its messages is gone.
    ChannelGone(ChannelId),
    /// The chat is there. Unless `resumed`, reactions may have been missed: ask
    /// [`Chat::reactions_of`] about recent posts.
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
    /// The bot's name in the chat; empty when resumed.
    pub bot_name: String,
    /// Communities that the bot is a member of; 0 when resumed.
    pub n_guilds: usize,
    /// Where somebody who may do so adds the bot to one more community; empty when resumed.
    pub invite: String,
    /// Whether a broken connection was taken up again with nothing missed.
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

/// A listener's wish for a track, and the way to answer it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where it was asked, and where the answer is read.
    pub channel: ChannelId,
    /// Who asked.
    pub listener: ListenerId,
    /// The asker's name as others see it.
    pub listener_name: String,
    /// When it was heard.
    pub at: SystemTime,
    /// What was asked for.
    pub wish: Wish,
    /// The chat's own handle to the open question; `None` answers with a plain message.
    pub(crate) open: Option<Open>,
}

impl Request {
    /// A request that the chat did not make: its answer is a plain message in `channel`. Needed for
    /// a track that was made before a crash and not posted.
    pub fn unasked(channel: ChannelId, listener: ListenerId, wish: Wish, at: SystemTime) -> Self {
        Self { channel, listener, listener_name: String::new(), at, wish, open: None }
    }

    /// The largest file that can be attached to an answer, in bytes.
    pub fn max_file_bytes(&self) -> usize {
        self.open.as_ref().map_or(MAX_FILE_BYTES, |open| open.max_file_bytes)
    }
}

/// The size of a file that every place takes.
const MAX_FILE_BYTES: usize = 10 << 20;

/// What keeps a question open: an id and a secret that is valid for a quarter of an hour.
#[derive(Clone)]
pub(crate) struct Open {
    /// The id, by which an answer is told from others.
    pub(crate) id: u64,
    /// The secret.
    pub(crate) token: String,
    /// The largest file that the place takes, in bytes.
    pub(crate) max_file_bytes: usize,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("max_file_bytes", &self.max_file_bytes).finish_non_exhaustive()
    }
}

/// What a listener wants; `None` leaves the choice to the daemon.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// The genre, as the daemon writes it.
    pub genre: String,
    /// One of the genre's artists, in whose manner it is to be.
    pub artist: Option<String>,
    /// The same seed, version and wish give the same track.
    pub seed: Option<u64>,
    /// Length in bars.
    pub bars: Option<u32>,
    /// Quarter notes a minute.
    pub tempo_bpm: Option<f64>,
    /// The key.
    pub key: Option<Key>,
    /// The name of an instrument for the lead, one of [`Offer::instruments`].
    pub instrument: Option<String>,
    /// The name of an arrangement, one of [`Offer::arrangements`].
    pub arrangement: Option<String>,
}

/// What listeners may choose from; the daemon keeps it up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Names of the genres known, trained or not.
    pub genres: Vec<String>,
    /// Names of the artists that a genre has learned, by genre.
    pub artists: BTreeMap<String, Vec<String>>,
    /// Names of the instruments for the lead.
    pub instruments: Vec<String>,
    /// Names of the arrangements.
    pub arrangements: Vec<String>,
}

/// A finished message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text, which carries `marker` (see [`crate::post::text`]).
    pub text: String,
    /// What is attached, in the order in which it is shown.
    pub files: Vec<File>,
    /// By what the message is found again.
    pub marker: Marker,
}

/// An attached file.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its name; the ending tells the chat what it is (a player for `.ogg`, a picture for `.png`).
    pub name: String,
    /// What is in it, for those who can't see or hear it; at most 1024 characters.
    pub description: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// Where a post ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The channel.
    pub channel: ChannelId,
    /// The message.
    pub message: MessageId,
}

/// Why the chat did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The token is not (or no longer) valid.
    #[error("{0}")]
    Token(String),
    /// The bot lacks a permission.
    #[error("the chat forbids to {what}: give the bot's role the permission {permission}")]
    Forbidden {
        /// What was tried: "post in channel 5".
        what: String,
        /// The permission's name as the chat's settings show it.
        permission: &'static str,
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
    /// The chat took the request for wrong; a mistake of this program.
    #[error("the chat did not accept to {what}: {why}; please report this")]
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

/// What a [`Chat`] gives back: a future that may be spawned.
pub type Answered<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A place where tracks are asked for, posted and reacted to.
///
/// Every call may take seconds (uploads, rate limits) and may be made at the same time as others.
pub trait Chat: Send + Sync {
    /// Answers `request` with `post`; late answers become a plain message in the same channel.
    fn answer<'a>(&'a self, request: &'a Request, post: Post) -> Answered<'a, Posted>;

    /// Answers `request` with something that is no track: nothing is offered to react with, and it is
    /// not looked for after a crash. Late answers become a plain message in the same channel.
    fn tell<'a>(&'a self, request: &'a Request, text: String, files: Vec<File>)
    -> Answered<'a, ()>;

    /// Tells the asker alone (where the chat can) why there is no answer.
    fn refuse<'a>(&'a self, request: &'a Request, text: String) -> Answered<'a, ()>;

    /// The bot's message with `marker` among those posted in `channel` at or after `since`.
    ///
    /// To be asked after a crash, before a track of unknown fate is posted (again).
    fn find_post<'a>(
        &'a self,
        channel: ChannelId,
        marker: &'a Marker,
        since: SystemTime,
    ) -> Answered<'a, Option<MessageId>>;

    /// Every reaction that now stands below a message, bots' left out, each pair once.
    fn reactions_of(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Answered<'_, Vec<(Emoji, ListenerId)>>;

    /// Leaves the chat within two seconds; all later calls end in [`Error::Stopped`].
    fn stop(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_only_in_its_own_post() {
        let marker = Marker::of_track(0x00C0_FFEE);
        assert_eq!(marker.as_str(), "track 0000000000c0ffee");
        assert!(marker.is_in("a song\n-# track 0000000000c0ffee"));
        assert!(!marker.is_in("a song\n-# track 0000000000c0ffef"));
    }

    #[test]
    fn each_name_on_offer_can_be_chosen_and_typed_loosely() {
        let names = ["Zatox", "zatox", "dj x ", "DJ Y"].map(str::to_owned);
        let meant = |text| meant(text, &names).map(String::as_str);
        for name in &names {
            assert_eq!(meant(name), Some(name.as_str()));
        }
        for (text, name) in [(" zatox ", "zatox"), ("ZATOX", "Zatox"), ("Dj X", "dj x ")] {
            assert_eq!(meant(text), Some(name), "{text:?}");
        }
        assert_eq!((meant(" dj y "), meant("dj"), meant("")), (Some("DJ Y"), None, None));
    }

    #[test]
    fn what_keeps_a_question_open_is_never_shown() {
        let open = Open { id: 1, token: "secret".to_owned(), max_file_bytes: 1 };
        assert!(!format!("{open:?}").contains("secret"));
    }

    #[test]
    fn a_file_is_shown_without_its_content() {
        let file = File { name: "a.mid".into(), description: String::new(), bytes: vec![7; 9] };
        assert_eq!(format!("{file:?}"), "File(\"a.mid\", 9 bytes)");
    }
}
