//! Do votes move the music?
//!
//! `cargo build --release -p daemon && cargo run --release -p tests --example community -- [options]`
//! plays communities against the program `kickback` from outside, as a script would. Each has a hidden
//! preference; in every cycle it hears new tracks, votes on them through noise (`rate --from`), and the
//! genre is trained. What it hears is measured from the MIDI files alone, with measures of this program's
//! own, so that the features from which the taste learns are not their own judge.
//!
//! - `--binary PATH`: the program; the one that was built beside this one if none is named.
//! - `--home DIR`: a home in which the genre is trained; copied, never changed. Without it one is made of
//!   `--songs DIR` (`DIR/GENRE/*.mid`), else of the songs of the genre that `KICKBACK_DATA` names in
//!   `genres/metadata.csv`, else of the bundled songs, which are too few to judge by.
//! - `--settle N`: so many trainings without votes come before, and "the first version" is the last of them.
//! - `--genre hardstyle`, `--preferences all` (or `choosing`, `held-back`, or names with commas; `--list`
//!   shows them), `--seeds 3`, `--cycles 5`, `--votes 60` a cycle, `--wrong 0.15` of them by mistake,
//!   `--listeners 6`, `--probe 40` tracks by which a cycle is measured, `--baseline 200` plain tracks of
//!   the first version with which they are compared, `--plain-too`, `--jobs 1` side by side.
//! - `--hold-back N`: so many preferences are held back: constants are chosen with `--preferences choosing`
//!   and judged by `--preferences held-back`. The table tells the two apart.
//! - `--config KEY=VALUE`, which may be repeated: a setting of the homes that are played in, such as
//!   `taste.gain=0`, to switch off one place at which votes act.
//! - `--json FILE`: all numbers, written again after each trial.
//!
//! The lift after a cycle is the mean score of the probe by the hidden preference minus that of plain
//! tracks of the first version, in standard deviations of the latter. The interval holds 95 % of a
//! bootstrap of seeds, tracks and plain tracks. Of those that vote at random the measure is shown that
//! moved farthest; what they moved by each other score stands beside it under `thrown votes`, for training
//! moves the music whatever the votes are, and far where the first version had not learned to its end.
//! `likely` is the share of the last probe for which the first version needs no more nats a note than for
//! 95 % of its own plain tracks: what left the genre for the sake of votes is missing there.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod experiment;

use std::process::ExitCode;

use clap::Parser;
use experiment::{Failed, Options, Progress, play, preferences};

fn main() -> Result<ExitCode, Failed> {
    let options = Options::parse();
    if options.list {
        for preference in preferences(&options)? {
            println!("{preference}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let report = play(&options, &Progress::new(|line| eprintln!("{line}")))?;
    print!("{report}");
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
