//! How is a learned model written as source?

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use watch::parts::features::{Features, NAMES};
use watch::parts::{Model, Role};

/// Writes `watch/src/parts/learned.rs`.
///
/// # Errors
/// A file that can't be written.
pub(crate) fn save(model: &Model, n_rows: usize, penalty: f64) -> io::Result<()> {
    let mut text = format!(
        "//! What was learned about roles?\n//!\n\
         //! Written by `cargo run --release -p watch --example roles -- --save` from {n_rows} parts\n\
         //! with certain roles (penalty {penalty}). Change the program, not this file;\n//! run `cargo fmt` after it.\n\n\
         use super::model::Model;\n\n\
         /// The model that the intake uses. The order of its numbers is that of [`super::features::NAMES`].\n\
         pub const MODEL: Model = Model {{\n"
    );
    numbers(&mut text, "    means: ", &model.means, "    ");
    numbers(&mut text, "    scales: ", &model.scales, "    ");
    text.push_str("    weights: [\n");
    for (role, weights) in Role::LEARNED.iter().zip(&model.weights) {
        let _ = writeln!(text, "        // {role}");
        numbers(&mut text, "        ", weights, "        ");
    }
    text.push_str("    ],\n");
    let biases: Vec<String> = model.biases.iter().map(|bias| format!("{bias:.4}")).collect();
    let _ = writeln!(text, "    biases: [{}],", biases.join(", "));
    let (hint, both) = (model.hint, model.agreement);
    let _ = writeln!(text, "    hint: {hint:?},\n    agreement: {both:?},\n}};");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/parts/learned.rs");
    std::fs::write(path, text)
}

/// One number a line, each with its name.
fn numbers(text: &mut String, before: &str, values: &Features, indent: &str) {
    let _ = writeln!(text, "{before}[");
    for (value, name) in values.iter().zip(NAMES) {
        let _ = writeln!(text, "{indent}    {value:.4}, // {name}");
    }
    let _ = writeln!(text, "{indent}],");
}
