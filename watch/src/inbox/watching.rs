//! When is the inbox scanned, and what is new in it?
//!
//! Events only say that something may be new, and which folders need to be watched again; the scan
//! says what is there.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::found::Found;
use super::scan::{self, Entry};
use super::settings::Settings;
use super::settle::{Settle, Waits};

/// A closed file has to stay unchanged for this long (or for `settle_ms`, if that is less).
const CLOSED: Duration = Duration::from_millis(200);
/// Scans that events ask for are at least this far apart.
const BETWEEN_SCANS: Duration = Duration::from_millis(100);
/// How often to look while the inbox is missing or can't be watched.
const UNWATCHED: Duration = Duration::from_secs(1);

/// What wakes the inbox's thread.
#[derive(Debug)]
pub(super) enum Message {
    Event(notify::Result<Event>),
    Rescan,
    Stop,
}

/// The state of the inbox's thread.
pub(super) struct Watching {
    root: PathBuf,
    every: Duration,
    settle: Settle,
    messages: Sender<Message>,
    /// The watcher, and the inode it watches.
    watcher: Option<(RecommendedWatcher, u64)>,
    /// Folders that are known to be watched, by their path in the inbox.
    watched: BTreeSet<PathBuf>,
    began: Instant,
    scanned: Option<Instant>,
}

impl Watching {
    pub(super) fn new(root: PathBuf, settings: &Settings, messages: Sender<Message>) -> Self {
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

    pub(super) fn run(&mut self, inbox: &Receiver<Message>, mut on_found: impl FnMut(Found)) {
        let mut is_hinted = true;
        loop {
            self.watch_root();
            let now = Instant::now();
            let next_scan = self.next_scan(is_hinted, now);
            // Before listening, or a steady stream of events would put the scan off for ever.
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

    /// When to scan next: soon after a hint, when a file may have become ready, and at intervals.
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

    /// Whether an event calls for a scan. Opening a file or folder does not: the scan itself does so.
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

    /// Watches the folder that has the inbox's name now, if it is not the one watched so far.
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
            // Once the thread has ended, nobody listens or needs to.
            let _ = messages.send(Message::Event(event));
        };
        let config = Config::default().with_follow_symlinks(false);
        let watcher = RecommendedWatcher::new(send, config).and_then(|mut watcher| {
            watcher.watch(&self.root, RecursiveMode::Recursive).map(|()| watcher)
        });
        match watcher {
            Ok(watcher) => {
                self.watcher = Some((watcher, inode));
                // What arrived before this made no event.
                self.scanned = None;
            }
            Err(error) if self.scanned.is_none() => {
                tracing::warn!(%error, "no events for the inbox; scanning it every second");
            }
            Err(_) => {}
        }
    }
}

/// Whether, after such an event, the name may belong to another folder, or to none.
fn may_be_of_folders(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Access(_)
            | EventKind::Create(CreateKind::File)
            | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_))
            | EventKind::Remove(RemoveKind::File)
    )
}

/// Watches a folder and what is below it. notify does so itself for a new folder, but only after it has
/// reported it: what is written until then makes no event.
fn watch(watcher: &mut RecommendedWatcher, folder: &Path) -> bool {
    match watcher.watch(folder, RecursiveMode::Recursive) {
        Ok(()) => true,
        Err(error) => {
            // It may have vanished; if not, the next scan tries again.
            tracing::debug!(folder = %folder.display(), %error, "no events for a folder");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::mpsc::channel;

    /// An inbox of whose new folders notify never watches one in time.
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
            // The second time these are other folders with the same names.
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
