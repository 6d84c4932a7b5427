//! Which files have arrived in the inbox and are complete?
//!
//! Events are hints, the scan is the truth: folders that are made and filled at once lose events,
//! folders that are moved in lose all, and a deleted and recreated inbox is no longer watched. So
//! every event leads to a scan, and a scan runs every so often in any case. A scan sees to it that a
//! folder is watched before it looks into it, so that nothing arrives unseen in between. The callback of the
//! watcher only sends; scanning and reporting happen on a thread of their own. Nothing here opens a
//! file.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bounds::{OutOfRange, require};
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::scan::{self, Entry, Kind};
use crate::settle::{Settle, Waits};

/// The folder of the inbox in which files wait for their genre; it is none itself.
pub const UNSORTED: &str = "unsorted";

/// A closed file has to be still for this long (or for `settle_ms`, if that is less).
const CLOSED: Duration = Duration::from_millis(200);
/// Scans that events ask for are at least this far apart.
const BETWEEN_SCANS: Duration = Duration::from_millis(100);
/// How often to look while the inbox is missing or can't be watched.
const UNWATCHED: Duration = Duration::from_secs(1);

/// How the inbox is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A file is complete when it was unchanged for this many milliseconds. Less takes songs
    /// sooner, but may take half of one over a slow network copy.
    pub settle_ms: u64,
    /// The inbox is scanned at least every this many seconds, whatever the events say. A scan of
    /// a thousand files costs a few milliseconds.
    pub scan_seconds: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { settle_ms: 2_000, scan_seconds: 60 }
    }
}

impl Settings {
    /// Whether all values are allowed.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let in_range = (50..=600_000).contains(&self.settle_ms);
        require(in_range, "settle_ms", self.settle_ms, "50 to 600000 milliseconds")?;
        let in_range = (1..=86_400).contains(&self.scan_seconds);
        require(in_range, "scan_seconds", self.scan_seconds, "1 to 86400 seconds")
    }
}

/// A complete file in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is, absolute if the inbox was given so.
    pub path: PathBuf,
    /// Where it is below the inbox.
    pub relative: PathBuf,
    /// The first folder below the inbox; `None` for a file in the inbox itself or below [`UNSORTED`].
    pub genre: Option<String>,
    /// Whether it can be read at all: only plain files are.
    pub kind: Kind,
    /// Its size in bytes.
    pub n_bytes: u64,
}

impl Found {
    /// Whether its name ends like a MIDI file's.
    pub fn has_midi_name(&self) -> bool {
        scan::has_midi_name(&self.relative)
    }

    /// Whether it lies below [`UNSORTED`].
    pub fn is_unsorted(&self) -> bool {
        self.relative.starts_with(UNSORTED)
    }

    fn new(root: &Path, entry: &Entry) -> Self {
        let mut components = entry.relative.components();
        let first = components.next();
        let genre = match (first, components.next()) {
            (Some(Component::Normal(folder)), Some(_)) if folder != UNSORTED => {
                Some(folder.to_string_lossy().into_owned())
            }
            _ => None,
        };
        Self {
            path: root.join(&entry.relative),
            relative: entry.relative.clone(),
            genre,
            kind: entry.kind,
            n_bytes: entry.stamp.n_bytes,
        }
    }
}

/// Why an inbox can't be watched at all.
#[derive(Debug, Error)]
pub enum InboxError {
    /// The folder isn't there and can't be made.
    #[error("can't use {path} as the inbox: {source}; create it and let this user write there")]
    Folder {
        /// The inbox.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No thread can be started.
    #[error("can't start the thread that watches the inbox: {0}")]
    Thread(#[source] std::io::Error),
}

/// A watched inbox; dropping it stops the watching.
#[derive(Debug)]
pub struct Inbox {
    messages: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Message {
    Event(notify::Result<Event>),
    Rescan,
    Stop,
}

impl Inbox {
    /// Watches the folder `root`, which is made if missing, and hands every complete file in it to
    /// `on_found` (on the inbox's thread): those there already, and those that arrive. A file is
    /// handed over again only after it changed, or after [`Inbox::rescan`].
    ///
    /// # Errors
    /// [`InboxError`] when there is no such folder or no thread. That events can't be had is no
    /// error: the inbox is then scanned every second.
    pub fn start(
        root: &Path,
        settings: &Settings,
        on_found: impl FnMut(Found) + Send + 'static,
    ) -> Result<Self, InboxError> {
        let failed = |source| InboxError::Folder { path: root.to_owned(), source };
        std::fs::create_dir_all(root).map_err(failed)?;
        let root = std::path::absolute(root).map_err(failed)?;
        let (messages, inbox) = channel();
        let mut watching = Watching::new(root, settings, messages.clone());
        let thread = std::thread::Builder::new()
            .name("inbox".to_owned())
            .spawn(move || watching.run(&inbox, on_found))
            .map_err(InboxError::Thread)?;
        Ok(Self { messages, thread: Some(thread) })
    }

    /// Scans now and hands over again every complete file that is still there.
    pub fn rescan(&self) {
        // The thread ends only when this is dropped.
        let _ = self.messages.send(Message::Rescan);
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The state of the inbox's thread.
struct Watching {
    root: PathBuf,
    every: Duration,
    settle: Settle,
    messages: Sender<Message>,
    /// The watcher, and the inode it watches.
    watcher: Option<(RecommendedWatcher, u64)>,
    /// Folders that are surely watched, by their path in the inbox.
    watched: BTreeSet<PathBuf>,
    began: Instant,
    scanned: Option<Instant>,
}

impl Watching {
    fn new(root: PathBuf, settings: &Settings, messages: Sender<Message>) -> Self {
        let still = Duration::from_millis(settings.settle_ms);
        Self {
            root,
            every: Duration::from_secs(settings.scan_seconds),
            settle: Settle::new(Waits { still, closed: CLOSED.min(still) }),
            messages,
            watcher: None,
            watched: BTreeSet::new(),
            began: Instant::now(),
            scanned: None,
        }
    }

    fn run(&mut self, inbox: &Receiver<Message>, mut on_found: impl FnMut(Found)) {
        let mut is_hinted = true;
        loop {
            self.watch_root();
            let now = Instant::now();
            let next_scan = self.next_scan(is_hinted, now);
            // Before listening, or a stream of events would put the scan off for ever.
            if next_scan <= now {
                is_hinted = false;
                for found in self.scan() {
                    on_found(found);
                }
                continue;
            }
            match inbox.recv_timeout(next_scan - now) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Rescan) => {
                    self.settle.report_again();
                    is_hinted = true;
                }
                Ok(Message::Event(event)) => is_hinted |= self.take_hint(event),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// When to scan next: soon after a hint, when a file may have become ready, and every so often.
    fn next_scan(&self, is_hinted: bool, now: Instant) -> Instant {
        let Some(scanned) = self.scanned else { return now };
        let every = if self.watcher.is_some() { self.every } else { self.every.min(UNWATCHED) };
        let hinted = is_hinted.then(|| scanned + BETWEEN_SCANS);
        let due = self.settle.next_due().map(|due| (self.began + due).max(scanned + BETWEEN_SCANS));
        [hinted, due].into_iter().flatten().fold(scanned + every, Instant::min)
    }

    fn scan(&mut self) -> Vec<Found> {
        let now = Instant::now();
        let Self { root, watcher, watched, .. } = self;
        let entries = scan::scan(root, |folder| {
            if let Some((watcher, _)) = watcher
                && !watched.contains(folder)
                && watch(watcher, &root.join(folder))
            {
                watched.insert(folder.to_owned());
            }
        });
        let seen = entries.iter().map(|entry| (entry.relative.clone(), entry.stamp));
        let ready = self.settle.look(seen, now - self.began);
        self.scanned = Some(now);
        let is_ready = |entry: &&Entry| ready.binary_search(&entry.relative).is_ok();
        entries.iter().filter(is_ready).map(|entry| Found::new(&self.root, entry)).collect()
    }

    /// Whether an event calls for a scan. Openings don't: scanning causes them.
    fn take_hint(&mut self, event: notify::Result<Event>) -> bool {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "watching the inbox failed; scanning it");
                self.watched.clear();
                return true;
            }
        };
        if event.need_rescan() {
            self.watched.clear();
        }
        if may_be_of_folders(event.kind) {
            for path in event.paths.iter().filter_map(|path| path.strip_prefix(&self.root).ok()) {
                self.watched.retain(|folder| !folder.starts_with(path));
            }
        }
        let is_closing = matches!(
            event.kind,
            EventKind::Access(AccessKind::Close(AccessMode::Write))
                | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both))
        );
        if is_closing {
            for path in &event.paths {
                if let Ok(relative) = path.strip_prefix(&self.root) {
                    self.settle.close(relative);
                }
            }
        }
        is_closing || event.need_rescan() || !matches!(event.kind, EventKind::Access(_))
    }

    /// Watches the folder that bears the inbox's name now, if it is another than before.
    fn watch_root(&mut self) {
        let inode = std::fs::metadata(&self.root).map(|metadata| metadata.ino()).ok();
        if self.watcher.as_ref().map(|(_, inode)| *inode) == inode {
            return;
        }
        self.watcher = None;
        self.watched.clear();
        let Some(inode) = inode else { return };
        let messages = self.messages.clone();
        let send = move |event| {
            // After the thread's end nobody listens, and nobody needs to.
            let _ = messages.send(Message::Event(event));
        };
        let config = Config::default().with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(send, config).and_then(|mut watcher| {
            watcher.watch(&self.root, RecursiveMode::Recursive).map(|()| watcher)
        });
        match watcher {
            Ok(watcher) => {
                self.watcher = Some((watcher, inode));
                // What arrived before the watching began made no event.
                self.scanned = None;
            }
            Err(error) if self.scanned.is_none() => {
                tracing::warn!(%error, "no events for the inbox; scanning it every second");
            }
            Err(_) => {}
        }
    }
}

/// Whether, after such an event, another folder may bear the name, or none.
fn may_be_of_folders(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(_)
            | EventKind::Create(CreateKind::File)
            | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_))
            | EventKind::Remove(RemoveKind::File)
    )
}

/// Watches a folder, with what is below it. notify does so itself for a new folder, but only after it
/// has told of it: what is written until then makes no event.
fn watch(watcher: &mut RecommendedWatcher, folder: &Path) -> bool {
    match watcher.watch(folder, RecursiveMode::Recursive) {
        Ok(()) => true,
        Err(error) => {
            // It may be gone again; if not, the next scan tries again.
            tracing::debug!(folder = %folder.display(), %error, "no events for a folder");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is watched if notify is too late with whatever is new in the inbox.
    fn late(root: &Path) -> (Watching, Receiver<Message>) {
        let (messages, inbox) = channel();
        let mut watching = Watching::new(root.to_owned(), &Settings::default(), messages.clone());
        let send = move |event| drop(messages.send(Message::Event(event)));
        let mut watcher = notify::recommended_watcher(send).expect("events");
        watcher.watch(root, RecursiveMode::NonRecursive).expect("a folder");
        let inode = fs::metadata(root).expect("a folder").ino();
        watching.watcher = Some((watcher, inode));
        (watching, inbox)
    }

    /// Takes hints until one is of `path`.
    fn wait_for(watching: &mut Watching, inbox: &Receiver<Message>, path: &Path) {
        loop {
            let message = inbox.recv_timeout(Duration::from_secs(20));
            let Ok(Message::Event(Ok(event))) = message else {
                panic!("no event of {}: {message:?}", path.display())
            };
            let is_of_it = event.paths.iter().any(|of| of == path);
            if watching.take_hint(Ok(event)) && is_of_it {
                return;
            }
        }
    }

    #[test]
    fn a_folder_is_watched_before_it_is_looked_into() {
        let root = tempfile::tempdir().expect("a folder");
        let (mut watching, inbox) = late(root.path());
        let genre = root.path().join("hardstyle");
        let folder = genre.join("artist");
        for name in ["first.mid", "second.mid"] {
            // The second time they are others under the same names.
            fs::create_dir_all(&folder).expect("folders");
            wait_for(&mut watching, &inbox, &genre);
            assert!(watching.scan().is_empty());
            let file = folder.join(name);
            fs::write(&file, b"MThd").expect("a file");
            wait_for(&mut watching, &inbox, &file);
            fs::remove_dir_all(&genre).expect("removable");
            wait_for(&mut watching, &inbox, &genre);
        }
    }
}
