//! Learns the weights of the harmony from songs with chords, and says how right it is on others.
//!
//! `cargo run --release -p bot --example harmony -- FOLDER…` measures the weights that come with the
//! program on the held-out third of each folder's songs: from the lead alone, from lead and bass, and
//! with the chords shown. `--learn` learns from the other two thirds first, `--save` also writes what
//! it learned to `bot/src/arrange/harmony/learned.rs`; `--fold1` and `--fold2` hold out another third
//! (those weights are not of the program). What a folder holds is said in `labels.rs`.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod labels;
mod learn;
mod measure;
mod save;

use std::io;
use std::path::PathBuf;

use bot::arrange::harmony::{Weights, learned};
use labels::{Labelled, Shown};
use measure::Tally;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let fold = u64::from(has("--fold1")) + 2 * u64::from(has("--fold2"));
    let folders = arguments.iter().filter(|a| !a.starts_with("--")).map(PathBuf::from);
    let mut songs: Vec<Labelled> = Vec::new();
    for folder in folders {
        songs.extend(labels::read(&folder, fold)?);
    }
    let n_held_out = songs.iter().filter(|song| song.is_held_out).count();
    println!("{} songs, {n_held_out} of them held out", songs.len());
    if has("--learn") || has("--save") {
        let learned = learn::learn(&songs, |epoch, likelihood| {
            println!("epoch {epoch}: {likelihood:.4} nats a label");
        });
        if has("--save") {
            save::save(&learned)?;
        }
        report(&songs, &learned);
    } else {
        report(&songs, learned());
    }
    Ok(())
}

fn report(songs: &[Labelled], weights: &Weights) {
    let mut sets: Vec<&str> = songs.iter().map(|song| song.set.as_str()).collect();
    sets.dedup();
    let line = |what: &str, tally: Tally| {
        let (roots, chords) = (100.0 * tally.root_share(), 100.0 * tally.chord_share());
        let clashes = 100.0 * tally.clash_share();
        println!(
            "  {what:14} root {roots:5.1} %, with quality {chords:5.1} %, clashes {clashes:4.1} %"
        );
    };
    for set in sets {
        let model = |shown| measure::tally(songs, set, shown, measure::model(weights));
        let lead = model(Shown::Lead);
        println!("{set}: {} slots", lead.n);
        line("always tonic", measure::tally(songs, set, Shown::Lead, measure::always_tonic));
        line("longest note", measure::tally(songs, set, Shown::Lead, measure::longest_note));
        line("lead", lead);
        line("lead and bass", model(Shown::LeadAndBass));
        line("with chords", model(Shown::All));
    }
}
