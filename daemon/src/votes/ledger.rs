//! How do reactions become votes, in the order in which they came?
//!
//! One thread writes them, since each write waits for the disk; whether a message is a track is
//! looked up here too. What the store does not take for the moment is tried again until it does:
//! nobody gives a vote twice because a disk was full.

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bot::chat::{ListenerId, MessageId, Reacted};
use bot::reaction::Emoji;

use crate::context::{Context, now_ms, to_ms};
use crate::store::{Error, TrackId, Vote};

/// How long to wait before an entry is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Reactions taken back that are remembered for lists that were asked for before.
const REMEMBERED: usize = 1024;

/// Something to write down.
#[derive(Debug)]
pub enum Entry {
    /// A reaction was put or taken back.
    Reacted(Reacted),
    /// All reactions of a message, or those with one emoji, are gone.
    Cleared(MessageId, Option<Emoji>),
    /// These reactions, and no others, stood below a track's message.
    Standing {
        /// The track.
        track: TrackId,
        /// What stood there.
        reactions: Vec<(Emoji, ListenerId)>,
        /// When the chat was asked, in milliseconds since 1970; what changed since is left alone.
        asked_at_ms: u64,
    },
    /// All is entered: the thread ends when it has written it.
    Close,
}

/// The thread that writes votes.
pub struct Ledger {
    /// Where entries go.
    pub entries: Sender<Entry>,
    thread: JoinHandle<()>,
}

impl Ledger {
    /// Starts the thread. `on_unmatched` hears of reactions to messages that are no tracks.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        context: Context,
        on_unmatched: impl Fn(Reacted) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (entries, waiting) = channel();
        let mut inbound = Inbound { waiting, early: VecDeque::new(), is_closing: false };
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            let mut writer = Writer { context, on_unmatched, taken_back: VecDeque::new() };
            while let Some(entry) = inbound.next() {
                until_done(&mut inbound, &entry, || writer.write(&entry));
            }
        })?;
        Ok(Self { entries, thread })
    }

    /// Waits until everything is written. What the store does not take now is lost, and logged.
    pub fn close(self) {
        // A thread that is gone has panicked, which is said below.
        let _ = self.entries.send(Entry::Close);
        if self.thread.join().is_err() {
            tracing::error!("the ledger panicked; votes of the last moments may be missing");
        }
    }
}

/// The name under which a chat's listener votes.
pub fn listener_name(listener: ListenerId) -> String {
    format!("discord:{listener}")
}

/// Entries in their order, also those that came during a pause.
struct Inbound {
    waiting: Receiver<Entry>,
    early: VecDeque<Entry>,
    is_closing: bool,
}

impl Inbound {
    fn next(&mut self) -> Option<Entry> {
        if let Some(entry) = self.early.pop_front() {
            return Some(entry);
        }
        if self.is_closing {
            return None;
        }
        self.waiting.recv().ok().filter(|entry| !matches!(entry, Entry::Close))
    }

    /// Waits for `pause`, or until there is no time left to wait.
    fn pause(&mut self, pause: Duration) {
        let end = Instant::now() + pause;
        loop {
            match self.waiting.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Entry::Close) | Err(RecvTimeoutError::Disconnected) => {
                    self.is_closing = true;
                    return;
                }
                Ok(entry) => self.early.push_back(entry),
                Err(RecvTimeoutError::Timeout) => return,
            }
        }
    }
}

/// Writes an entry, again and again as long as the store's failure is a passing one.
fn until_done(inbound: &mut Inbound, entry: &Entry, mut write: impl FnMut() -> Result<(), Error>) {
    let mut pause = FIRST_PAUSE;
    loop {
        match write() {
            Ok(()) => return,
            Err(error) if is_passing(&error) && !inbound.is_closing => {
                if pause == FIRST_PAUSE {
                    tracing::warn!(%error, "a vote could not be written yet; it is tried again");
                }
                inbound.pause(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => {
                tracing::error!(%error, lost = ?entry, "a vote could not be written");
                return;
            }
        }
    }
}

fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::Unavailable { .. }
            | Error::NotConfirmed { .. }
            | Error::NoSpace { .. }
            | Error::Read { .. }
    )
}

/// A reaction, or all of a kind, taken back. The store has no trace of one that never was a vote.
struct TakenBack {
    track: TrackId,
    /// Whose; `None` is everybody's.
    listener: Option<String>,
    /// Which; `None` is every one.
    emoji: Option<Emoji>,
    at_ms: u64,
}

struct Writer<F> {
    context: Context,
    on_unmatched: F,
    taken_back: VecDeque<TakenBack>,
}

impl<F: Fn(Reacted)> Writer<F> {
    fn write(&mut self, entry: &Entry) -> Result<(), Error> {
        match entry {
            Entry::Reacted(reacted) => {
                match self.context.store.track_of_message(reacted.message)? {
                    Some(track) => self.vote(track, reacted)?,
                    None => (self.on_unmatched)(reacted.clone()),
                }
            }
            Entry::Cleared(message, emoji) => {
                if let Some(track) = self.context.store.track_of_message(*message)? {
                    self.clear(track, emoji.as_ref())?;
                }
            }
            Entry::Standing { track, reactions, asked_at_ms } => {
                self.reconcile(*track, reactions, *asked_at_ms)?;
            }
            Entry::Close => {}
        }
        Ok(())
    }

    fn vote(&mut self, track: TrackId, reacted: &Reacted) -> Result<(), Error> {
        let Reacted { listener, emoji, added, at, .. } = reacted;
        let (name, at_ms) = (listener_name(*listener), to_ms(*at));
        let changed = if *added {
            let Some(value) = self.context.config.reactions.value(emoji) else { return Ok(()) };
            self.context.store.add_vote(track, new_vote(name, emoji, value, at_ms))?
        } else {
            let found = self.context.store.take_back_vote(track, &name, emoji.as_str(), at_ms)?;
            let (listener, emoji) = (Some(name), Some(emoji.clone()));
            self.remember(TakenBack { track, listener, emoji, at_ms });
            found
        };
        if changed {
            tracing::info!(%track, %emoji, added, "vote");
        }
        Ok(())
    }

    fn clear(&mut self, track: TrackId, emoji: Option<&Emoji>) -> Result<(), Error> {
        let at_ms = now_ms();
        let store = &self.context.store;
        let n = store.take_back_all_votes(track, emoji.map(Emoji::as_str), at_ms)?;
        self.remember(TakenBack { track, listener: None, emoji: emoji.cloned(), at_ms });
        tracing::info!(%track, n, "reactions cleared");
        Ok(())
    }

    fn remember(&mut self, taken_back: TakenBack) {
        self.taken_back.push_back(taken_back);
        if self.taken_back.len() > REMEMBERED {
            self.taken_back.pop_front();
        }
    }

    /// Makes the votes from the chat agree with the reactions that stood at `asked_at_ms`, except
    /// where something was heard since. Votes from elsewhere stay.
    fn reconcile(
        &self,
        track: TrackId,
        reactions: &[(Emoji, ListenerId)],
        asked_at_ms: u64,
    ) -> Result<(), Error> {
        let store = &self.context.store;
        let votes = store.votes_of(track)?;
        let since = |vote: &&Vote| vote.at_ms.max(vote.removed_at_ms.unwrap_or(0)) >= asked_at_ms;
        let changed: BTreeSet<(&str, &str)> =
            votes.iter().filter(since).map(|vote| (&*vote.listener, &*vote.emoji)).collect();
        let standing: BTreeSet<(String, &str)> = reactions
            .iter()
            .map(|(emoji, listener)| (listener_name(*listener), emoji.as_str()))
            .collect();
        let mut n_changed = 0;
        for vote in votes.iter().filter(|vote| vote.stands()) {
            let Vote { listener, emoji, .. } = vote;
            if listener.starts_with("discord:")
                && !changed.contains(&(&**listener, &**emoji))
                && !standing.contains(&(listener.clone(), &**emoji))
            {
                let found = store.take_back_vote(track, listener, emoji, asked_at_ms)?;
                n_changed += usize::from(found);
            }
        }
        for (emoji, listener) in reactions {
            let name = listener_name(*listener);
            let Some(value) = self.context.config.reactions.value(emoji) else { continue };
            let is_newer = changed.contains(&(&*name, emoji.as_str()))
                || self.was_taken_back(track, &name, emoji, asked_at_ms);
            if !is_newer {
                let vote = new_vote(name, emoji, value, asked_at_ms);
                n_changed += usize::from(store.add_vote(track, vote)?);
            }
        }
        if n_changed > 0 {
            tracing::info!(%track, n_changed, "votes brought up to date");
        }
        Ok(())
    }

    fn was_taken_back(&self, track: TrackId, name: &str, emoji: &Emoji, since_ms: u64) -> bool {
        self.taken_back.iter().any(|back| {
            back.track == track
                && back.at_ms >= since_ms
                && back.listener.as_ref().is_none_or(|listener| listener == name)
                && back.emoji.as_ref().is_none_or(|taken| taken == emoji)
        })
    }
}

fn new_vote(listener: String, emoji: &Emoji, value: f64, at_ms: u64) -> Vote {
    Vote {
        listener,
        emoji: emoji.as_str().to_owned(),
        value: value as f32,
        at_ms,
        removed_at_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use bot::chat::{ChannelId, Posted};

    use super::*;
    use crate::chat::posting::tests::{context, track};

    const MESSAGE: u64 = 7;
    const ASKED: u64 = 10;

    fn reacted(listener: u64, emoji: &str, added: bool, at_ms: u64) -> Entry {
        Entry::Reacted(Reacted {
            channel: ChannelId(1),
            message: MessageId(MESSAGE),
            listener: ListenerId(listener),
            emoji: Emoji::new(emoji),
            added,
            at: UNIX_EPOCH + Duration::from_millis(at_ms),
        })
    }

    /// Writes the entries and gives back who stands below the track with what.
    fn written(entries: impl FnOnce(TrackId) -> Vec<Entry>) -> Vec<(String, String)> {
        let (_folder, context) = context();
        let id = context.store.add_new_track(|_| track()).expect("added");
        let posted = Posted { channel: ChannelId(1), message: MessageId(MESSAGE) };
        context.store.confirm_post(id, posted).expect("noted");
        let ledger = Ledger::start(context.clone(), |_| {}).expect("a thread");
        for entry in entries(id) {
            ledger.entries.send(entry).expect("it listens");
        }
        // A sender that somebody still holds keeps nobody waiting.
        let _held = ledger.entries.clone();
        ledger.close();
        let votes = context.store.votes_of(id).expect("readable");
        let standing = votes.into_iter().filter(Vote::stands);
        standing.map(|vote| (vote.listener, vote.emoji)).collect()
    }

    fn pair(listener: u64, emoji: &str) -> (String, String) {
        (format!("discord:{listener}"), emoji.to_owned())
    }

    #[test]
    fn votes_follow_the_reactions_that_stood_unless_something_was_heard_since() {
        let stands = |emoji, listener| (Emoji::new(emoji), ListenerId(listener));
        let standing = written(|track| {
            vec![
                reacted(1, "🔥", true, 5),
                reacted(2, "🔥", true, 5),
                reacted(3, "🔥", true, 5),
                // Heard while the chat was asked: 2 takes back, 3 votes again, 4 is new, and 5
                // takes back what no vote was made of.
                reacted(2, "🔥", false, 12),
                reacted(3, "👎", true, 12),
                reacted(4, "🔥", true, 12),
                reacted(5, "🔥", false, 12),
                Entry::Standing {
                    track,
                    reactions: [("🔥", 2), ("🔥", 3), ("🔥", 5), ("🔥", 6)]
                        .map(|(emoji, listener)| stands(emoji, listener))
                        .to_vec(),
                    asked_at_ms: ASKED,
                },
            ]
        });
        // 1 took it back unheard, 6 voted unheard.
        assert_eq!(standing, [pair(3, "🔥"), pair(3, "👎"), pair(4, "🔥"), pair(6, "🔥")]);
    }

    #[test]
    fn what_was_cleared_while_the_chat_was_asked_stays_cleared() {
        let standing = written(|track| {
            vec![
                Entry::Cleared(MessageId(MESSAGE), None),
                Entry::Standing {
                    track,
                    reactions: vec![(Emoji::new("🔥"), ListenerId(1))],
                    asked_at_ms: ASKED,
                },
            ]
        });
        assert_eq!(standing, []);
    }

    #[test]
    fn a_passing_failure_is_tried_again_and_others_keep_their_order() {
        let (entries, waiting) = channel();
        let mut inbound = Inbound { waiting, early: VecDeque::new(), is_closing: false };
        let passing = || Err(Error::Unavailable { cause: "a test".to_owned() });
        for at_ms in [1, 2] {
            entries.send(reacted(1, "🔥", true, at_ms)).expect("it listens");
        }
        let first = inbound.next().expect("an entry");
        let mut n_tries = 0;
        until_done(&mut inbound, &first, || {
            n_tries += 1;
            if n_tries < 3 { passing() } else { Ok(()) }
        });
        assert_eq!((n_tries, inbound.early.len()), (3, 1));

        entries.send(Entry::Close).expect("it listens");
        let second = inbound.next().expect("an entry");
        let mut n_tries = 0;
        until_done(&mut inbound, &second, || {
            n_tries += 1;
            passing()
        });
        assert_eq!(n_tries, 2, "told to close, it tries once more");
        assert!(inbound.next().is_none());

        let mut n_tries = 0;
        until_done(&mut Inbound { is_closing: false, ..inbound }, &second, || {
            n_tries += 1;
            Err(Error::NotFound { what: "track", id: "1".to_owned() })
        });
        assert_eq!(n_tries, 1, "what cannot succeed is not tried again");
    }
}
