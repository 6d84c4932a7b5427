//! How do tests use the program as people do?
//!
//! A home in a temporary folder ([`Home`]), commands as processes of their own ([`Answer`]), a daemon
//! that real signals stop ([`Daemon`]). Whatever takes time is awaited by looking until a deadline
//! ([`eventually`]). Nothing here knows the program's insides, only its command line, its files and
//! its JSON.

mod answer;
mod files;
mod home;
mod running;

use std::io::ErrorKind;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

pub use answer::Answer;
pub use files::{files_below, song, songs};
pub use home::Home;
pub use running::{Daemon, Ended};
pub use rustix::process::Signal;

/// How long a test waits for what should happen soon, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a program. One that a test has just copied counts as being written for as long as a process
/// that another test started meanwhile holds the copy's handle: until its own program runs.
fn spawn(command: &mut Command) -> Child {
    eventually("a program that can be started", || match command.spawn() {
        Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => None,
        started => Some(started.expect("the program starts")),
    })
}

/// Looks until `look` finds something, and panics with `what` after [`PATIENCE`].
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
