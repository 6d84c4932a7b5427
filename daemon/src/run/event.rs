//! What can happen to the daemon?
//!
//! One enum, so that the loop in [`crate::run`] is the one place where everything meets. Slow work is
//! done elsewhere and comes back as an event.

use std::collections::BTreeSet;

use bot::chat::{ChannelId, Heard, MessageId, Offer, Reacted};

use crate::control::Asked;
use crate::control::answer::Line;
use crate::cycle::schedule::Due;
use crate::cycle::training::NewVersion;
use crate::store::TrackId;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// Files went from the inbox to the library or to the rejected ones.
    TakenIn {
        /// Genres that got a new song.
        genres: BTreeSet<String>,
        /// Files that are still in the inbox because something failed.
        n_failed: usize,
    },
    /// Files that failed are to be tried again.
    Rescan,
    /// A person went back to another version of a genre: it may be played now, or that failed.
    RolledBack,
    /// What listeners may choose from now; none where that cannot be told.
    Offer(Option<Offer>),
    /// The chat noticed something.
    Heard(Heard),
    /// A reaction came to a message that is no track (yet).
    Unmatched(Reacted),
    /// A track stands in the chat.
    Posted(MessageId),
    /// A command came through the control socket.
    Asked(Asked),
    /// It is time to look whether a genre is due.
    Tick,
    /// These genres are due for training.
    Due(Vec<(String, Due)>),
    /// The training under way says something.
    Training(Line),
    /// The training under way has ended.
    Trained(anyhow::Result<NewVersion>),
    /// Posts whose fate a crash left open, and recent posts whose reactions may have been missed.
    Recover {
        /// Tracks being posted, with their channel.
        posting: Vec<(TrackId, ChannelId)>,
        /// Tracks that were posted.
        posted: Vec<(TrackId, ChannelId, MessageId)>,
    },
    /// The daemon is to stop.
    Stop,
}
