//! How well are doubles told from other songs?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p watch --example doubles -- [tune|report] [--list]` takes
//! the songs of `DIR/genres` that the filter accepts, changes each in many ways and looks the copies
//! up as the intake does: texts of the fingerprint, candidates, comparison. It prints for each kind
//! of change how many copies are found; how many songs are taken for doubles of others; and how
//! often what should stay (parts, halves, rewritten leads) is called a double. `tune` uses the songs
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
use watch::filter::Verdict;
use watch::fingerprint::{Fingerprint, candidates, compare};
use watch::intake::{Settings, examine};

use changes::{CHANGES, Dice, half, only, rewrite, sorted};

/// The songs that are compared, of the candidates.
const COMPARED: usize = 6;

/// A file of the collection that is accepted.
struct Entry {
    file: String,
    genre: String,
    tune: String,
    score: Score,
    song: Song,
    fingerprint: Fingerprint,
}

/// Which songs have a text.
#[derive(Default)]
struct Index(BTreeMap<String, Vec<usize>>);

impl Index {
    fn of(entries: &[Entry]) -> Self {
        let mut index = Self::default();
        for (idx, entry) in entries.iter().enumerate() {
            for text in entry.fingerprint.texts() {
                index.0.entry(text.clone()).or_default().push(idx);
            }
        }
        index
    }

    /// The songs worth comparing, the likeliest first.
    fn candidates(&self, fingerprint: &Fingerprint, entries: &[Entry]) -> Vec<usize> {
        let with = |text: &String| self.0.get(text).cloned().unwrap_or_default();
        let found: Vec<Vec<usize>> = fingerprint.texts().iter().map(with).collect();
        let overlap = |idx: usize| fingerprint.overlap(entries[idx].fingerprint.texts());
        let mut ranked: Vec<(f64, usize)> =
            candidates(&found).into_iter().map(|idx| (overlap(idx), idx)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        ranked.into_iter().take(COMPARED).map(|(_, idx)| idx).collect()
    }
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
    let index = Index::of(&entries);
    sizes(&index, &entries);
    recall(&index, &entries, &asked, is_list);
    stays(&entries, &asked, is_list);
    pairs(&index, &entries, half, is_list);
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
        entries.push(Entry { file, genre, tune, score, song, fingerprint });
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

fn sizes(index: &Index, entries: &[Entry]) {
    let mut n_with: Vec<usize> = index.0.values().map(Vec::len).collect();
    n_with.sort_unstable();
    let n_texts: usize = entries.iter().map(|entry| entry.fingerprint.texts().len()).sum();
    println!(
        "{:.1} texts a song; a text is of {:.1} songs on average as songs meet it, of {} at most",
        n_texts as f64 / entries.len() as f64,
        n_with.iter().map(|n| n * n).sum::<usize>() as f64 / n_texts as f64,
        n_with.last().unwrap_or(&0)
    );
}

fn recall(index: &Index, entries: &[Entry], asked: &[usize], is_list: bool) {
    println!(
        "\n{:<26}{:>7}{:>10}{:>10}{:>8}{:>10}",
        "change", "copies", "found", "rejected", "missed", "no cand."
    );
    let (mut examining, mut looking, mut n_looked) = (Duration::ZERO, Duration::ZERO, 0_u32);
    let mut slowest = Duration::ZERO;
    for (name, apply) in CHANGES {
        let (mut n_found, mut n_rejected, mut n_unseen, mut n_missed) = (0, 0, 0, 0);
        for idx in asked {
            let entry = &entries[*idx];
            let mut score = entry.score.clone();
            apply(&mut score, &mut Dice::of(name, &entry.file));
            let began = Instant::now();
            let copy = examine(&midi::write(&sorted(score)), &Settings::default());
            examining += began.elapsed();
            let (Verdict::Accept, Some(song), Some(fingerprint)) =
                (&copy.verdict, &copy.song, &copy.fingerprint)
            else {
                n_rejected += 1;
                continue;
            };
            let began = Instant::now();
            let near = index.candidates(fingerprint, entries);
            let found = near.iter().copied().find(|near| {
                let began = Instant::now();
                let likeness = compare(song, &entries[*near].song);
                slowest = slowest.max(began.elapsed());
                likeness.is_some()
            });
            looking += began.elapsed();
            n_looked += 1;
            if found.is_some() {
                n_found += 1;
                continue;
            }
            n_missed += 1;
            let is_candidate = near.contains(idx);
            n_unseen += usize::from(!is_candidate);
            if is_list {
                let texts: BTreeSet<_> = entry.fingerprint.texts().iter().collect();
                let n_shared = fingerprint.texts().iter().filter(|t| texts.contains(t)).count();
                let n_lead = entry.song.voice(Voice::Lead).count();
                println!(
                    "missed {name}: {} (candidate: {is_candidate}, {n_lead} lead notes, {n_shared} \
                     of {} texts)",
                    entry.file,
                    texts.len()
                );
            }
        }
        let n = asked.len() - n_rejected;
        let percent = 100.0 * f64::from(n_found) / n as f64;
        println!("{name:<26}{n:>7}{percent:>8.1} %{n_rejected:>10}{n_missed:>8}{n_unseen:>10}");
    }
    println!(
        "examining {:?}, looking up and comparing {:?} a copy, slowest comparison {slowest:?}",
        examining / n_looked.max(1),
        looking / n_looked.max(1)
    );
}

/// Makes another piece of a song.
type Make = Box<dyn Fn(&Entry) -> Score>;

/// What is made of a song but is not it.
fn stays(entries: &[Entry], asked: &[usize], is_list: bool) {
    println!("\n{:<26}{:>7}{:>10}{:>10}", "should stay", "copies", "doubles", "rejected");
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
        let (mut n, mut n_doubles, mut n_rejected) = (0, 0, 0);
        for idx in asked {
            let entry = &entries[*idx];
            let made = examine(&midi::write(&sorted(make(entry))), &Settings::default());
            let (Verdict::Accept, Some(song)) = (&made.verdict, &made.song) else {
                n_rejected += 1;
                continue;
            };
            n += 1;
            let there = compare(song, &entry.song);
            if let Some(likeness) = there.or_else(|| compare(&entry.song, song)) {
                n_doubles += 1;
                if is_list {
                    println!("{name}: {}: {likeness}", entry.file);
                }
            }
        }
        let percent = 100.0 * f64::from(n_doubles) / f64::from(n.max(1));
        println!("{name:<26}{n:>7}{percent:>8.1} %{n_rejected:>10}");
    }
}

/// Doubles inside the collection itself.
fn pairs(index: &Index, entries: &[Entry], half: u8, is_list: bool) {
    let (mut n, mut same_tune, mut same_genre, mut other_genre, mut n_shared) = (0, 0, 0, 0, 0);
    for (idx, entry) in entries.iter().enumerate() {
        if half_of(&entry.tune) != half {
            continue;
        }
        n += 1;
        let with_same_tune = entries.iter().take(idx).any(|other| other.tune == entry.tune);
        n_shared += usize::from(with_same_tune);
        let near = index.candidates(&entry.fingerprint, entries);
        for other in near.into_iter().filter(|other| *other < idx) {
            let known = &entries[other];
            let Some(likeness) = compare(&entry.song, &known.song) else { continue };
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
        "\nof {n} songs are doubles of an earlier one: {same_tune} of the same tune by the table \
        (which groups {n_shared}), {same_genre} of another tune, {other_genre} of another genre"
    );
}
