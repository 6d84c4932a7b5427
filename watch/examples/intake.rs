//! What would the intake do with a folder of MIDI files, and how fast?
//!
//! `cargo run --release -p watch --example intake -- DIR [--list]` prints how many files are taken
//! and how many are rejected for which reason; with `--list` also each rejected file's reason. It
//! changes nothing.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use watch::filter::Verdict;
use watch::intake::{Settings, examine};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: intake DIR [--list]");
        std::process::exit(2);
    };
    let is_list = arguments.next().is_some_and(|flag| flag == "--list");
    let mut paths = Vec::new();
    collect(Path::new(&folder), &mut paths)?;
    paths.sort();
    let files: Vec<(PathBuf, Vec<u8>)> = paths
        .into_iter()
        .map(|path| std::fs::read(&path).map(|bytes| (path, bytes)))
        .collect::<Result<_, _>>()?;
    let settings = Settings::default();
    let mut n_by_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut fingerprints = std::collections::BTreeSet::new();
    let mut n_repeated = 0;
    let started = Instant::now();
    for (path, bytes) in &files {
        let examined = examine(bytes, &settings);
        let code = match &examined.verdict {
            Verdict::Accept => "accept",
            Verdict::Reject(reason) => reason.code(),
        };
        *n_by_code.entry(code).or_default() += 1;
        if code == "accept" && !examined.fingerprint.is_none_or(|f| fingerprints.insert(f)) {
            n_repeated += 1;
        }
        if let (true, Verdict::Reject(reason)) = (is_list, &examined.verdict) {
            println!("{}: {code}: {reason}", path.display());
            for part in &examined.parts {
                println!("    {} {:?} {} notes: {}", part.role, part.name, part.n_notes, part.why);
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    for (code, n) in &n_by_code {
        println!("{n:6} {code}");
    }
    println!("{n_repeated:6} of the accepted repeat an earlier one's melody");
    println!(
        "{} files in {seconds:.2} s: {:.0} a second",
        files.len(),
        files.len() as f64 / seconds
    );
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}
