//! Which files have arrived in the inbox and are complete?
//!
//! Events are hints, the scan is the truth: folders that are made and filled at once lose events,
//! folders that are moved in lose all, and a deleted and recreated inbox is no longer watched. So
//! every event leads to a scan, and a scan runs every so often in any case. A scan sees to it that a
//! folder is watched before it looks into it, so that nothing arrives unseen in between. The callback of the
//! watcher only sends; scanning and reporting happen on a thread of their own. Nothing here opens a
//! file.

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

use watching::{Message, Watching};

pub use found::Found;
pub use kind::{Kind, UNSORTED, has_midi_name};
pub use open::{OpenError, read_beneath};
pub use settings::Settings;

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
