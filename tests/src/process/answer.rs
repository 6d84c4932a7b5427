//! What did a command say, where, and with which exit code?

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use serde_json::Value;

use super::{eventually, spawn};

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Everything on stdout.
    pub out: String,
    /// Everything on stderr.
    pub err: String,
}

impl Answer {
    /// Runs a command to its end.
    pub(super) fn of(mut command: Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::of_child(spawn(command))
    }

    /// Waits for the end of a process whose stdout and stderr are piped.
    ///
    /// # Panics
    /// When it does not end, after killing it.
    pub fn of_child(mut child: Child) -> Self {
        let out = child.stdout.take().map(reader);
        let err = child.stderr.take().map(reader);
        let mut waiting = Waiting(child);
        let status = eventually("the end of a command", || {
            waiting.0.try_wait().expect("a child can be waited for")
        });
        let text = |reader: Option<JoinHandle<String>>| {
            reader.map_or(String::new(), |reader| reader.join().expect("reading does not panic"))
        };
        Self { code: status.code(), out: text(out), err: text(err) }
    }

    /// The rows of a successful command that was asked for JSON.
    ///
    /// # Panics
    /// When it failed, or when stdout holds anything but one object a line.
    pub fn rows(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.objects()
    }

    /// The objects on stdout, whatever the exit code.
    ///
    /// # Panics
    /// When stdout holds anything but one object a line.
    pub fn objects(&self) -> Vec<Value> {
        let parse = |line: &str| {
            let row: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("no JSON on stdout: {line:?}: {error}"));
            assert!(row.is_object(), "{row} is not an object");
            row
        };
        self.out.lines().map(parse).collect()
    }

    /// Asserts an exit code and that stderr says `text`.
    ///
    /// # Panics
    /// When either is otherwise.
    pub fn fails(&self, code: i32, text: &str) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.err.contains(text), "{text:?} is not said: {self:#?}");
    }
}

/// A process that does not outlive its test.
struct Waiting(Child);

impl Drop for Waiting {
    fn drop(&mut self) {
        // Both fail only if it has ended, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn reader(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8(bytes).expect("the program writes UTF-8")
    })
}
