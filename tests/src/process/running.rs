//! How is a daemon started, listened to and ended?

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{eventually, spawn};

/// A running daemon; killed when dropped. Its log is shown if the test fails.
pub struct Daemon {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// The end of a daemon.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// From the signal to the end.
    pub took: Duration,
    /// Everything it wrote to stderr.
    pub log: String,
}

impl Daemon {
    /// Starts `command` and waits until something listens on `socket`.
    ///
    /// # Panics
    /// When it ends instead.
    pub fn start(command: Command, socket: &Path) -> Self {
        let mut daemon = Self::start_only(command);
        eventually("a daemon that listens", || {
            let ended = daemon.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "the daemon did not start: {}", daemon.log());
            UnixStream::connect(socket).ok()
        });
        daemon
    }

    /// Starts `command` and waits for nothing.
    pub fn start_only(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, written) = (child.stderr.take().expect("it is piped"), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                let mut log = written.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the log holds `text`.
    pub fn wait_for_log(&self, text: &str) {
        eventually(&format!("{text:?} in the log"), || self.log().contains(text).then_some(()));
    }

    /// The most memory that it ever had, in KiB.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|line| line.split_whitespace().next()?.parse().ok());
        kib.expect("Linux tells the peak")
    }

    /// Sends a signal and waits for the end.
    pub fn stop(mut self, signal: Signal) -> Ended {
        let began = Instant::now();
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the daemon runs and is ours");
        let status = eventually("the end of the daemon", || {
            self.child.try_wait().expect("a child can be waited for")
        });
        let took = began.elapsed();
        if let Some(reader) = self.reader.take() {
            reader.join().expect("reading does not panic");
        }
        Ended { code: status.code(), took, log: self.log() }
    }

    /// Ends it as a power cut would, as far as a process can feel one.
    pub fn kill(self) -> Ended {
        self.stop(Signal::KILL)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail only if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the daemon's log:\n{}---", self.log());
        }
    }
}
