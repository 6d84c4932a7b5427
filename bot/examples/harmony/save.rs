//! How do learned weights become a source file?

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

use bot::arrange::harmony::Weights;

const HEAD: &str = "//! What are the weights that come with the program?
//!
//! Written by `bot/examples/harmony`, which see; not to be edited. In sixteenths of a nat.

use std::sync::LazyLock;

use super::chord::N_CHORDS;
use super::weights::{N_CHANNELS, Weights};

/// The weights that come with the program, learned from labelled songs.
pub fn learned() -> &'static Weights {
    static LEARNED: LazyLock<Weights> = LazyLock::new(|| {
        let nats = |sixteenths: i8| f32::from(sixteenths) / 16.0;
        Weights {
            evidence: EVIDENCE.map(|channel| channel.map(nats)),
            degree: DEGREE.map(|mode| mode.map(nats)),
            first: FIRST.map(|mode| mode.map(nats)),
            last: LAST.map(|mode| mode.map(nats)),
            change: Box::new(CHANGE.map(|mode| mode.map(|table| table.map(|row| row.map(nats))))),
        }
    });
    &LEARNED
}
";

/// Writes `bot/src/arrange/harmony/learned.rs`.
pub(crate) fn save(weights: &Weights) -> io::Result<()> {
    let mut text = HEAD.to_owned();
    let evidence: Vec<String> = weights.evidence.iter().map(|channel| row(channel)).collect();
    let _ = write!(text, "\nconst EVIDENCE: [[i8; 48]; N_CHANNELS] = [{}];\n", evidence.join(", "));
    let named = [("DEGREE", &weights.degree), ("FIRST", &weights.first), ("LAST", &weights.last)];
    for (name, table) in named {
        let rows: Vec<String> = table.iter().map(|mode| row(mode)).collect();
        let _ = write!(text, "\nconst {name}: [[i8; N_CHORDS]; 2] = [{}];\n", rows.join(", "));
    }
    let table = |table: &[[f32; 24]; 24]| {
        let rows: Vec<String> = table.iter().map(|from| row(from)).collect();
        format!("[{}]", rows.join(",\n"))
    };
    let modes: Vec<String> = weights
        .change
        .iter()
        .map(|mode| format!("[{}, {}]", table(&mode[0]), table(&mode[1])))
        .collect();
    let kind = "[[[[i8; N_CHORDS]; N_CHORDS]; 2]; 2]";
    let _ = write!(text, "\nconst CHANGE: {kind} = [{}];\n", modes.join(", "));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/arrange/harmony/learned.rs");
    fs::write(path, text)
}

fn row(values: &[f32]) -> String {
    let sixteenths = |value: &f32| (value * 16.0).round().clamp(-127.0, 127.0) as i8;
    let numbers: Vec<String> = values.iter().map(|value| sixteenths(value).to_string()).collect();
    format!("[{}]", numbers.join(", "))
}
