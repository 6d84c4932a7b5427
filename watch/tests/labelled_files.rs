//! Does the filter agree with labelled files?
//!
//! Needs a folder of test songs, named by `KICKBACK_DATA`, with `roles/labels.csv` (columns `file`,
//! `label`, `expect` of accept, reject or either, `trap`, `song`). Without it the test says so and
//! passes. The result is given for two halves of the songs (by a hash of `song`), so that a change
//! tuned on one can be judged by the other. The first thresholds were chosen with both in view.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use watch::filter::Verdict;
use watch::intake::{Settings, examine};

#[test]
fn labelled_files_are_judged_as_labelled() {
    let Some(data) = std::env::var_os("KICKBACK_DATA").map(PathBuf::from) else {
        eprintln!("SKIPPED: set KICKBACK_DATA to a folder of test songs to run this test");
        return;
    };
    let table = std::fs::read_to_string(data.join("roles/labels.csv")).unwrap();
    let mut lines = table.lines().map(cells);
    let head = lines.next().unwrap();
    // Right and all, by half.
    let mut halves = [(0, 0); 2];
    for row in lines {
        let row: BTreeMap<String, String> = head.iter().cloned().zip(row).collect();
        if row["expect"] == "either" {
            continue;
        }
        let half = usize::from(blake3::hash(row["song"].as_bytes()).as_bytes()[0] % 2);
        let bytes = std::fs::read(data.join("roles").join(&row["file"])).unwrap();
        let examined = examine(&bytes, &Settings::default());
        let is_accepted = examined.verdict == Verdict::Accept;
        halves[half].1 += 1;
        if is_accepted == (row["expect"] == "accept") {
            halves[half].0 += 1;
        } else {
            let parts: Vec<String> = examined
                .parts
                .iter()
                .map(|part| format!("{} {:?} {}: {}", part.role, part.name, part.n_notes, part.why))
                .collect();
            let (file, label, trap) = (&row["file"], &row["label"], &row["trap"]);
            eprintln!("WRONG half {half} {file} {label} {trap}: {:?} {parts:#?}", examined.verdict);
        }
    }
    let percent = halves.map(|(right, all)| 100.0 * f64::from(right) / f64::from(all));
    eprintln!("right of all, by half: {halves:?}, {percent:.1?} %");
    assert!(percent.iter().all(|percent| *percent >= 93.0), "{percent:?}");
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}
