//! How are votes written in the order in which their reactions came, whatever the disk does?
//!
//! One thread writes them, since each write waits for the disk. The chat hands reactions over
//! directly. What the store does not take for the moment is tried again until it does: nobody gives a
//! vote twice because a disk was full.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bot::chat::{MessageId, Reacted};
use bot::reaction::Emoji;

use super::reactions::{Entry, Reactions, Standing};
use crate::context::{Context, now_ms};
use crate::store::Error;

/// How long to wait before an entry is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often it is looked whether a message became a track, while something heard of one waits.
const LOOK: Duration = Duration::from_secs(5);

/// The thread that writes votes.
pub(crate) struct Ledger {
    desk: LedgerDesk,
    thread: JoinHandle<()>,
}

/// Where entries are handed in, by whoever hears something.
#[derive(Clone, Debug)]
pub(crate) struct LedgerDesk(Sender<Message>);

#[derive(Debug)]
enum Message {
    Entry(Entry),
    /// All is handed in: the thread ends when it has written it.
    Close,
}

impl Ledger {
    /// Starts the thread. `on_change` hears when votes have changed.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(
        context: Context,
        on_change: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let (entries, waiting) = channel();
        let mut inbound = Inbound { waiting, early: VecDeque::new(), is_closing: false };
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            let mut reactions = Reactions::new(context);
            while let Some(entry) = inbound.next(reactions.is_waiting().then_some(LOOK)) {
                let n_changed = until_done(&mut inbound, &entry, || reactions.write(&entry));
                if n_changed > 0 {
                    on_change();
                }
            }
        })?;
        Ok(Self { desk: LedgerDesk(entries), thread })
    }

    /// Where entries are handed in.
    pub(crate) fn desk(&self) -> LedgerDesk {
        self.desk.clone()
    }

    /// Waits until everything is written. What the store does not take now is lost, and logged.
    pub(crate) fn close(self) {
        // A thread that is gone has panicked, which is said below.
        let _ = self.desk.0.send(Message::Close);
        if self.thread.join().is_err() {
            tracing::error!("the ledger panicked; votes of the last moments may be missing");
        }
    }
}

impl LedgerDesk {
    /// A reaction was put or taken back.
    pub(crate) fn reacted(&self, reacted: Reacted) {
        self.enter(Entry::Reacted(reacted));
    }

    /// All reactions of a message, or those with one emoji, are gone.
    pub(crate) fn cleared(&self, message: MessageId, emoji: Option<Emoji>) {
        self.enter(Entry::Cleared { message, emoji, at_ms: now_ms() });
    }

    /// The store knows from now on which track a message is.
    pub(crate) fn posted(&self, message: MessageId) {
        self.enter(Entry::Posted(message));
    }

    /// These reactions, and no others, stood below a track's message when the chat was asked.
    pub(crate) fn standing(&self, standing: Standing) {
        self.enter(Entry::Standing(standing));
    }

    fn enter(&self, entry: Entry) {
        if let Err(lost) = self.0.send(Message::Entry(entry)) {
            tracing::warn!(lost = ?lost.0, "an entry came after the ledger was closed");
        }
    }
}

/// Entries in their order, also those that came during a pause.
struct Inbound {
    waiting: Receiver<Message>,
    early: VecDeque<Entry>,
    is_closing: bool,
}

impl Inbound {
    /// The next entry, or, where none comes within `patience`, a look at what waits.
    fn next(&mut self, patience: Option<Duration>) -> Option<Entry> {
        if let Some(entry) = self.early.pop_front() {
            return Some(entry);
        }
        if self.is_closing {
            return None;
        }
        let received = match patience {
            Some(patience) => self.waiting.recv_timeout(patience),
            None => self.waiting.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(Message::Entry(entry)) => Some(entry),
            Err(RecvTimeoutError::Timeout) => Some(Entry::Look),
            Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => {
                self.is_closing = true;
                patience.map(|_| Entry::Look)
            }
        }
    }

    /// Waits for `pause`, or until there is no time left to wait.
    fn pause(&mut self, pause: Duration) {
        let end = Instant::now() + pause;
        loop {
            match self.waiting.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Message::Entry(entry)) => self.early.push_back(entry),
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => {
                    self.is_closing = true;
                    return;
                }
                Err(RecvTimeoutError::Timeout) => return,
            }
        }
    }
}

/// Writes an entry, again and again as long as the store's failure is a passing one; gives the number
/// of votes that changed.
fn until_done(
    inbound: &mut Inbound,
    entry: &Entry,
    mut write: impl FnMut() -> Result<u64, Error>,
) -> u64 {
    let mut pause = FIRST_PAUSE;
    loop {
        match write() {
            Ok(n_changed) => return n_changed,
            Err(error) if is_passing(&error) && !inbound.is_closing => {
                if pause == FIRST_PAUSE {
                    tracing::warn!(%error, "a vote could not be written yet; it is tried again");
                }
                inbound.pause(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => {
                tracing::error!(%error, lost = ?entry, "a vote could not be written");
                return 0;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::UNIX_EPOCH;

    use bot::chat::{ChannelId, ListenerId, Posted};

    use bot::reaction::Emoji;

    use super::*;
    use crate::chat::posting::tests::{context, track};

    fn reacted(at_ms: u64) -> Reacted {
        Reacted {
            channel: ChannelId(1),
            message: MessageId(7),
            listener: ListenerId(at_ms),
            emoji: Emoji::new("🔥"),
            added: true,
            at: UNIX_EPOCH + Duration::from_millis(at_ms),
        }
    }

    #[test]
    fn all_that_was_handed_in_is_written_at_the_end_and_changes_are_told() {
        let (_folder, context) = context();
        let id = context.store.add_new_track(|_| track()).expect("added");
        let (channel, message) = (ChannelId(1), MessageId(7));
        context.store.confirm_post(id, Posted { channel, message }).expect("noted");
        let n_told = Arc::new(AtomicUsize::new(0));
        let told = n_told.clone();
        let on_change = move || {
            told.fetch_add(1, Ordering::Relaxed);
        };
        let ledger = Ledger::start(context.clone(), on_change).expect("a thread");
        // A desk that somebody still holds keeps nobody waiting.
        let desk = ledger.desk();
        for at_ms in [1, 2, 2] {
            desk.reacted(reacted(at_ms));
        }
        ledger.close();
        let votes = context.store.votes_of(id).expect("readable");
        assert_eq!((votes.len(), n_told.load(Ordering::Relaxed)), (2, 2));
        desk.reacted(reacted(3));
        assert_eq!(context.store.votes_of(id), Ok(votes));
    }

    #[test]
    fn a_passing_failure_is_tried_again_and_others_keep_their_order() {
        let (entries, waiting) = channel();
        let mut inbound = Inbound { waiting, early: VecDeque::new(), is_closing: false };
        let passing = || Err(Error::Unavailable { cause: "a test".to_owned() });
        for at_ms in [1, 2] {
            entries.send(Message::Entry(Entry::Reacted(reacted(at_ms)))).expect("it listens");
        }
        let first = inbound.next(None).expect("an entry");
        let mut n_tries = 0;
        until_done(&mut inbound, &first, || {
            n_tries += 1;
            if n_tries < 3 { passing() } else { Ok(1) }
        });
        assert_eq!((n_tries, inbound.early.len()), (3, 1));

        entries.send(Message::Close).expect("it listens");
        let second = inbound.next(None).expect("an entry");
        let mut n_tries = 0;
        until_done(&mut inbound, &second, || {
            n_tries += 1;
            passing()
        });
        assert_eq!(n_tries, 2, "told to close, it tries once more");
        assert!(inbound.next(None).is_none());

        let mut n_tries = 0;
        until_done(&mut Inbound { is_closing: false, ..inbound }, &second, || {
            n_tries += 1;
            Err(Error::NotFound { what: "track", id: "1".to_owned() })
        });
        assert_eq!(n_tries, 1, "what cannot succeed is not tried again");
    }
}
