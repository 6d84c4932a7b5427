//! How well are songs sorted into genres, measured on songs that were held out?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p composer --example genres` reads `DIR/genres/metadata.csv`
//! (columns `file`, `genre` and `song`) and the files that it names. Files of one song, or with the
//! same melody, are always held out together. It changes nothing.

#![expect(clippy::print_stdout, reason = "an example that prints")]

#[path = "study/csv.rs"]
mod csv;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use composer::corpus::Piece;
use composer::ngram::Ngram;
use csv::cells;
use music::genre::{Classification, Classifier, Sample, Settings, Traits};
use music::song::{Song, Voice};
use watch::examine::{self, examine};
use watch::filter::Verdict;

/// Parts that are held out in turn.
const FOLDS: usize = 10;
/// Smaller libraries that are tried for each size.
const SMALL: u64 = 40;

struct Labelled {
    genre: String,
    tune: String,
    song: Song,
}

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::var_os("KICKBACK_DATA") else {
        eprintln!("skipped: KICKBACK_DATA does not name a folder that holds genres/metadata.csv");
        return Ok(());
    };
    let songs = read(&Path::new(&folder).join("genres"))?;
    let mut n_by_genre: BTreeMap<&str, usize> = BTreeMap::new();
    for song in &songs {
        *n_by_genre.entry(&song.genre).or_default() += 1;
    }
    println!("{} accepted songs: {n_by_genre:?}\n", songs.len());

    let all: Vec<Traits> = songs.iter().map(|labelled| Traits::of(&labelled.song)).collect();
    let judged = cross_validate(&songs, &all);
    print_accuracy("all traits", &songs, &judged);
    let changed = |change: fn(&Song) -> Song| -> Vec<Traits> {
        songs.iter().map(|labelled| Traits::of(&change(&labelled.song))).collect()
    };
    let without_tempo = cross_validate(&songs, &changed(at_one_tempo));
    print_accuracy("without the tempo", &songs, &without_tempo);
    print_accuracy("the lead alone", &songs, &cross_validate(&songs, &changed(lead)));
    let lead_without_tempo = changed(|song| at_one_tempo(&lead(song)));
    print_accuracy("the lead without tempo", &songs, &cross_validate(&songs, &lead_without_tempo));
    compare_ngram(&songs, &judged);

    print_confusion(&songs, &judged);
    println!("\ncertainty  sorted  of them right  (without the tempo)");
    for certainty in [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95] {
        let (share, right) = sorted(&songs, &judged, certainty);
        let (few, right_of_few) = sorted(&songs, &without_tempo, certainty);
        println!("{certainty:9}  {share:6.3}  {right:13.4}  ({few:.3} {right_of_few:.4})");
    }
    print_by_genre(&songs, &judged);
    print_unknown(&songs, &all);
    print_small(&songs, &all);
    print_time(&songs, &all);
    Ok(())
}

fn at_one_tempo(song: &Song) -> Song {
    Song::new(120.0, song.beats_per_bar(), song.n_bars(), song.notes().iter().copied())
}

fn lead(song: &Song) -> Song {
    let notes = song.voice(Voice::Lead).copied();
    Song::new(song.tempo_bpm(), song.beats_per_bar(), song.n_bars(), notes)
}

fn train<'a>(picked: impl IntoIterator<Item = (&'a Labelled, &'a Traits)>) -> Option<Classifier> {
    let sample = |(labelled, traits): (&'a Labelled, &'a Traits)| Sample {
        genre: &labelled.genre,
        tune: &labelled.tune,
        traits,
    };
    let samples: Vec<Sample<'_>> = picked.into_iter().map(sample).collect();
    // The rarest genre of the measured ones has seven songs.
    Classifier::train(&samples, &Settings { min_songs: 4, ..Settings::default() })
}

/// Each song judged by what was learned from the others.
fn cross_validate(songs: &[Labelled], traits: &[Traits]) -> Vec<Classification> {
    let folds: Vec<usize> = songs.iter().map(|song| fold(&song.tune)).collect();
    let classifiers: Vec<Classifier> = (0..FOLDS)
        .map(|out| {
            let picked = songs.iter().zip(traits).zip(&folds).filter(|(_, fold)| **fold != out);
            train(picked.map(|(pair, _)| pair)).expect("several genres")
        })
        .collect();
    let judge = |(traits, fold): (&Traits, &usize)| classifiers[*fold].classify(traits);
    traits.iter().zip(&folds).map(judge).collect()
}

fn fold(tune: &str) -> usize {
    // Not the hash that the classifier splits by.
    usize::from(blake3::hash(format!("outer {tune}").as_bytes()).as_bytes()[1]) % FOLDS
}

fn is_right(labelled: &Labelled, judgement: &Classification) -> bool {
    judgement.genres[0].0 == labelled.genre
}

fn print_accuracy(what: &str, songs: &[Labelled], judged: &[Classification]) {
    let right: Vec<bool> = songs.iter().zip(judged).map(|(l, j)| is_right(l, j)).collect();
    println!("{what:24} {}", accuracies(songs, &right));
}

/// Over all songs, and the mean over the genres.
fn accuracies(songs: &[Labelled], right: &[bool]) -> String {
    let mut by_genre: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (labelled, right) in songs.iter().zip(right) {
        let (n_right, n) = by_genre.entry(&labelled.genre).or_default();
        *n_right += usize::from(*right);
        *n += 1;
    }
    let all = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
    let mean = by_genre.values().map(|(right, n)| *right as f64 / *n as f64).sum::<f64>()
        / by_genre.len() as f64;
    format!("accuracy {all:.4}, mean over genres {mean:.4}")
}

/// The likelihood of the tokens under a trigram a genre, alone and added to the traits'.
fn compare_ngram(songs: &[Labelled], judged: &[Classification]) {
    let pieces: Vec<Piece> =
        songs.iter().map(|l| Piece::new(l.tune.clone(), l.tune.clone(), &l.song)).collect();
    let genres: BTreeSet<&str> = songs.iter().map(|labelled| labelled.genre.as_str()).collect();
    let mut nll: Vec<BTreeMap<&str, f64>> = vec![BTreeMap::new(); songs.len()];
    for out in 0..FOLDS {
        for genre in &genres {
            let learned: Vec<Piece> = songs
                .iter()
                .zip(&pieces)
                .filter(|(labelled, _)| labelled.genre == *genre && fold(&labelled.tune) != out)
                .map(|(_, piece)| piece.clone())
                .collect();
            let ngram = Ngram::new(3, &learned);
            for (idx, piece) in pieces.iter().enumerate() {
                if fold(&songs[idx].tune) == out {
                    nll[idx].insert(genre, ngram.evaluate(std::slice::from_ref(piece)));
                }
            }
        }
    }
    for weight in [f64::INFINITY, 0.5, 1.0, 2.0, 4.0] {
        let right = |idx: usize| {
            let score = |genre: &str| {
                let found = judged[idx].genres.iter().find(|(name, _)| name == genre);
                let probability = found.map_or(1e-12, |(_, p)| p.max(1e-12));
                let traits = if weight.is_finite() { probability.ln() } else { 0.0 };
                traits - weight.min(1e6) * nll[idx][genre]
            };
            let best = genres.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
            best == Some(&songs[idx].genre.as_str())
        };
        let right: Vec<bool> = (0..songs.len()).map(right).collect();
        let what = if weight.is_finite() { format!("traits + {weight} x") } else { String::new() };
        println!("{:24} {}", format!("{what} trigram").trim(), accuracies(songs, &right));
    }
}

fn print_confusion(songs: &[Labelled], judged: &[Classification]) {
    let genres: BTreeSet<&str> = songs.iter().map(|labelled| labelled.genre.as_str()).collect();
    println!("\n{:>10} judged as", "");
    println!(
        "{:>10} {}",
        "",
        genres.iter().map(|genre| format!("{genre:>9} ")).collect::<Vec<_>>().concat()
    );
    for genre in &genres {
        let n = |as_genre: &&str| {
            let pairs = songs.iter().zip(judged).filter(|(l, _)| l.genre == *genre);
            let n = pairs.filter(|(_, j)| j.genres[0].0 == **as_genre).count();
            format!("{n:>9} ")
        };
        println!("{genre:>10} {}", genres.iter().map(n).collect::<Vec<_>>().concat());
    }
}

fn settings(certainty: f64) -> Settings {
    Settings { certainty, ..Settings::default() }
}

/// Share of the songs that are sorted, and of those the share that is sorted rightly.
fn sorted(songs: &[Labelled], judged: &[Classification], certainty: f64) -> (f64, f64) {
    let settings = settings(certainty);
    let sure: Vec<bool> = songs
        .iter()
        .zip(judged)
        .filter_map(|(labelled, judgement)| Some(judgement.sure(&settings)?.0 == labelled.genre))
        .collect();
    let n_right = sure.iter().filter(|right| **right).count();
    (sure.len() as f64 / songs.len() as f64, n_right as f64 / sure.len().max(1) as f64)
}

fn print_by_genre(songs: &[Labelled], judged: &[Classification]) {
    let settings = Settings::default();
    println!(
        "\nat certainty {}, by genre: waiting, rightly sorted, wrongly sorted",
        settings.certainty
    );
    let mut by_genre: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (labelled, judgement) in songs.iter().zip(judged) {
        let sure = judgement.sure(&settings).map(|(genre, _)| genre == labelled.genre);
        let column = sure.map_or(0, |right| if right { 1 } else { 2 });
        by_genre.entry(&labelled.genre).or_default()[column] += 1;
    }
    for (genre, [waiting, right, wrong]) in by_genre {
        println!("{genre:>10} {waiting:>5} {right:>5} {wrong:>5}");
    }
}

/// One genre after the other is kept out of the library.
fn print_unknown(songs: &[Labelled], traits: &[Traits]) {
    println!("\na genre that the library does not have: share that waits (where the others went)");
    let genres: BTreeSet<&str> = songs.iter().map(|labelled| labelled.genre.as_str()).collect();
    for out in genres {
        let known = songs.iter().zip(traits).filter(|(labelled, _)| labelled.genre != out);
        let classifier = train(known).expect("several genres");
        let (mut n, mut n_odd, mut went) = (0, 0, BTreeMap::<String, usize>::new());
        for (_, traits) in songs.iter().zip(traits).filter(|(labelled, _)| labelled.genre == out) {
            let judgement = classifier.classify(traits);
            n += 1;
            n_odd += usize::from(judgement.is_odd);
            if let Some((genre, _)) = judgement.sure(&Settings::default()) {
                *went.entry(genre.to_owned()).or_default() += 1;
            }
        }
        let n_wait = n - went.values().sum::<usize>();
        let share = n_wait as f64 / n as f64;
        println!("{out:>10} {share:.3} of {n}, {n_odd} of them odd {went:?}");
    }
}

/// Libraries of two or three genres with few songs each, drawn at random.
fn print_small(songs: &[Labelled], traits: &[Traits]) {
    println!("\nsmall libraries: accuracy, sorted, of them right, waiting of other genres");
    for size in [8, 20, 60] {
        let mut counts = [0usize; 6];
        for seed in 0..SMALL {
            small(songs, traits, size, seed, &mut counts);
        }
        let share = |part: usize, whole: usize| counts[part] as f64 / counts[whole].max(1) as f64;
        let (right, sorted, sorted_right) = (share(1, 0), share(2, 0), share(3, 2));
        let waiting = share(5, 4);
        println!("{size:>4} songs a genre: {right:.3} {sorted:.3} {sorted_right:.3} {waiting:.3}");
    }
}

/// Counts songs of the library's genres, right ones, sorted ones, rightly sorted ones, songs of other
/// genres, and those of them that wait.
fn small(songs: &[Labelled], traits: &[Traits], size: usize, seed: u64, counts: &mut [usize; 6]) {
    let place = |text: &str| {
        let hash = blake3::hash(format!("{seed} {text}").as_bytes());
        hash.as_bytes()[..8].try_into().map_or(0, u64::from_le_bytes)
    };
    let mut tunes: BTreeMap<&str, BTreeSet<(u64, &str)>> = BTreeMap::new();
    for labelled in songs {
        let entry = (place(&labelled.tune), labelled.tune.as_str());
        tunes.entry(&labelled.genre).or_default().insert(entry);
    }
    tunes.retain(|_, tunes| tunes.len() > size);
    let mut genres: Vec<&str> = tunes.keys().copied().collect();
    genres.sort_by_key(|genre| place(genre));
    genres.truncate(2 + (seed % 2) as usize);
    let taken: BTreeSet<&str> = genres
        .iter()
        .flat_map(|genre| tunes[genre].iter().take(size).map(|(_, tune)| *tune))
        .collect();
    let is_known = |labelled: &Labelled| genres.contains(&labelled.genre.as_str());
    let library = songs
        .iter()
        .zip(traits)
        .filter(|(labelled, _)| is_known(labelled) && taken.contains(labelled.tune.as_str()));
    let classifier = train(library).expect("two genres");
    for (labelled, traits) in songs.iter().zip(traits) {
        // A part of the songs, so that large genres don't outweigh the others.
        if taken.contains(labelled.tune.as_str()) || place(&labelled.tune) % 4 > 0 {
            continue;
        }
        let judgement = classifier.classify(traits);
        let sure = judgement.sure(&Settings::default());
        if is_known(labelled) {
            counts[0] += 1;
            counts[1] += usize::from(is_right(labelled, &judgement));
            counts[2] += usize::from(sure.is_some());
            counts[3] += usize::from(sure.is_some_and(|(genre, _)| genre == labelled.genre));
        } else {
            counts[4] += 1;
            counts[5] += usize::from(sure.is_none());
        }
    }
}

fn print_time(songs: &[Labelled], traits: &[Traits]) {
    let started = Instant::now();
    let classifier = train(songs.iter().zip(traits)).expect("several genres");
    let trained = started.elapsed().as_secs_f64();
    let started = Instant::now();
    for traits in traits {
        std::hint::black_box(classifier.classify(traits));
    }
    let judged = started.elapsed().as_secs_f64() / traits.len() as f64;
    println!(
        "\ntrained on {} songs in {trained:.2} s; {:.2} ms a song judged",
        songs.len(),
        judged * 1e3
    );
}

/// The songs that the intake would take, with their genre; tunes with a melody in common are one.
fn read(folder: &Path) -> std::io::Result<Vec<Labelled>> {
    let table = std::fs::read_to_string(folder.join("metadata.csv"))?;
    let mut songs: Vec<Labelled> = Vec::new();
    let mut tune_of_melody: BTreeMap<String, String> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let cells = cells(line);
        let [file, genre, tune, ..] = cells.as_slice() else { continue };
        let examined = examine(&std::fs::read(folder.join(file))?, &examine::Settings::default());
        let (Verdict::Accept, Some(song)) = (examined.verdict, examined.song) else { continue };
        let melody = melody(&song);
        let first = tune_of_melody.entry(melody).or_insert_with(|| tune.clone()).clone();
        if first != *tune {
            songs
                .iter_mut()
                .filter(|song| song.tune == *tune)
                .for_each(|song| song.tune.clone_from(&first));
            tune_of_melody
                .values_mut()
                .filter(|known| *known == tune)
                .for_each(|known| known.clone_from(&first));
        }
        songs.push(Labelled { genre: genre.clone(), tune: first, song });
    }
    Ok(songs)
}

/// The steps of the lead, up and onward: the same for a tune in another key, tempo or company.
fn melody(song: &Song) -> String {
    let lead: Vec<(u32, u8)> =
        song.voice(Voice::Lead).map(|note| (note.onset, note.pitch.number())).collect();
    let steps = lead.windows(2).map(|pair| {
        format!("{},{};", pair[1].0 - pair[0].0, i32::from(pair[1].1) - i32::from(pair[0].1))
    });
    steps.collect()
}
