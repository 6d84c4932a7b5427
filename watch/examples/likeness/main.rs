//! Do some songs sound like others, by numbers?
//!
//! `cargo run --release -p watch --example likeness -- REAL OTHER` reads two folders of MIDI files,
//! measures eight properties of each song (Yang and Lerch 2020, "On the evaluation of generative
//! models in music") and prints how far their distributions overlap, 0 to 1. Two sets of real songs
//! do not overlap fully either, so the same is printed for two halves of REAL (split by file name's
//! hash, twenty times), and the ratio. Changes nothing.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod measures;
mod overlap;

use std::path::{Path, PathBuf};

use measures::{Measures, N_MEASURES, NAMES, measure};
use model::song::Song;
use watch::intake::{Settings, examine};

/// How often REAL is halved.
const N_HALVINGS: usize = 20;

fn main() -> std::io::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [real, other] = arguments.as_slice() else {
        eprintln!("usage: likeness REAL OTHER (two folders of MIDI files)");
        std::process::exit(2);
    };
    let (real, other) = (measured(real)?, measured(other)?);
    println!("{} real songs against {} others", real.len(), other.len());
    println!(
        "{:<20} {:>10} {:>10} {:>8} {:>8} {:>8}",
        "", "real", "others", "halves", "overlap", "ratio"
    );
    let mut sums = [0.0; 3];
    for (idx, name) in NAMES.iter().enumerate() {
        let against = overlap::area(&column(&real, idx), &column(&other, idx));
        let halves = halved(&real, idx);
        let ratio = against / halves;
        for (sum, value) in sums.iter_mut().zip([halves, against, ratio]) {
            *sum += value / N_MEASURES as f64;
        }
        println!(
            "{name:<20} {:>10.3} {:>10.3} {halves:>8.3} {against:>8.3} {ratio:>8.3}",
            mean(&column(&real, idx)),
            mean(&column(&other, idx)),
        );
    }
    let [halves, against, ratio] = sums;
    println!("{:<42} {halves:>8.3} {against:>8.3} {ratio:>8.3}", "mean");
    let [a, b] = [&real, &other].map(|songs| {
        100.0 * songs.iter().map(|(_, song)| song.repeated_bars).sum::<f64>() / songs.len() as f64
    });
    println!("bars that repeat an earlier one: real {a:.1} %, others {b:.1} %");
    Ok(())
}

/// The mean overlap of two halves of the songs.
fn halved(songs: &[(String, Measures)], idx: usize) -> f64 {
    let half = |salt: usize, side: bool| -> Vec<Vec<f64>> {
        let of_side = songs.iter().filter(|(name, _)| {
            blake3::hash(format!("{salt} {name}").as_bytes()).as_bytes()[0].is_multiple_of(2)
                == side
        });
        of_side.map(|(_, song)| song.values[idx].clone()).collect()
    };
    let overlap = |salt| overlap::area(&half(salt, true), &half(salt, false));
    (0..N_HALVINGS).map(overlap).sum::<f64>() / N_HALVINGS as f64
}

fn column(songs: &[(String, Measures)], idx: usize) -> Vec<Vec<f64>> {
    songs.iter().map(|(_, song)| song.values[idx].clone()).collect()
}

fn mean(values: &[Vec<f64>]) -> f64 {
    let all: Vec<f64> = values.iter().flatten().copied().collect();
    all.iter().sum::<f64>() / all.len().max(1) as f64
}

/// The songs of a folder that have a lead, with their names.
fn measured(folder: &Path) -> std::io::Result<Vec<(String, Measures)>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    let mut songs = Vec::new();
    for path in paths {
        let song: Option<Song> = examine(&std::fs::read(&path)?, &Settings::default()).song;
        match song.as_ref().and_then(measure) {
            Some(measures) => songs.push((path.display().to_string(), measures)),
            None => eprintln!("{}: left out, it has no lead", path.display()),
        }
    }
    Ok(songs)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if watch::has_midi_name(&path) {
            into.push(path);
        }
    }
    Ok(())
}
