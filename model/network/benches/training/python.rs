//! `PyTorch` and ONNX Runtime, in a process that does a round when told.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::{Rival, Task};

/// Tokens that a round of sampling takes; as the script says.
pub(crate) const N_TOKENS: usize = 200;

/// A process that waits for its turn.
pub(crate) struct Worker {
    what: String,
    process: Child,
    answers: BufReader<ChildStdout>,
    tokens: usize,
}

impl Worker {
    /// Starts `what` for a task, `tokens` a round; says why there is none.
    pub(crate) fn start(what: &str, task: Task, tokens: usize) -> Option<Self> {
        let started = Self::spawn(what, task, tokens);
        if started.is_none() {
            eprintln!("{what} takes no part: KICKBACK_PYTHON or python3 has it not");
        }
        started
    }

    fn spawn(what: &str, task: Task, tokens: usize) -> Option<Self> {
        let python = std::env::var_os("KICKBACK_PYTHON").unwrap_or_else(|| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/training/rivals.py");
        let size = task.size;
        let numbers = [
            size.vocabulary,
            size.embedding,
            size.hidden,
            size.layers,
            task.steps,
            task.batch,
            size.lookbacks,
            size.labels,
        ];
        let mut process = Command::new(python)
            .arg(script)
            .arg(what)
            .args(numbers.map(|number| number.to_string()))
            .arg(task.dropout.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let answers = BufReader::new(process.stdout.take()?);
        let mut own = Self { what: what.to_owned(), process, answers, tokens };
        own.line().is_some_and(|line| line == "ready").then_some(own)
    }

    fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // Libraries may talk too.
            let line = line.trim();
            if line == "ready" || line.parse::<f64>().is_ok() {
                return Some(line.to_owned());
            }
        }
    }
}

impl Rival for Worker {
    fn name(&self) -> String {
        self.what.clone()
    }

    fn round(&mut self) -> Option<f64> {
        self.process.stdin.as_mut()?.write_all(b"\n").ok()?;
        let seconds: f64 = self.line()?.parse().ok()?;
        Some(self.tokens as f64 / seconds)
    }

    fn process(&self) -> Option<u32> {
        Some(self.process.id())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without its input it ends by itself; nothing hangs on how.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
