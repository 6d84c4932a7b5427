//! How do reactions become votes, in the order in which they came?
//!
//! One thread writes them, since each write waits for the disk; whether a message is a track is
//! looked up here too.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use bot::chat::{ListenerId, MessageId, Reacted};
use bot::reaction::Emoji;

use crate::store::{TrackId, Vote};
use crate::studio::{Studio, now_ms, to_ms};

/// Something to write down.
#[derive(Debug)]
pub enum Entry {
    /// A reaction was put or taken back.
    Reacted(Reacted),
    /// All reactions of a message, or those with one emoji, are gone.
    Cleared(MessageId, Option<Emoji>),
    /// These reactions, and no others, stand below a track's message now.
    Standing(TrackId, Vec<(Emoji, ListenerId)>),
}

/// The thread that writes votes; dropping the sender ends it when all is written.
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
        studio: Studio,
        on_unmatched: impl Fn(Reacted) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (entries, waiting): (_, Receiver<Entry>) = channel();
        let thread = std::thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            for entry in waiting {
                let written = write(&studio, entry, &on_unmatched);
                if let Err(error) = written {
                    tracing::error!(error = format!("{error:#}"), "a vote could not be written");
                }
            }
        })?;
        Ok(Self { entries, thread })
    }

    /// Waits until everything is written.
    pub fn close(self) {
        drop(self.entries);
        if self.thread.join().is_err() {
            tracing::error!("the ledger panicked; votes of the last moments may be missing");
        }
    }
}

/// The name under which a chat's listener votes.
pub fn listener_name(listener: ListenerId) -> String {
    format!("discord:{listener}")
}

fn write(studio: &Studio, entry: Entry, on_unmatched: &impl Fn(Reacted)) -> anyhow::Result<()> {
    match entry {
        Entry::Reacted(reacted) => {
            if let Some(track) = studio.store.track_of_message(reacted.message.0)? {
                return vote(studio, track, &reacted);
            }
            on_unmatched(reacted);
            Ok(())
        }
        Entry::Cleared(message, emoji) => {
            if let Some(track) = studio.store.track_of_message(message.0)? {
                let n = studio.store.take_back_all_votes(
                    track,
                    emoji.as_ref().map(Emoji::as_str),
                    now_ms(),
                )?;
                tracing::info!(%track, n, "reactions cleared");
            }
            Ok(())
        }
        Entry::Standing(track, reactions) => reconcile(studio, track, &reactions),
    }
}

fn vote(studio: &Studio, track: TrackId, reacted: &Reacted) -> anyhow::Result<()> {
    let Reacted { listener, emoji, added, at, .. } = reacted;
    let name = listener_name(*listener);
    let changed = if *added {
        let Some(value) = studio.config.reactions.value(emoji) else { return Ok(()) };
        studio.store.add_vote(track, new_vote(name, emoji, value, to_ms(*at)))?
    } else {
        studio.store.take_back_vote(track, &name, emoji.as_str(), to_ms(*at))?
    };
    if changed {
        tracing::info!(%track, %emoji, added, "vote");
    }
    Ok(())
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

/// Makes the votes from the chat agree with the reactions that stand; others' votes stay.
fn reconcile(
    studio: &Studio,
    track: TrackId,
    reactions: &[(Emoji, ListenerId)],
) -> anyhow::Result<()> {
    let standing: BTreeSet<(String, &str)> = reactions
        .iter()
        .map(|(emoji, listener)| (listener_name(*listener), emoji.as_str()))
        .collect();
    let mut n_changed = 0;
    for vote in studio.store.votes_of(track)?.iter().filter(|vote| vote.stands()) {
        let from_chat = vote.listener.starts_with("discord:");
        if from_chat && !standing.contains(&(vote.listener.clone(), vote.emoji.as_str())) {
            n_changed += usize::from(studio.store.take_back_vote(
                track,
                &vote.listener,
                &vote.emoji,
                now_ms(),
            )?);
        }
    }
    for (emoji, listener) in reactions {
        if let Some(value) = studio.config.reactions.value(emoji) {
            let vote = new_vote(listener_name(*listener), emoji, value, now_ms());
            n_changed += usize::from(studio.store.add_vote(track, vote)?);
        }
    }
    if n_changed > 0 {
        tracing::info!(%track, n_changed, "votes brought up to date");
    }
    Ok(())
}
