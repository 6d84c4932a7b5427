//! Which files have arrived in the inbox and are complete?
//!
//! Events are hints, the scan is the truth. A folder that is filled as soon as it is made loses some of
//! its events, one that is moved in loses all of them, and an inbox that is deleted and made again is
//! no longer watched. So every event leads to a scan, and a scan runs at intervals in any case. It
//! starts watching a folder before it looks inside, so that nothing arrives unseen in between. The
//! watcher's callback only sends; scanning and reporting happen on a thread of their own. Files are
//! opened only by [`read_beneath`].

mod found;
mod kind;
mod open;
mod scan;
mod settings;
mod settle;
mod watching;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use thiserror::Error;

use scan::scan;
use watching::{Message, Watching};

pub use found::Found;
pub use kind::{Kind, UNSORTED, has_midi_name};
pub use open::{OpenError, read_beneath};
pub use settings::Settings;

/// Why an inbox can't be watched at all.
#[derive(Debug, Error)]
pub enum InboxError {
    /// The folder does not exist and can't be made.
    #[error("can't use {path} as the inbox: {source}; create it and let this user write there")]
    Folder {
        /// The inbox.
        path: PathBuf,
        /// The system's error.
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

impl Inbox {
    /// Watches the folder `root`, which is made if missing, and hands every complete file in it to
    /// `on_found` (on the inbox's thread): those that are there already, and those that arrive. A file is
    /// handed over again only after it changed, or after [`Inbox::rescan`].
    ///
    /// # Errors
    /// [`InboxError`] when there is no such folder or no thread. Where the system gives no events, the
    /// inbox is scanned every second instead.
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

/// How many files named like songs lie below a folder of the inbox now, complete or not.
pub fn n_waiting(folder: &Path) -> usize {
    let entries = scan(folder, |_| ()).into_iter();
    entries.filter(|entry| entry.kind == Kind::File && has_midi_name(&entry.relative)).count()
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_named_like_songs_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("artist")).expect("a folder");
        for name in ["a.mid", "artist/b.MID", "notes.txt", "c.mid.part", ".d.mid"] {
            std::fs::write(folder.path().join(name), b"x").expect("a file");
        }
        assert_eq!((n_waiting(folder.path()), n_waiting(&folder.path().join("none"))), (2, 0));
    }
}
