//! Do real and hostile files give the notes that two other libraries find?
//!
//! Needs a folder of test songs, named by `KICKBACK_DATA`, with `hostile/manifest.csv` (columns
//! `file`, `mido_notes`, `symusic_notes`) and `genres/metadata.csv` (`file`, `notes`,
//! `drum_notes`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;

fn data() -> PathBuf {
    std::env::var_os("KICKBACK_DATA").map(PathBuf::from).expect("KICKBACK_DATA names a folder")
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).expect("the table can be read");
    let mut lines = text.lines().map(cells);
    let head = lines.next().expect("a heading");
    lines.map(|cells| head.iter().cloned().zip(cells).collect()).collect()
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().expect("never empty").push(c),
        }
    }
    cells
}

fn timed(bytes: &[u8], name: &str) -> Result<Reading, ReadError> {
    let started = Instant::now();
    let result = read(bytes, &Limits::default());
    assert!(started.elapsed() < Duration::from_secs(1), "{name} took {:?}", started.elapsed());
    result
}

/// Of the notes that the better of two other readers finds, none is missing; only stray notes beyond
/// the longest piece are dropped, and music beyond it is refused.
#[test]
#[ignore = "needs a folder of test songs: KICKBACK_DATA=… cargo test -p music -- --ignored"]
fn hostile_files_give_at_least_what_other_readers_find() {
    let data = data();
    let (mut n_same, mut n_more, mut n_refused, mut less) = (0, 0, 0, Vec::new());
    for row in rows(&data.join("hostile/manifest.csv")) {
        let name = &row["file"];
        let bytes = std::fs::read(data.join("hostile").join(name)).expect("the file can be read");
        let result = timed(&bytes, name);
        let found = result.as_ref().map_or(0, |reading| reading.score.n_notes());
        let others = ["mido_notes", "symusic_notes"].map(|key| row[key].parse().unwrap_or(0usize));
        let n_strays = result.as_ref().map_or(0, n_strays);
        match others[0].max(others[1]) {
            n if n == found => n_same += 1,
            n if n < found => {
                n_more += 1;
                let warnings = result.map(|reading| reading.warnings);
                eprintln!("MORE {name}: {found} notes, others {others:?}, {warnings:?}");
            }
            n if matches!(result, Err(ReadError::TooLong { .. })) || found + n_strays == n => {
                n_refused += 1;
                eprintln!("LIMIT {name}: {found} notes, others {others:?}, {n_strays} strays");
            }
            _ => {
                let warnings = result.map(|reading| reading.warnings);
                less.push(format!("LESS {name}: {found} notes, others {others:?}, {warnings:?}"));
            }
        }
    }
    let n_less = less.len();
    eprintln!("hostile: {n_same} the same, {n_more} more, {n_refused} too long, {n_less} less");
    assert!(less.is_empty(), "{less:#?}");
}

fn n_strays(reading: &Reading) -> usize {
    let strays = reading.warnings.iter().filter_map(|warning| match warning {
        Warning::TooLate(n) => Some(*n),
        _ => None,
    });
    strays.sum()
}

#[test]
#[ignore = "needs a folder of test songs: KICKBACK_DATA=… cargo test -p music -- --ignored"]
fn songs_give_the_notes_that_another_reader_finds() {
    let data = data();
    let (mut n_same, mut different, mut n_bytes) = (0, Vec::new(), 0);
    let started = Instant::now();
    for row in rows(&data.join("genres/metadata.csv")) {
        let name = &row["file"];
        let bytes = std::fs::read(data.join("genres").join(name)).expect("the file can be read");
        n_bytes += bytes.len();
        let reading = timed(&bytes, name);
        let found = reading.as_ref().map_or(0, |reading| reading.score.n_notes());
        let noted = ["notes", "drum_notes"].map(|key| row[key].parse().unwrap_or(0usize));
        let noted: usize = noted.iter().sum();
        if found == noted {
            n_same += 1;
        } else {
            different.push(format!("{name}: {found} notes, expected {noted}"));
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("songs: {n_same} the same, {different:#?}; {n_bytes} bytes in {seconds:.2} s");
    assert!(different.len() * 100 <= n_same, "{different:#?}");
}
