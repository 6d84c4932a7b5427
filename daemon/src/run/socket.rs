//! How long does the control socket live?
//!
//! From before the daemon is ready until the last answers are read.

use std::path::PathBuf;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::event::Event;
use super::worker::Worker;
use crate::control;

/// How long clients are given to read their last answer when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The control socket while it is served.
pub(super) struct Socket {
    path: PathBuf,
    server: JoinHandle<()>,
    /// Ends when every answer under way is written: each connection holds the other half.
    answering: mpsc::Receiver<()>,
}

impl Socket {
    /// Serves a socket; each command becomes an event.
    pub(super) fn serve(listener: UnixListener, worker: Worker) -> Self {
        let path = worker.context.home.socket();
        let (open, answering) = mpsc::channel(1);
        let server = tokio::spawn(control::serve(listener, open, move |asked| {
            worker.tell(Event::Asked(asked));
        }));
        Self { path, server, answering }
    }

    /// Takes no new connections.
    pub(super) fn refuse(&self) {
        self.server.abort();
    }

    /// Waits until the last answers are written, and removes the socket.
    pub(super) async fn close(self) {
        let Self { path, server, mut answering } = self;
        server.abort();
        if tokio::time::timeout(LAST_ANSWERS, answering.recv()).await.is_err() {
            tracing::debug!("a client does not read its answer");
        }
        if let Err(error) = std::fs::remove_file(path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}
