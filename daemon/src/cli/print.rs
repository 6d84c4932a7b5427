//! What do answers look like on a terminal and in a pipe?
//!
//! With `--json`, stdout carries one object per line and nothing else; otherwise results go to stdout
//! as text. Remarks and progress go to stderr, progress as a bar and only on a terminal.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::control::line::{Line, Step};

/// Parts of a whole bar.
const PARTS: u64 = 1000;

/// Prints the lines of an answer.
pub(crate) struct Printer {
    json: bool,
    bar: Option<ProgressBar>,
}

impl Printer {
    /// A printer for `--json` or for people.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, bar: None }
    }

    /// Prints one line.
    pub(crate) fn print(&mut self, line: Line) {
        match line {
            Line::Step(step) => self.step(&step),
            Line::Remark(text) => self.aside(|| to_stderr(&text)),
            Line::Row { json, .. } if self.json => {
                let text = json.to_string();
                self.aside(|| to_stdout(&text));
            }
            Line::Row { text, .. } => {
                if !text.is_empty() {
                    self.aside(|| to_stdout(&text));
                }
            }
        }
    }

    /// Prints without disturbing the bar.
    fn aside(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away at the end of an answer.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn step(&mut self, step: &Step) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(PARTS);
            let shape = "{bar:32.magenta/black} {msg}";
            bar.set_style(
                ProgressStyle::with_template(shape)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        bar.set_position((step.share * PARTS as f64) as u64);
        bar.set_message(step.to_string());
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.end();
    }
}

/// A reader that has left (`kickback tracks | head`) ends the program quietly.
fn to_stdout(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn to_stderr(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
