//! Do some songs sound like others, by numbers?
//!
//! `cargo run --release -p composer --example likeness -- REAL OTHER` reads two folders of MIDI files,
//! measures eight properties of each song (Yang and Lerch 2020, "On the evaluation of generative
//! models in music") and prints how far their distributions overlap, 0 to 1. Two sets of real songs
//! do not overlap fully either, so the same is printed for two halves of REAL (split by file name's
//! hash, twenty times), and the ratio. Changes nothing.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod compare;
mod measures;
mod overlap;

use std::path::{Path, PathBuf};

use compare::Measured;
use measures::measure;
use music::song::Song;
use watch::examine::{Settings, examine};

fn main() -> std::io::Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [real, other] = arguments.as_slice() else {
        eprintln!("usage: likeness REAL OTHER (two folders of MIDI files)");
        std::process::exit(2);
    };
    let (real, other) = (measured(real)?, measured(other)?);
    println!("{} real songs against {} others", real.len(), other.len());
    compare::print(&real, &real, &other);
    Ok(())
}

/// The songs of a folder that have a lead, with their names.
fn measured(folder: &Path) -> std::io::Result<Vec<Measured>> {
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
        } else if watch::inbox::has_midi_name(&path) {
            into.push(path);
        }
    }
    Ok(())
}
