//! Which epochs of a training are told to somebody who wants to hear the track?
//!
//! None where a bar shows how far it is; else the first, each tenth and the last. Programs are told of all.

use crate::control::line::Line;

/// One epoch in so many is told.
const EACH: u64 = 10;

/// The epochs of the answers to one command.
pub(super) struct Epochs {
    has_bar: bool,
    /// The latest epoch in words, if these were left out.
    untold: Option<String>,
}

impl Epochs {
    /// `has_bar` says whether a bar shows the progress.
    pub(super) fn new(has_bar: bool) -> Self {
        Self { has_bar, untold: None }
    }

    /// What to print of a line, in this order.
    pub(super) fn thinned(&mut self, line: Line) -> Vec<Line> {
        match line {
            Line::Row { json, text } if json["event"] == "epoch" => {
                let epoch = json["epoch"].as_u64().unwrap_or(0);
                let is_told = !self.has_bar && (epoch == 1 || epoch % EACH == 0);
                let (text, untold) =
                    if is_told { (text, None) } else { (String::new(), Some(text)) };
                self.untold = untold.filter(|_| !self.has_bar);
                vec![Line::Row { json, text }]
            }
            Line::Step(_) => vec![line],
            line => self.untold.take().map(Line::Remark).into_iter().chain([line]).collect(),
        }
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
        let is_row = |line: &&Line| matches!(line, Line::Row { .. });
        assert_eq!(lines.iter().filter(is_row).count() as u64, n_epochs + 1, "programs get all");
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
        assert_eq!(told(false, 20), ["epoch 1", "epoch 10", "epoch 20", "trained 0"]);
    }
}
