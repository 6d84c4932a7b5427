//! How well are duplicates distinguished from other songs?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p watch --example duplicates -- [tune|report] [--list]` takes
//! the songs of `DIR/genres` that the filter accepts, changes each in many ways and looks the copies
//! up as the intake does: phrases of the fingerprint, the nearest songs, comparison. It prints for each kind
//! of change how many copies are found; how many songs are taken for duplicates of others; and how
//! often what should stay (parts, halves, rewritten leads) is called one. `tune` uses the songs
//! (by `metadata.csv`, column `song`) of one half, `report` those of the other half. `--list` names
//! what was missed and all pairs.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use music::midi::{self, Limits};
use music::score::Score;
use music::song::{Song, Voice};
use watch::duplicates::{Collection, Fingerprint, Outline, compare, nearest};
use watch::examine::{Settings, examine};
use watch::filter::Verdict;

use changes::{CHANGES, Dice, half, only, rewrite, sorted};

/// A file of the collection that is accepted.
struct Entry {
    file: String,
    genre: String,
    tune: String,
    score: Score,
    song: Song,
    fingerprint: Fingerprint,
    outline: Outline,
}

fn main() {
    let Ok(data) = std::env::var("KICKBACK_DATA") else {
        eprintln!("set KICKBACK_DATA to the folder that holds genres/metadata.csv");
        return;
    };
    let arguments: BTreeSet<String> = std::env::args().skip(1).collect();
    let is_list = arguments.contains("--list");
    let half = u8::from(arguments.contains("report"));
    let entries = entries(&Path::new(&data).join("genres"));
    let asked: Vec<usize> =
        (0..entries.len()).filter(|idx| half_of(&entries[*idx].tune) == half).collect();
    println!("{} accepted songs, {} of this half", entries.len(), asked.len());
    let mut songs = Collection::default();
    for entry in &entries {
        songs.add(entry.fingerprint.clone(), entry.outline.clone());
    }
    sizes(&entries);
    recall(&songs, &entries, &asked, is_list);
    stays(&entries, &asked, is_list);
    pairs(&songs, &entries, half, is_list);
}

fn half_of(tune: &str) -> u8 {
    blake3::hash(tune.as_bytes()).as_bytes()[0] & 1
}

fn entries(folder: &Path) -> Vec<Entry> {
    let table = std::fs::read_to_string(folder.join("metadata.csv")).expect("metadata.csv");
    let mut entries = Vec::new();
    for line in table.lines().skip(1) {
        let [file, genre, tune] = first_fields(line);
        let bytes = std::fs::read(folder.join(&file)).expect("a file of the table");
        let examined = examine(&bytes, &Settings::default());
        let (Verdict::Accept, Some(song), Some(fingerprint)) =
            (examined.verdict, examined.song, examined.fingerprint)
        else {
            continue;
        };
        let score = midi::read(&bytes, &Limits::default()).expect("it was read before").score;
        let outline = Outline::of(&song);
        entries.push(Entry { file, genre, tune, score, song, fingerprint, outline });
    }
    entries
}

/// The first three fields of a line of CSV.
fn first_fields(line: &str) -> [String; 3] {
    let mut fields: [String; 3] = Default::default();
    let (mut at, mut is_quoted) = (0, false);
    for letter in line.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => at += 1,
            _ if at < 3 => fields[at].push(letter),
            _ => return fields,
        }
    }
    fields
}

fn sizes(entries: &[Entry]) {
    let mut n_with: BTreeMap<&str, usize> = BTreeMap::new();
    for phrase in entries.iter().flat_map(|entry| entry.fingerprint.phrases()) {
        *n_with.entry(phrase).or_default() += 1;
    }
    let n_phrases: usize = n_with.values().sum();
    println!(
        "{:.1} phrases a song; a phrase is of {:.1} songs on average as songs meet it, of {} at most",
        n_phrases as f64 / entries.len() as f64,
        n_with.values().map(|n| n * n).sum::<usize>() as f64 / n_phrases as f64,
        n_with.values().max().unwrap_or(&0)
    );
}

/// How copies with one change fared.
#[derive(Default)]
struct Recall {
    n_found: usize,
    n_rejected: usize,
    n_missed: usize,
    /// Missed ones that were not even compared.
    n_unseen: usize,
    examining: Duration,
    looking: Duration,
    slowest: Duration,
}

fn recall(songs: &Collection, entries: &[Entry], asked: &[usize], is_list: bool) {
    println!(
        "\n{:<26}{:>7}{:>10}{:>10}{:>8}{:>10}",
        "change", "copies", "found", "rejected", "missed", "unseen"
    );
    let (mut examining, mut looking, mut n_looked) = (Duration::ZERO, Duration::ZERO, 0);
    let mut slowest = Duration::ZERO;
    for (name, apply) in CHANGES {
        let mut recall = Recall::default();
        for idx in asked {
            let entry = &entries[*idx];
            let mut score = entry.score.clone();
            apply(&mut score, &mut Dice::of(name, &entry.file));
            let missed = recall.look_up(songs, entries, *idx, score);
            if let (true, Some(fingerprint)) = (is_list, missed) {
                println!("missed {name}: {}", about(entry, &fingerprint));
            }
        }
        let Recall { n_found, n_rejected, n_missed, n_unseen, .. } = recall;
        let n = asked.len() - n_rejected;
        let percent = 100.0 * n_found as f64 / n.max(1) as f64;
        println!("{name:<26}{n:>7}{percent:>8.1} %{n_rejected:>10}{n_missed:>8}{n_unseen:>10}");
        examining += recall.examining;
        looking += recall.looking;
        slowest = slowest.max(recall.slowest);
        n_looked += n as u32;
    }
    println!(
        "examining {:?}, looking up and comparing {:?} a copy, slowest comparison {slowest:?}",
        examining / n_looked.max(1),
        looking / n_looked.max(1)
    );
}

impl Recall {
    /// Looks a changed copy of a song up; gives its fingerprint if it is taken for a new song.
    fn look_up(
        &mut self,
        songs: &Collection,
        entries: &[Entry],
        idx: usize,
        score: Score,
    ) -> Option<Fingerprint> {
        let began = Instant::now();
        let copy = examine(&midi::write(&sorted(score)), &Settings::default());
        self.examining += began.elapsed();
        let (Verdict::Accept, Some(song), Some(fingerprint)) =
            (copy.verdict, copy.song, copy.fingerprint)
        else {
            self.n_rejected += 1;
            return None;
        };
        let began = Instant::now();
        let outline = Outline::of(&song);
        let Ok(near) = nearest(songs, &fingerprint);
        let is_found = near.iter().any(|near| {
            let began = Instant::now();
            let likeness = compare(&outline, &entries[*near].outline);
            self.slowest = self.slowest.max(began.elapsed());
            likeness.is_some()
        });
        self.looking += began.elapsed();
        if is_found {
            self.n_found += 1;
            return None;
        }
        self.n_missed += 1;
        self.n_unseen += usize::from(!near.contains(&idx));
        Some(fingerprint)
    }
}

/// What may have been in the way of finding a copy of a song.
fn about(entry: &Entry, fingerprint: &Fingerprint) -> String {
    let overlap = fingerprint.overlap(entry.fingerprint.phrases());
    let n_lead = entry.song.voice(Voice::Lead).count();
    format!("{} ({n_lead} lead notes, {:.0} % of the phrases)", entry.file, 100.0 * overlap)
}

/// Makes another piece of a song.
type Make = Box<dyn Fn(&Entry) -> Score>;

/// What is made of a song but is not it.
fn stays(entries: &[Entry], asked: &[usize], is_list: bool) {
    println!("\n{:<26}{:>7}{:>10}{:>10}", "should stay", "copies", "found", "rejected");
    let rewritten = [30, 50].map(|percent| {
        let make = move |entry: &Entry| {
            rewrite(&entry.song, &mut Dice::of("rewritten", &entry.file), percent).to_score()
        };
        (format!("{percent} % of bars rewritten"), Box::new(make) as Make)
    });
    let mut kinds: Vec<(String, Make)> = rewritten.into();
    kinds.push(("the first half".to_owned(), Box::new(|entry| half(&entry.score, true))));
    kinds.push(("the second half".to_owned(), Box::new(|entry| half(&entry.score, false))));
    kinds.push((
        "only the bass".to_owned(),
        Box::new(|entry| only(&entry.song, &[Voice::Bass]).to_score()),
    ));
    kinds.push((
        "only the chords".to_owned(),
        Box::new(|entry| only(&entry.song, &[Voice::Chords]).to_score()),
    ));
    kinds.push((
        "a new lead".to_owned(),
        Box::new(|entry| rewrite(&entry.song, &mut Dice::of("new", &entry.file), 100).to_score()),
    ));
    for (name, make) in kinds {
        let (mut n, mut n_found, mut n_rejected) = (0, 0, 0);
        for idx in asked {
            let entry = &entries[*idx];
            let made = examine(&midi::write(&sorted(make(entry))), &Settings::default());
            let (Verdict::Accept, Some(song)) = (&made.verdict, &made.song) else {
                n_rejected += 1;
                continue;
            };
            n += 1;
            let outline = Outline::of(song);
            let there = compare(&outline, &entry.outline);
            if let Some(likeness) = there.or_else(|| compare(&entry.outline, &outline)) {
                n_found += 1;
                if is_list {
                    println!("{name}: {}: {likeness}", entry.file);
                }
            }
        }
        let percent = 100.0 * f64::from(n_found) / f64::from(n.max(1));
        println!("{name:<26}{n:>7}{percent:>8.1} %{n_rejected:>10}");
    }
}

/// Duplicates inside the collection itself.
fn pairs(songs: &Collection, entries: &[Entry], half: u8, is_list: bool) {
    let (mut n, mut same_tune, mut same_genre, mut other_genre, mut n_shared) = (0, 0, 0, 0, 0);
    for (idx, entry) in entries.iter().enumerate() {
        if half_of(&entry.tune) != half {
            continue;
        }
        n += 1;
        let with_same_tune = entries.iter().take(idx).any(|other| other.tune == entry.tune);
        n_shared += usize::from(with_same_tune);
        let Ok(near) = nearest(songs, &entry.fingerprint);
        for other in near.into_iter().filter(|other| *other < idx) {
            let known = &entries[other];
            let Some(likeness) = compare(&entry.outline, &known.outline) else { continue };
            let kind = if known.tune == entry.tune {
                same_tune += 1;
                "same tune"
            } else if known.genre == entry.genre {
                same_genre += 1;
                "another tune"
            } else {
                other_genre += 1;
                "another genre"
            };
            if is_list {
                println!("{kind}: {} = {} ({likeness})", entry.file, known.file);
            }
            break;
        }
    }
    println!(
        "\nof {n} songs are duplicates of an earlier one: {same_tune} of the same tune by the table \
        (which groups {n_shared}), {same_genre} of another tune, {other_genre} of another genre"
    );
}
