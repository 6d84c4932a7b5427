//! What is a line of a command's answer?
//!
//! Each is for people and for programs, so that a command says the same whether this process or the
//! daemon carries it out. [`crate::cli::print`] prints them.

use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// A result: a JSON object for programs and a text for people.
    Row {
        /// One object.
        json: Value,
        /// The same in words; may have several lines, and none if people need not be told.
        text: String,
    },
    /// A remark for people only.
    Remark(String),
    /// The progress of a training; shown only on a terminal.
    Step(Step),
}

/// The progress of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "a training has steps, of which this is one")]
pub(crate) struct Step {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// Epochs at most.
    pub(crate) n_epochs: usize,
    /// Steps made in all epochs.
    pub(crate) step: u64,
    /// Steps at most.
    pub(crate) n_steps: u64,
    /// Loss of the step, in nats a token.
    pub(crate) nll: f64,
    /// The fraction that is done, 0 to 1, by steps or by time, whichever is more.
    pub(crate) share: f64,
    /// Seconds until the last step or the end of its time, whichever comes first; it ends earlier if
    /// nothing more is learned.
    pub(crate) seconds_left: f64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epoch, n_epochs, step, n_steps, nll, share, seconds_left } = self;
        let (percent, left) = ((share * 100.0).floor(), in_words(*seconds_left));
        write!(
            f,
            "{percent} %, epoch {epoch} of {n_epochs}, step {step} of {n_steps}, loss {nll:.3}, \
             at most {left} left"
        )
    }
}

/// A time in words, as precise as people need it: "40 s", "12 min", "2 h 05 min".
pub(crate) fn in_words(seconds: f64) -> String {
    match seconds.max(0.0).ceil() as u64 {
        seconds @ ..=90 => format!("{seconds} s"),
        seconds @ ..=5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

impl Line {
    /// A result: the fields of `row` for programs, its text for people.
    pub(crate) fn row(row: &(impl Serialize + fmt::Display)) -> Self {
        // Rows are plain structs of numbers, texts and lists: there is nothing JSON could refuse.
        let json = serde_json::to_value(row).unwrap_or_default();
        Self::Row { json, text: row.to_string() }
    }

    /// The row as what the command answered with; `None` if this is something else.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        match self {
            Self::Row { json, .. } => T::deserialize(json).ok(),
            Self::Remark(_) | Self::Step(_) => None,
        }
    }
}

/// A path as JSON can hold it: bytes that are not text are replaced by `�`.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Where the lines go; they may be dropped when nobody is listening any more.
pub(crate) type Out<'a> = dyn FnMut(Line) + Send + 'a;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_exact_as_it_helps() {
        let words = [0.0, 0.2, 90.0, 91.0, 1140.0, 5400.0, 5401.0, 86_400.0].map(in_words);
        let expected =
            ["0 s", "1 s", "90 s", "2 min", "19 min", "90 min", "1 h 30 min", "24 h 00 min"];
        assert_eq!(words, expected);
    }
}
