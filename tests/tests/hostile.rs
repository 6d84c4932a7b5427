//! Is any file too much: over 256 MiB, or the end of the process, or without an end?
//!
//! Each file is examined in a process of its own, which is this test program started again; it says
//! what it took. Its seconds are only shown, as they depend on what else the machine does: at most one
//! is the aim. The worst files that the limits let through are composed here. Real ones come from
//! the folder that `KICKBACK_DATA` names; they are tried when that test is asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tests::process::Answer;
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

const FILE: &str = "KICKBACK_FILE_TO_EXAMINE";
const MARK: &str = "\nCOST ";
const MAX_MIB: f64 = 256.0;

/// The child: examines the one file that its parent names.
#[test]
fn one_file_in_a_process_of_its_own() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let bytes = fs::read(path).expect("the parent names a file that can be read");
    let started = Instant::now();
    let examined = examine(&bytes, &Settings::default());
    let seconds = started.elapsed().as_secs_f64();
    let outcome = match &examined.verdict {
        Verdict::Accept => "accept",
        Verdict::Reject(reason) => reason.code(),
    };
    eprintln!("{MARK}{seconds} {} {outcome}", peak_kib());
}

/// The most memory this process ever had.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// What one file took.
#[derive(Debug)]
struct Cost {
    seconds: f64,
    mib: f64,
    outcome: String,
}

impl Cost {
    fn of(path: &Path) -> Self {
        let child = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["--exact", "one_file_in_a_process_of_its_own", "--nocapture"])
            .env(FILE, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let Answer { code, err: told, .. } = Answer::of_child(child);
        assert_eq!(code, Some(0), "{}: {told}", path.display());
        let (_, cost) = told.split_once(MARK).expect("the child says what it took");
        let mut words = cost.split_whitespace();
        let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
        let (seconds, kib): (f64, f64) = (number(), number());
        let outcome = words.next().expect("an outcome").to_owned();
        Self { seconds, mib: kib / 1024.0, outcome }
    }

    fn is_too_much(&self) -> bool {
        self.mib > MAX_MIB
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

#[test]
#[ignore = "needs a folder of hostile files: KICKBACK_DATA=… cargo test -p tests --test hostile -- --ignored"]
fn no_real_file_takes_over_256_mib() {
    let data = std::env::var_os("KICKBACK_DATA").map(PathBuf::from);
    let data = data.expect("KICKBACK_DATA names a folder with the folder `hostile` in it");
    let mut files = Vec::new();
    files_below(&data.join("hostile"), &mut files);
    assert!(!files.is_empty(), "the folder has files");
    let costs: Vec<(PathBuf, Cost)> =
        files.into_iter().map(|path| (path.clone(), Cost::of(&path))).collect();
    let slowest = costs.iter().map(|(_, cost)| cost.seconds).fold(0.0, f64::max);
    let largest = costs.iter().map(|(_, cost)| cost.mib).fold(0.0, f64::max);
    eprintln!("{} files: at most {slowest:.3} s, {largest:.1} MiB", costs.len());
    let too_much: Vec<_> = costs.iter().filter(|(_, cost)| cost.is_too_much()).collect();
    assert!(too_much.is_empty(), "{too_much:#?}");
}

fn file(bodies: &[Vec<u8>]) -> Vec<u8> {
    let n_tracks = u16::try_from(bodies.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = [b"MThd\0\0\0\x06\0\x01", &n_tracks[..], &[1, 0xE0]].concat();
    for body in bodies {
        bytes.extend(b"MTrk");
        bytes.extend((body.len() as u32).to_be_bytes());
        bytes.extend(body);
    }
    bytes
}

/// `n` notes a `gap` apart, of the pitches in turn, each a beat long or hanging.
fn notes(n: usize, gap: u8, channel: u8, pitches: &[u8], is_hanging: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for pitch in pitches.iter().cycle().take(n) {
        body.extend([gap, 0x90 | channel, *pitch, 100]);
        if !is_hanging {
            body.extend([gap, 0x80 | channel, *pitch, 64]);
        }
    }
    body.extend([0, 0xFF, 0x2F, 0]);
    body
}

/// Files as large as the limits allow, each the worst of its kind.
fn worst() -> Vec<(&'static str, Vec<u8>)> {
    let limits = Settings::default().midi;
    let n_bytes = limits.max_file_bytes as usize;
    let all: Vec<u8> = (0..128).collect();
    let tune = [72, 75, 79, 77, 75, 74, 72, 67];
    let most = limits.max_notes - 1;
    let endless_delta = [&[0, 0x90, 60, 100][..], &vec![0xFF; n_bytes - 100]].concat();
    let broken = [&[0, 0x90, 60, 200, 0, 0x90, 61][..], &[0x80; 40]].concat();
    let text = [&[0, 0xFF, 1, 0x80, 0x80, 0x40][..], &vec![b'x'; n_bytes - 100]].concat();
    let many = |n: usize, n_notes: usize| -> Vec<Vec<u8>> {
        (0..n).map(|idx| notes(n_notes, 48, (idx % 16) as u8, &tune, false)).collect()
    };
    let all_channels: Vec<Vec<u8>> =
        (0..16).map(|channel| notes(most / 16, 1, channel, &all, false)).collect();
    vec![
        ("notes at one tick", file(&[notes(most, 0, 0, &[36, 55, 76], true)])),
        ("hanging notes", file(&[notes(most, 1, 0, &all, true)])),
        ("notes of a tune", file(&[notes(most, 3, 0, &tune, false)])),
        ("notes of all channels", file(&all_channels)),
        ("all tracks, a note each", file(&many(limits.max_tracks, 1))),
        (
            "all tracks, a tune each",
            file(&many(limits.max_tracks, limits.max_events / limits.max_tracks / 2 - 1)),
        ),
        ("too many tracks", file(&vec![Vec::new(); n_bytes / 8 - 2])),
        ("an endless delta", file(&[endless_delta])),
        ("broken events", file(&[broken.repeat(n_bytes / broken.len() - 2)])),
        ("broken tracks", file(&vec![broken.clone(); limits.max_tracks])),
        ("a long text", file(&[text])),
        ("chunk names only", [&file(&[])[..], &b"MTrk".repeat(n_bytes / 4 - 8)].concat()),
        ("program changes", file(&[[0, 0xC0, 5].repeat(n_bytes / 3 - 20)])),
    ]
}

#[test]
fn the_worst_that_the_limits_let_through_comes_to_an_end_within_256_mib() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut too_much = Vec::new();
    for (name, bytes) in worst() {
        assert!(bytes.len() as u64 <= Settings::default().midi.max_file_bytes, "{name}");
        let path = folder.path().join("worst.mid");
        fs::write(&path, bytes).expect("a file");
        let cost = Cost::of(&path);
        eprintln!("{name}: {:.3} s, {:.1} MiB, {}", cost.seconds, cost.mib, cost.outcome);
        if cost.is_too_much() {
            too_much.push((name, cost));
        }
    }
    assert!(too_much.is_empty(), "{too_much:#?}");
}
