//! How do commands reach the running daemon?
//!
//! Through a Unix socket in the home that only its owner may use: one JSON line asks, JSON lines
//! answer, the last of them with the exit code. Closing the connection stops nothing.

pub(crate) mod failure;
pub(crate) mod line;

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::command::HomeCommand;
use crate::control::failure::{exit_code, with_causes};
use crate::control::line::Line;

/// The longest question, in bytes.
const MAX_QUESTION: u64 = 1 << 20;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// One more line.
    Line(Line),
    /// The answer is complete.
    End {
        /// The exit code.
        code: u8,
        /// What went wrong, unless the code is 0.
        message: Option<String>,
    },
}

impl Reply {
    /// The end of an answer.
    pub(crate) fn end(result: &anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::End { code: 0, message: None },
            Err(error) => Self::End { code: exit_code(error), message: Some(with_causes(error)) },
        }
    }
}

/// A command that came through the socket.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What is asked.
    pub(crate) command: HomeCommand,
    /// Where the answer goes; may be closed.
    pub(crate) replies: mpsc::UnboundedSender<Reply>,
}

/// Opens the socket. One left by a daemon that was killed is replaced: the store, which is open by
/// now, is what keeps two daemons apart.
///
/// # Errors
/// With the path, when it cannot be made.
pub(crate) fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    let at = || {
        let length = path.as_os_str().len();
        let hint = if length > 107 { " (its path is too long: choose a shorter home)" } else { "" };
        format!("making the control socket {}{hint}", path.display())
    };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(at);
        }
        _ => {}
    }
    let listener = UnixListener::bind(path).with_context(at)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).with_context(at)?;
    Ok(listener)
}

/// Accepts connections for ever and hands each command to `ask`. Each connection holds a clone of
/// `open` until its answer is written.
pub(crate) async fn serve(
    listener: UnixListener,
    open: mpsc::Sender<()>,
    ask: impl Fn(Asked) + Clone + Send + 'static,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (ask, open) = (ask.clone(), open.clone());
                tokio::spawn(async move {
                    let _open = open;
                    if let Err(error) = talk(stream, ask).await {
                        tracing::debug!(%error, "a control connection ended early");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot take a connection");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
        }
    }
}

async fn talk(stream: UnixStream, ask: impl Fn(Asked)) -> io::Result<()> {
    use tokio::io::AsyncReadExt;
    let (read, mut write) = stream.into_split();
    let mut question = String::new();
    tokio::io::BufReader::new(read.take(MAX_QUESTION)).read_line(&mut question).await?;
    let (replies, mut answer) = mpsc::unbounded_channel();
    match serde_json::from_str(&question) {
        Ok(command) => ask(Asked { command, replies }),
        Err(error) => {
            let message =
                format!("the daemon does not understand ({error}); is it another release?");
            let _ = replies.send(Reply::End { code: 2, message: Some(message) });
        }
    }
    while let Some(reply) = answer.recv().await {
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        write.write_all(&line).await?;
    }
    Ok(())
}

/// Asks the daemon of a home and passes each reply on; `None` if none is running.
///
/// # Errors
/// When the connection breaks before the answer is complete.
pub(crate) fn ask(
    socket: &Path,
    command: &HomeCommand,
    mut on_line: impl FnMut(Line),
) -> anyhow::Result<Option<Reply>> {
    let Some(mut stream) = connect(socket)? else { return Ok(None) };
    let mut question = serde_json::to_vec(command)?;
    question.push(b'\n');
    stream.write_all(&question).context("asking the daemon")?;
    for line in BufReader::new(stream).lines() {
        let line = line.context("the daemon stopped while it answered")?;
        match serde_json::from_str(&line)
            .context("the daemon's answer is not understood; is it another release?")?
        {
            Reply::Line(line) => on_line(line),
            end @ Reply::End { .. } => return Ok(Some(end)),
        }
    }
    anyhow::bail!("the daemon stopped before it had answered completely; what it reported was done")
}

/// Whether a daemon answers behind a socket.
pub(crate) fn is_answering(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// The connection to the daemon behind a socket; `None` if there is none.
fn connect(socket: &Path) -> anyhow::Result<Option<std::os::unix::net::UnixStream>> {
    match std::os::unix::net::UnixStream::connect(socket) {
        Ok(stream) => Ok(Some(stream)),
        Err(error)
            if matches!(
                error.kind(),
                // The last: the path is too long for a socket, so no daemon can listen there.
                io::ErrorKind::NotFound
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(error).with_context(|| format!("connecting to the daemon at {}", socket.display()))
        }
    }
}
