//! What can happen to the daemon?
//!
//! One enum, so that the loop in [`super::daemon`] is the one place where everything meets. Work off
//! the loop comes back as an event, whatever became of it.

use bot::chat::{
    Acknowledged, Asked as AskedInChat, ChannelId, Connected, InvocationId, Reception,
};
use bot::command::Offer;
use tokio::sync::mpsc::UnboundedSender;

use crate::chat::ending::Ended;
use crate::control::line::Line;
use crate::control::{Asked, Reply};
use crate::cycle::due::Outlook;
use crate::cycle::training::NewVersion;
use crate::cycle::training_request::TrainingRequest;
use crate::intake::Taken;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// Files were taken in.
    TakenIn(Taken),
    /// Files that could not be taken in are to be tried again.
    RetryIntake,
    /// A command came through the control socket.
    Asked(Asked),
    /// A command was carried out; it may have changed anything that is kept.
    Executed {
        /// Whether another version may be played now.
        is_rollback: bool,
    },
    /// Whether a training that was asked for can begin.
    Checked(AskedTraining, anyhow::Result<()>),
    /// Votes were given or taken back.
    Voted,
    /// A genre may have come due by time alone.
    Alarm,
    /// Which genres are due for training.
    Due(anyhow::Result<Outlook>),
    /// The training under way says something.
    Training(Line),
    /// The training under way has ended.
    Trained(anyhow::Result<NewVersion>),
    /// What listeners may choose from.
    Offer(anyhow::Result<Offer>),
    /// The chat noticed something.
    Chat(ChatEvent),
    /// Something happened to a question of the chat.
    Job(InvocationId, JobEvent),
    /// The daemon is to stop.
    Stop,
}

/// What the chat noticed, apart from reactions: those go to the ledger, past the loop.
#[derive(Debug)]
pub(crate) enum ChatEvent {
    /// A listener asks for something.
    Asked(AskedInChat),
    /// What became of the acknowledgement of a question.
    Acknowledged(InvocationId, Acknowledged),
    /// A channel with all its messages is gone.
    ChannelGone(ChannelId),
    /// The bot is no longer in a community.
    CommunityGone {
        /// The community, by the name that wishes give it.
        community: String,
    },
    /// The chat is there.
    Connected(Connected),
    /// The chat is not there.
    Disconnected {
        /// What happened and what to do, for the operator.
        why: String,
        /// Whether it will not come back by itself.
        for_good: bool,
    },
}

/// What can happen to a question of the chat.
#[derive(Debug)]
pub(crate) enum JobEvent {
    /// It was written down, or not; whether the chat had stopped waiting for that.
    Noted(anyhow::Result<(Reception, bool)>),
    /// Its track is made.
    Made,
    /// Work on it has ended.
    Ended(anyhow::Result<Ended>),
    /// It is to be tried again.
    Due,
    /// Those who wait are to be told their places; of no question in particular.
    Report,
}

/// A training that a person asks for.
#[derive(Debug)]
pub(crate) struct AskedTraining {
    /// Which.
    pub(crate) request: TrainingRequest,
    /// Where the answer goes.
    pub(crate) replies: UnboundedSender<Reply>,
    /// What an asker is told who does not wait for its end.
    pub(crate) queued: Option<Line>,
}
