//! How are the posts of all channels gone through?

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bot::chat::{Below, ChannelId, Chat, Error, MessageId};
use bot::reaction::Emoji;

use super::difference::Held;
use super::pace::Pace;
use crate::context::{Context, now_ms};
use crate::store::{TrackId, TrackState};
use crate::votes::ledger::LedgerDesk;
use crate::votes::reactions::Standing;

/// The newest posts, which are read wholly by each new session.
const NEWEST: usize = 25;
/// How long a post that was read wholly is not read so again, in milliseconds.
const A_DAY_MS: u64 = 24 * 3600 * 1000;

/// A post that can be voted on.
#[derive(Clone, Copy, Debug)]
struct Post {
    track: TrackId,
    channel: ChannelId,
    message: MessageId,
    read_at_ms: Option<u64>,
    /// Whether it is one of the newest of all.
    is_new: bool,
}

/// A post, what stands below it, and when that was asked.
struct Seen {
    post: Post,
    below: Below,
    asked_at_ms: u64,
}

/// How much of a channel could be read.
enum Reach {
    /// What was asked for.
    Read,
    /// Nothing more in this channel.
    Closed,
}

/// Goes through all posts.
pub(super) struct Reader {
    context: Context,
    chat: Arc<dyn Chat>,
    desk: LedgerDesk,
    pace: Pace,
    /// Channels of which it was said that nothing can be read back.
    closed: BTreeSet<ChannelId>,
}

impl Reader {
    pub(super) fn new(context: Context, chat: Arc<dyn Chat>, desk: LedgerDesk, pace: Pace) -> Self {
        Self { context, chat, desk, pace, closed: BTreeSet::new() }
    }

    /// Brings the votes on all posts up to date.
    ///
    /// # Errors
    /// When the store cannot be read, or the chat not be reached.
    pub(super) async fn read_back(&mut self) -> anyhow::Result<()> {
        let posts = self.context.blocking(posts).await?;
        let mut channels: Vec<(ChannelId, VecDeque<Post>)> = Vec::new();
        for post in posts {
            match channels.iter_mut().find(|(channel, _)| *channel == post.channel) {
                Some((_, posts)) => posts.push_back(post),
                None => channels.push((post.channel, [post].into())),
            }
        }
        let mut due = Vec::new();
        for (channel, posts) in channels {
            self.channel(channel, posts, &mut due).await?;
        }
        let mut closed = BTreeSet::new();
        for seen in due {
            if closed.contains(&seen.post.channel) {
                continue;
            }
            if let Reach::Closed = self.whole(&seen, self.pace.gentle).await? {
                closed.insert(seen.post.channel);
            }
        }
        Ok(())
    }

    /// Looks at the posts of a channel, the newest first; those that are to be read wholly in their turn
    /// are left in `due`.
    async fn channel(
        &mut self,
        channel: ChannelId,
        mut posts: VecDeque<Post>,
        due: &mut Vec<Seen>,
    ) -> anyhow::Result<()> {
        while let Some(newest) = posts.front() {
            let asked_at_ms = now_ms();
            tokio::time::sleep(self.pace.between).await;
            let page = match self.chat.below(channel, newest.message).await {
                Ok(page) => page,
                Err(Error::Gone) => return self.gone(posts).await,
                Err(error) => return self.failed(channel, error).map(|_| ()),
            };
            let is_full = page.len() >= Below::PAGE;
            let oldest = page.last().filter(|_| is_full).map_or(MessageId(0), |last| last.message);
            let mut page: BTreeMap<MessageId, Below> =
                page.into_iter().map(|below| (below.message, below)).collect();
            while posts.front().is_some_and(|post| post.message >= oldest) {
                let Some(post) = posts.pop_front() else { break };
                let reach = match page.remove(&post.message) {
                    Some(below) => self.look(Seen { post, below, asked_at_ms }, due).await?,
                    None => self.missing(post).await?,
                };
                if let Reach::Closed = reach {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads what has to be read at once of a post.
    async fn look(&mut self, seen: Seen, due: &mut Vec<Seen>) -> anyhow::Result<Reach> {
        let track = seen.post.track;
        let votes = self.context.blocking(move |context| Ok(context.store.votes_of(track)?));
        let held = Held::of(&votes.await?);
        let differing = held.differing(&seen.below, |emoji| self.counts(emoji));
        let Some(differing) = differing.filter(|_| !seen.post.is_new) else {
            return self.whole(&seen, self.pace.between).await;
        };
        let reach = if differing.is_empty() {
            Reach::Read
        } else {
            self.people(&seen, differing, false, self.pace.between).await?
        };
        let is_due = |at_ms: u64| seen.asked_at_ms.saturating_sub(at_ms) >= A_DAY_MS;
        if seen.post.read_at_ms.is_none_or(is_due) {
            due.push(seen);
        }
        Ok(reach)
    }

    /// Reads everything below a post.
    async fn whole(&mut self, seen: &Seen, pause: Duration) -> anyhow::Result<Reach> {
        let track = seen.post.track;
        let votes = self.context.blocking(move |context| Ok(context.store.votes_of(track)?));
        let held = Held::of(&votes.await?);
        let emoji = held.all(&seen.below, |emoji| self.counts(emoji));
        self.people(seen, emoji, true, pause).await
    }

    /// Asks for the people behind some emoji below a post and tells the ledger.
    async fn people(
        &mut self,
        seen: &Seen,
        emoji: Vec<Emoji>,
        mut is_whole: bool,
        pause: Duration,
    ) -> anyhow::Result<Reach> {
        let Seen { post, below: shown, asked_at_ms } = seen;
        let mut below = BTreeMap::new();
        for emoji in emoji {
            if shown.counts.iter().all(|(other, _)| *other != emoji) {
                below.insert(emoji, Vec::new());
                continue;
            }
            tokio::time::sleep(pause).await;
            match self.chat.people(post.channel, post.message, &emoji).await {
                Ok(people) => {
                    below.insert(emoji, people);
                }
                Err(Error::Gone) => return self.missing(*post).await,
                Err(error @ (Error::NotAccepted { .. } | Error::Unreadable { .. })) => {
                    let track = post.track;
                    tracing::warn!(%track, %emoji, %error, "its votes stay as they are");
                    is_whole = false;
                }
                Err(error) => return self.failed(post.channel, error),
            }
        }
        let (track, asked_at_ms) = (post.track, *asked_at_ms);
        self.desk.standing(Standing { track, below, is_whole, asked_at_ms });
        if is_whole {
            let note = move |context: &Context| Ok(context.store.note_read(track, asked_at_ms)?);
            self.context.blocking(note).await?;
        }
        Ok(Reach::Read)
    }

    /// A post that its channel does not show is gone, unless the bot may not see it.
    async fn missing(&mut self, post: Post) -> anyhow::Result<Reach> {
        tokio::time::sleep(self.pace.between).await;
        match self.chat.is_there(post.channel, post.message).await {
            Ok(true) => Ok(Reach::Read),
            Ok(false) => self.gone([post].into()).await.map(|()| Reach::Read),
            Err(error) => self.failed(post.channel, error),
        }
    }

    /// Notes that nobody can vote on these posts any more.
    async fn gone(&self, posts: VecDeque<Post>) -> anyhow::Result<()> {
        let at_ms = now_ms();
        let note = move |context: &Context| {
            posts.iter().try_for_each(|post| {
                tracing::info!(track = %post.track, "its post was deleted");
                Ok(context.store.note_gone(post.track, at_ms)?)
            })
        };
        self.context.blocking(note).await
    }

    /// What a failure leaves possible; what it is, if nothing.
    fn failed(&mut self, channel: ChannelId, error: Error) -> anyhow::Result<Reach> {
        match error {
            Error::Forbidden { .. }
            | Error::Closed { .. }
            | Error::NotAccepted { .. }
            | Error::Unreadable { .. }
            | Error::Gone => {
                if self.closed.insert(channel) {
                    tracing::warn!(%channel, %error, "missed reactions cannot be read back there");
                }
                Ok(Reach::Closed)
            }
            Error::Unreachable { .. } | Error::Stopped | Error::Token(_) => Err(error.into()),
        }
    }

    /// Whether an emoji counts for something.
    fn counts(&self, emoji: &Emoji) -> bool {
        self.context.config.reactions.value(emoji).is_some()
    }
}

/// The posts that can be voted on, the newest first.
fn posts(context: &Context) -> anyhow::Result<Vec<Post>> {
    let tracks = context.store.tracks()?.into_iter();
    let mut posts: Vec<Post> = tracks
        .filter(|(_, track)| track.gone_at_ms.is_none())
        .filter_map(|(id, track)| match track.state {
            TrackState::Posted { channel, message } => {
                let (track, read_at_ms) = (id, track.read_at_ms);
                Some(Post { track, channel, message, read_at_ms, is_new: false })
            }
            TrackState::Rendered | TrackState::Posting { .. } => None,
        })
        .collect();
    posts.sort_by_key(|post| std::cmp::Reverse(post.message));
    posts.iter_mut().take(NEWEST).for_each(|post| post.is_new = true);
    Ok(posts)
}
