//! Which epochs of a training are told to somebody who wants to hear the track?
//!
//! None where a bar shows how far it is; else the first, each tenth and the last. Programs are told of all.

use crate::control::line::Line;

/// One epoch in so many is told.
const EACH: u64 = 10;

/// The epochs of the answers to one command.
pub(super) struct Epochs {
    has_bar: bool,
    /// The latest epoch, until it is known whether it is the last.
    held: Option<Line>,
}

impl Epochs {
    /// `has_bar` says whether a bar shows the progress.
    pub(super) fn new(has_bar: bool) -> Self {
        Self { has_bar, held: None }
    }

    /// What to print, in this order, now that a line has come.
    pub(super) fn thinned(&mut self, line: Line) -> Vec<Line> {
        match &line {
            Line::Step(_) => vec![line],
            Line::Row { json, .. } if json["event"] == "epoch" => {
                let epoch = json["epoch"].as_u64().unwrap_or(0);
                let before = self.held.take().map(untold);
                let now = if self.has_bar {
                    Some(untold(line))
                } else if epoch == 1 || epoch % EACH == 0 {
                    Some(line)
                } else {
                    self.held = Some(line);
                    None
                };
                before.into_iter().chain(now).collect()
            }
            _ => self.rest().into_iter().chain([line]).collect(),
        }
    }

    /// What is left to print at the end of an answer.
    pub(super) fn rest(&mut self) -> Option<Line> {
        self.held.take()
    }
}

/// The line for programs only.
fn untold(line: Line) -> Line {
    match line {
        Line::Row { json, .. } => Line::Row { json, text: String::new() },
        line => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(has_bar: bool, n_epochs: u64) -> Vec<String> {
        let row = |event: &str, epoch: u64| Line::Row {
            json: json!({ "event": event, "epoch": epoch }),
            text: format!("{event} {epoch}"),
        };
        let lines = (1..=n_epochs).map(|epoch| row("epoch", epoch)).chain([row("trained", 0)]);
        let mut epochs = Epochs::new(has_bar);
        let lines: Vec<Line> = lines.flat_map(|line| epochs.thinned(line)).collect();
        let epoch = |line: &Line| match line {
            Line::Row { json, .. } => json["epoch"].as_u64(),
            Line::Remark(_) | Line::Step(_) => None,
        };
        let of_rows: Vec<u64> = lines.iter().filter_map(epoch).collect();
        let expected: Vec<u64> = (1..=n_epochs).chain([0]).collect();
        assert_eq!(of_rows, expected, "programs are told of all in turn");
        assert_eq!(lines.len(), of_rows.len(), "nothing is said twice");
        let text = |line: Line| match line {
            Line::Row { text, .. } | Line::Remark(text) => text,
            Line::Step(_) => String::new(),
        };
        lines.into_iter().map(text).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn beside_a_bar_no_epoch_is_told_and_else_few_are() {
        assert_eq!(told(true, 23), ["trained 0"]);
        assert_eq!(told(false, 23), ["epoch 1", "epoch 10", "epoch 20", "epoch 23", "trained 0"]);
        let mut cut = Epochs::new(false);
        let epoch = Line::Row { json: json!({ "event": "epoch", "epoch": 2 }), text: "2".into() };
        assert_eq!((cut.thinned(epoch.clone()), cut.rest()), (vec![], Some(epoch)));
        assert_eq!(told(false, 20), ["epoch 1", "epoch 10", "epoch 20", "trained 0"]);
    }
}
