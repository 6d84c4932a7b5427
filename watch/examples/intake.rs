//! What would the intake do with a folder of MIDI files, and how fast?
//!
//! `cargo run --release -p watch --example intake -- DIR [--list | --voices]` prints how many files
//! are taken and how many are rejected for which reason; with `--list` also each rejected file's
//! reason, with `--voices` how the voices of the accepted move. It changes nothing.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use music::song::{Song, Voice};
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: intake DIR [--list | --voices]");
        std::process::exit(2);
    };
    let flag = arguments.next().unwrap_or_default();
    let is_list = flag == "--list";
    let mut voices = Voices::default();
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
        if let ("accept", Some(song)) = (code, &examined.song) {
            voices.count(song);
        }
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
    if flag == "--voices" {
        voices.print();
    }
    Ok(())
}

/// How the voices of songs move, counted over all of them.
#[derive(Default)]
struct Voices {
    n_songs: usize,
    n_with_bass: usize,
    n_intervals: usize,
    semitones: u64,
    n_wide: usize,
    n_bass_bars: usize,
    n_bass_classes: usize,
    n_chords: usize,
    n_chord_notes: usize,
}

impl Voices {
    fn count(&mut self, song: &Song) {
        self.n_songs += 1;
        let tops: Vec<u8> =
            strikes(song, Voice::Lead).values().filter_map(|all| all.last().copied()).collect();
        for pair in tops.windows(2) {
            let size = pair[0].abs_diff(pair[1]);
            self.n_intervals += 1;
            self.semitones += u64::from(size);
            self.n_wide += usize::from(size >= 12);
        }
        let mut bars: BTreeMap<u32, u16> = BTreeMap::new();
        for note in song.voice(Voice::Bass) {
            *bars.entry(note.onset / song.steps_per_bar()).or_default() |= 1 << note.pitch.class();
        }
        self.n_with_bass += usize::from(!bars.is_empty());
        self.n_bass_bars += bars.len();
        self.n_bass_classes += bars.values().map(|set| set.count_ones() as usize).sum::<usize>();
        let chords = strikes(song, Voice::Chords);
        self.n_chords += chords.len();
        self.n_chord_notes += chords.values().map(Vec::len).sum::<usize>();
    }

    fn print(&self) {
        let share = |n: usize, of: usize| n as f64 / of.max(1) as f64;
        println!("{:6.2} semitones from lead note to lead note", {
            self.semitones as f64 / self.n_intervals.max(1) as f64
        });
        println!("{:6.3} of these an octave or more", share(self.n_wide, self.n_intervals));
        println!("{:6.3} of the songs have a bass", share(self.n_with_bass, self.n_songs));
        println!(
            "{:6.2} pitch classes a bar of bass",
            share(self.n_bass_classes, self.n_bass_bars)
        );
        println!("{:6.2} notes at a strike of chords", share(self.n_chord_notes, self.n_chords));
    }
}

/// The pitches that a voice strikes, ascending, by onset.
fn strikes(song: &Song, voice: Voice) -> BTreeMap<u32, Vec<u8>> {
    let mut strikes: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    for note in song.voice(voice) {
        strikes.entry(note.onset).or_default().push(note.pitch.number());
    }
    strikes
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
