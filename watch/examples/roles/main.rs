//! Learns the role model from labelled files, and says how right the filter is on held-out songs.
//!
//! `KICKBACK_DATA=DIR cargo run --release -p watch --example roles` cross-validates in five folds
//! of songs and prints accuracy by label and trap and the confusion of roles; with `--save` it then
//! learns from all songs and writes `watch/src/parts/learned.rs`; with `--write DIR` it writes the
//! files made from `genres` for other programs to judge; with `--wrong` it lists each wrong verdict.
//! What the folder holds is said in `table.rs`.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod choose;
mod derive;
mod learn;
mod save;
mod table;
mod validate;

use std::io;
use std::path::{Path, PathBuf};

use music::midi;
use watch::parts::features::Features;
use watch::parts::{Decision, Model, Role};

use validate::{Measured, Tally};

const N_FOLDS: usize = 5;

fn main() -> io::Result<()> {
    let Some(data) = std::env::var_os("KICKBACK_DATA").map(PathBuf::from) else {
        eprintln!("set KICKBACK_DATA to a folder of labelled test songs");
        std::process::exit(2);
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let cases = validate::measured(table::cases(&data)?);
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        return write(&cases, Path::new(arguments.get(at + 1).map_or(".", String::as_str)));
    }
    let all: Vec<&Measured> = cases.iter().collect();
    println!("{} cases, {} rows", all.len(), validate::rows(all.iter().copied()).len());
    cross_validate(&all, has("--wrong"));
    if has("--save") {
        let chosen = choose::choose(&all);
        let n_rows = validate::rows(all.iter().copied()).len();
        save::save(&chosen.learned(&all), n_rows, chosen.penalty)?;
        println!("saved: {chosen:?}");
    }
    Ok(())
}

/// What the model alone says, without facts, names and programs.
fn by_model_alone(measured: &Measured, model: &Model) -> Vec<Decision> {
    let role = |features: &Features| {
        let scores = model.scores(features);
        let best = (0..4).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0);
        Decision { role: Role::LEARNED[best], why: String::new() }
    };
    measured.features.iter().map(role).collect()
}

/// What is counted over the folds.
#[derive(Default)]
struct Report {
    real: Tally,
    made: Tally,
    real_without_words: Tally,
    real_alone: Tally,
    confusion: [[usize; 5]; 4],
}

fn cross_validate(cases: &[&Measured], is_list: bool) {
    let mut report = Report::default();
    for held in 0..N_FOLDS {
        let is_held =
            |measured: &&Measured| validate::fold(&measured.case.group, "outer", N_FOLDS) == held;
        let (test, train): (Vec<&Measured>, Vec<&Measured>) =
            cases.iter().copied().partition(is_held);
        let chosen = choose::choose(&train);
        let model = chosen.learned(&train);
        println!("fold {held}: {chosen:?}");
        for measured in test {
            report.count(measured, &model, is_list);
        }
    }
    report.print();
}

impl Report {
    fn count(&mut self, measured: &Measured, model: &Model, is_list: bool) {
        let case = &measured.case;
        let without_words = Model { hint: 0.0, agreement: 0.0, ..model.clone() };
        let by_notes = measured.decide(&without_words);
        if !case.is_made || case.kind == "whole" {
            for (role, decision) in case.roles.iter().zip(&by_notes) {
                let Some(role) = role else { continue };
                if let Some(row) = Role::LEARNED.iter().position(|learned| learned == role) {
                    self.confusion[row][decision.role as usize] += 1;
                }
            }
        }
        let Some(is_right) = measured.is_right(model) else { return };
        if case.is_made {
            self.made.add(&case.kind, is_right);
        } else {
            self.real.add(&case.kind, is_right);
            let by_notes = measured.is_right_by(by_notes) == Some(true);
            self.real_without_words.add(&case.kind, by_notes);
            let alone = measured.is_right_by(by_model_alone(measured, model));
            self.real_alone.add(&case.kind, alone == Some(true));
        }
        if is_list && !is_right {
            println!("WRONG {} {} made={}", case.kind, case.file, case.is_made);
            for (part, decision) in case.score.parts.iter().zip(measured.decide(model)) {
                println!("    {:?} {}: {}", part.name, decision.role, decision.why);
            }
        }
    }

    fn print(&self) {
        print_tally("labelled files", &self.real);
        print_tally("labelled files, names and programs unseen", &self.real_without_words);
        print_tally("labelled files, the model alone", &self.real_alone);
        print_tally("files made of other songs", &self.made);
        println!("\nroles by notes (rows: labelled) {:?}", Role::LEARNED.map(Role::name));
        for (role, row) in Role::LEARNED.iter().zip(&self.confusion) {
            println!("{:>8} {row:?}", role.name());
        }
    }
}

fn print_tally(what: &str, tally: &Tally) {
    let percent = |(right, all): (usize, usize)| 100.0 * right as f64 / all.max(1) as f64;
    let (right, all) = tally.total();
    println!("\n{what}: {right} of {all} right, {:.1} %", percent((right, all)));
    for (kind, count) in &tally.0 {
        println!("  {kind:20} {:4} of {:4} {:5.1} %", count.0, count.1, percent(*count));
    }
}

fn write(cases: &[Measured], folder: &Path) -> io::Result<()> {
    for (number, measured) in cases.iter().enumerate() {
        let case = &measured.case;
        let Some(is_taken) = case.is_taken.filter(|_| case.is_made) else { continue };
        let expected = if is_taken { "accept" } else { "reject" };
        let name = format!("{}.{expected}.{number}.mid", case.kind);
        std::fs::write(folder.join(name), midi::write(&case.score))?;
    }
    Ok(())
}
