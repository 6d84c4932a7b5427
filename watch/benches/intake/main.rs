//! How long does it take to make something of a file, and how long does symusic take to parse it?
//!
//! `KICKBACK_DATA=DIR cargo bench -p watch` reads the MIDI files below `DIR/genres` (without it, the
//! starter songs) into memory and then measures, taking turns in each round: reading alone; the
//! whole intake (reading, judging, fingerprints, tokens); and `symusic.Score.from_midi` in Python
//! processes that hold the same bytes and take their own time. On one core the time is that of the
//! processor, which others on the machine cannot take; on all cores it is that of the clock, and a
//! measurement in which others took more than 8 % of the machine is thrown away and said.
//!
//! The Python is `$KICKBACK_PYTHON`, else `python3`; without symusic (`pip install symusic`) its rows
//! are missing. Nothing here touches the disk once the files are read.

#![expect(clippy::print_stdout, reason = "a benchmark that prints")]

mod busy;
mod rival;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use music::midi;
use music::tokens::encode;
use watch::examine::{Settings, examine};

use busy::Busy;
use rival::Rival;

const ROUNDS: usize = 9;
/// A measurement goes over all files until this much time is gone.
const AT_LEAST: Duration = Duration::from_millis(400);
/// Share of the machine that others may take.
const MAX_OTHERS: f64 = 0.08;

/// What is measured; files a second, one figure a round.
struct Row {
    name: &'static str,
    /// By the processor's time, on one core.
    one: Vec<f64>,
    /// By the clock, on all cores, while the machine was ours.
    all: Vec<f64>,
    /// The same while it was not.
    disturbed: Vec<f64>,
}

fn main() -> std::io::Result<()> {
    let folder = if let Some(data) = std::env::var_os("KICKBACK_DATA") {
        PathBuf::from(data).join("genres")
    } else {
        println!("KICKBACK_DATA is not set: measuring with the starter songs");
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/starter")
    };
    let mut paths = Vec::new();
    collect(&folder, &mut paths)?;
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(std::fs::read).collect::<Result<_, _>>()?;
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
    let n_bytes: usize = files.iter().map(Vec::len).sum();
    println!("{} files, {} KiB, {n_cores} cores, {ROUNDS} rounds", files.len(), n_bytes / 1024);
    let mut rivals = Rival::start(&paths, n_cores);
    let mut rows: Vec<Row> = ["read", "intake", "symusic"][..if rivals.is_some() { 3 } else { 2 }]
        .iter()
        .map(|name| Row { name, one: Vec::new(), all: Vec::new(), disturbed: Vec::new() })
        .collect();
    let settings = Settings::default();
    let read = |bytes: &[u8]| drop(black_box(midi::read(bytes, &settings.midi)));
    let intake = |bytes: &[u8]| {
        let examined = examine(bytes, &settings);
        black_box(examined.song.as_ref().map(encode));
    };
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let pids = rivals.as_ref().map_or(Vec::new(), Rival::pids);
            row.one.push(match (row.name, &mut rivals) {
                ("symusic", Some(rival)) => rival.on_one_core(AT_LEAST)?,
                ("read", _) => on_one_core(&files, read)?,
                _ => on_one_core(&files, intake)?,
            });
            let busy = Busy::now(&pids)?;
            let per_second = match (row.name, &mut rivals) {
                ("symusic", Some(rival)) => rival.on_all_cores(AT_LEAST)?,
                ("read", _) => on_all_cores(&files, n_cores, read),
                _ => on_all_cores(&files, n_cores, intake),
            };
            if busy.share_of_others(&Busy::now(&pids)?, n_cores) <= MAX_OTHERS {
                row.all.push(per_second);
            } else {
                row.disturbed.push(per_second);
            }
        }
    }
    print(&rows);
    Ok(())
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

/// Files a second of processor time.
fn on_one_core(files: &[Vec<u8>], work: impl Fn(&[u8])) -> std::io::Result<f64> {
    let (began, cpu) = (Instant::now(), busy::of_this_thread()?);
    let mut n_done = 0;
    while began.elapsed() < AT_LEAST {
        for bytes in files {
            work(bytes);
        }
        n_done += files.len();
    }
    Ok(n_done as f64 / busy::of_this_thread()?.saturating_sub(cpu).as_secs_f64())
}

/// Files a second by the clock.
fn on_all_cores(files: &[Vec<u8>], n_cores: usize, work: impl Fn(&[u8]) + Sync) -> f64 {
    let began = Instant::now();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..n_cores {
            scope.spawn(|| {
                // One thread's last file is the only time in which another waits.
                while began.elapsed() < AT_LEAST {
                    work(&files[next.fetch_add(1, Ordering::Relaxed) % files.len()]);
                }
            });
        }
    });
    next.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

fn print(rows: &[Row]) {
    for row in rows {
        println!("\n{}", row.name);
        println!("  one core:  {} of processor time", told(&row.one));
        println!("  all cores: {}", told(&row.all));
        if !row.disturbed.is_empty() {
            let others = MAX_OTHERS * 100.0;
            let disturbed = told(&row.disturbed);
            println!(
                "  not counted, as others took over {others:.0} % of the machine: {disturbed}"
            );
        }
    }
    if let [_, intake, symusic] = rows {
        let times = |of: fn(&Row) -> &[f64]| median(of(symusic)) / median(of(intake));
        let (one, all) = (times(|row| &row.one), times(|row| &row.all));
        println!("\nthe intake takes {one:.2} times as long as symusic's parse on one core");
        if all.is_finite() {
            println!("and {all:.2} times as long on all cores");
        }
    }
}

fn told(values: &[f64]) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let n_rounds = values.len();
    match n_rounds {
        0 => "no quiet round; run it again on a machine with less to do".to_owned(),
        _ => format!("{:.0} files/s ({low:.0} to {high:.0} in {n_rounds})", median(values)),
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
