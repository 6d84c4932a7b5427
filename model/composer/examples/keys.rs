//! How often is a song heard in the key that its file states?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p composer --example keys` reads `DIR/genres/metadata.csv`
//! (columns `file`, `genre` and `song`) and the files that it names; without it, it says that it is
//! skipped. A key signature is taken for true if it is not C major, which programs write where nobody
//! has said anything; one file of each tune counts. The tunes are in two halves by the hash of their names,
//! so that what was chosen on the first can be seen on the second. It changes nothing.
//!
//! Printed are the shares, in percent, with the right tonic, the right mode and both: of the key that the
//! notes suggest, of the one whose profile correlates best, and of the one that the intake gives the song,
//! for which the signature counts. A signature can be wrong: how many of the notes lie in its scale is
//! printed beside it.

#![expect(clippy::print_stdout, reason = "an example that prints")]

#[path = "study/csv.rs"]
mod csv;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use composer::conditions::in_scale;
use csv::cells;
use music::key::{Key, Mode};
use music::midi;
use music::song::Song;
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

/// A genre of fewer is told only among all.
const FEWEST: usize = 10;

/// A song whose file states its key.
struct Stated {
    genre: String,
    is_in_first_half: bool,
    key: Key,
    song: Song,
}

/// Names a key for a song.
type Way = (&'static str, fn(&Stated) -> Key);

const WAYS: [Way; 3] = [
    ("notes", |stated| stated.song.estimated_key()),
    ("profile", |stated| Key::by_profile(&stated.song.class_weights())),
    ("intake", |stated| stated.song.key()),
];

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::var_os("KICKBACK_DATA") else {
        eprintln!("skipped: KICKBACK_DATA does not name a folder that holds genres/metadata.csv");
        return Ok(());
    };
    let songs = read(&Path::new(&folder).join("genres"))?;
    let mut by_genre: BTreeMap<&str, Vec<&Stated>> = BTreeMap::new();
    for song in &songs {
        by_genre.entry(&song.genre).or_default().push(song);
    }
    by_genre.retain(|_, songs| songs.len() >= FEWEST);
    println!(
        "genre      half    songs  in scale    {}",
        WAYS.map(|(name, _)| format!("{name:<18}")).concat()
    );
    for (genre, songs) in by_genre.into_iter().chain([("all", songs.iter().collect())]) {
        for (half, is_first) in [("first", Some(true)), ("second", Some(false)), ("both", None)] {
            let is_of_it = |song: &&Stated| is_first.is_none_or(|is| is == song.is_in_first_half);
            print_row(genre, half, &songs.iter().copied().filter(is_of_it).collect::<Vec<_>>());
        }
    }
    Ok(())
}

fn print_row(genre: &str, half: &str, songs: &[&Stated]) {
    let share = |is: &dyn Fn(&Stated) -> bool| {
        let n = songs.iter().filter(|song| is(song)).count();
        100.0 * n as f64 / songs.len() as f64
    };
    let mean_in_scale = songs.iter().map(|stated| in_scale(&stated.song, stated.key)).sum::<f64>()
        / songs.len() as f64;
    print!("{genre:<10} {half:<6} {:>6} {:>9.1} ", songs.len(), 100.0 * mean_in_scale);
    for (_, way) in WAYS {
        print!(
            "{:>6.1}{:>6.1}{:>6.1}",
            share(&|stated| way(stated).tonic() == stated.key.tonic()),
            share(&|stated| way(stated).mode == stated.key.mode),
            share(&|stated| way(stated) == stated.key),
        );
    }
    println!();
}

/// The accepted songs that `folder/metadata.csv` names whose files state a key, one of each tune.
fn read(folder: &Path) -> std::io::Result<Vec<Stated>> {
    let table = std::fs::read_to_string(folder.join("metadata.csv"))?;
    let (mut songs, mut tunes) = (Vec::new(), BTreeSet::new());
    for line in table.lines().skip(1) {
        let cells = cells(line);
        let [file, genre, tune, ..] = cells.as_slice() else { continue };
        let bytes = std::fs::read(folder.join(file))?;
        let Some(key) = stated_key(&bytes) else { continue };
        let examined = examine(&bytes, &Settings::default());
        if let (Verdict::Accept, Some(song)) = (examined.verdict, examined.song)
            && tunes.insert(tune.clone())
        {
            let is_in_first_half =
                blake3::hash(format!("keys {tune}").as_bytes()).as_bytes()[0].is_multiple_of(2);
            songs.push(Stated { genre: genre.clone(), is_in_first_half, key, song });
        }
    }
    Ok(songs)
}

/// The key of a file's first signature, unless it says nothing.
fn stated_key(bytes: &[u8]) -> Option<Key> {
    let reading = midi::read(bytes, &midi::Limits::default()).ok()?;
    let (sharps, is_minor) = reading.score.key_signature?;
    let mode = if is_minor { Mode::Minor } else { Mode::Major };
    (is_minor || sharps != 0).then(|| Key::of_signature(sharps, mode))
}
