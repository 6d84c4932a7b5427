//! How good is the music model, on songs that it has not seen?
//!
//! `KICKBACK_DATA=DIR cargo run --release -p composer --example study -- [table] [few] [samples] [--KEY VALUE …]`
//! reads the songs of two genres that `DIR/genres/metadata.csv` names, holds whole tunes out, trains
//! as the daemon does and prints
//!
//! - `table`: nats a token, a lead note and a beat of n-grams and of networks with and without lookback;
//! - `losses`: of that table, what the network alone is worth;
//! - `asked`: whether a key, a density, a register and a polyphony that are asked for are heard, and how
//!   many candidates are drawn a second;
//! - `few`: what 20 songs of a second genre are worth alone, after another genre and beside it;
//! - `samples`: whether 200 samples sound like 200 held-out songs, repeat like them, copy, and are
//!   taken for the genre.
//!
//! A KEY is a hyperparameter (`epochs`, `batch`, `sequence_length`, `hidden`, `dropout`,
//! `learning_rate`, `seed`) or `bars`; `way` is a temperature and a top-p (`1.0,0.97`) and may be given
//! several times. `keep` names a folder in which the genre's network is kept, and found again by the next
//! run with the same settings. Nothing else is changed.

#![expect(clippy::print_stdout, reason = "an example that prints")]

mod asked;
#[path = "../likeness/compare.rs"]
mod compare;
mod csv;
mod dynamics;
mod kept;
mod losses;
#[path = "../likeness/measures.rs"]
mod measures;
#[path = "../likeness/overlap.rs"]
mod overlap;
mod samples;
mod songs;

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use composer::corpus::{Corpus, Piece};
use composer::lessons::SongLessons;
use composer::ngram::Ngram;
use composer::settings::Settings;
use kept::Kept;
use losses::{Losses, of_network, of_ngram};
use music::tokens::LOOKBACKS;
use network::batch::Sequence;
use network::train::Lessons;
use network::train::{Hyperparameters, Progress, Start, Trained, train};
use network::{Network, Precision, Size};
use samples::Way;
use songs::{Labelled, read, split};

const GENRES: [&str; 2] = ["hardstyle", "trance"];
const N_HELD_OUT: usize = 200;
/// Songs that a new genre has.
const N_FEW: usize = 20;
/// Share of the songs learned from by which the best epoch is found.
const VALID_SHARE: f64 = 0.08;

/// Temperature and top-p as the daemon uses them.
const DEFAULT_WAY: (f64, f64) = (1.0, 0.97);

type Failed = Box<dyn std::error::Error>;

/// What is asked for on the command line.
struct Asked {
    settings: Hyperparameters,
    /// Temperatures and top-ps.
    ways: Vec<(f64, f64)>,
    n_bars: Option<u32>,
    /// The folder in which the network is kept.
    keep: Option<String>,
    /// What is printed; everything if empty.
    studies: Vec<String>,
}

impl Asked {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        let mut settings = Hyperparameters::default();
        let (mut ways, mut n_bars, mut keep, mut studies) = (Vec::new(), None, None, Vec::new());
        while let Some(argument) = arguments.next() {
            let Some(key) = argument.strip_prefix("--") else {
                studies.push(argument);
                continue;
            };
            let value = arguments.next().ok_or("a key without a value")?;
            match key {
                "epochs" => settings.epochs = value.parse()?,
                "batch" => settings.batch = value.parse()?,
                "sequence_length" => settings.sequence_length = value.parse()?,
                "hidden" => {
                    (settings.hidden, settings.embedding) =
                        (value.parse()?, value.parse::<usize>()? / 2);
                }
                "dropout" => settings.dropout = value.parse()?,
                "learning_rate" => settings.learning_rate = value.parse()?,
                "seed" => settings.seed = value.parse()?,
                "way" => {
                    let (temperature, top_p) = value.split_once(',').ok_or("a way is T,P")?;
                    ways.push((temperature.parse()?, top_p.parse()?));
                }
                "bars" => n_bars = Some(value.parse()?),
                "keep" => keep = Some(value),
                _ => return Err(format!("unknown key {key}").into()),
            }
        }
        if ways.is_empty() {
            ways.push(DEFAULT_WAY);
        }
        Ok(Self { settings, ways, n_bars, keep, studies })
    }

    fn wants(&self, study: &str) -> bool {
        self.studies.is_empty() || self.studies.iter().any(|asked| asked == study)
    }
}

fn main() -> Result<(), Failed> {
    let Some(folder) = std::env::var_os("KICKBACK_DATA") else {
        eprintln!("skipped: KICKBACK_DATA does not name a folder that holds genres/metadata.csv");
        return Ok(());
    };
    let asked = Asked::parse(std::env::args().skip(1))?;
    let settings = &asked.settings;
    let all = read(&Path::new(&folder).join("genres"), &GENRES)?;
    let (learned, held_out) = split(&all, GENRES[0], N_HELD_OUT);
    let others: Vec<&Labelled> = all.iter().filter(|song| song.genre == GENRES[1]).collect();
    println!(
        "{}: {} songs to learn from, {} held out; {}: {}",
        GENRES[0],
        learned.len(),
        held_out.len(),
        GENRES[1],
        others.len()
    );
    let files: Vec<&str> = learned.iter().map(|song| song.file.as_str()).collect();
    let kept = asked.keep.as_ref().map(|parent| Kept::new(parent, settings, &files));
    if asked.wants("table") {
        table_without_network(settings, &learned, &held_out)?;
    }
    let network = learn_or_load(kept.as_ref(), &corpus(&learned, 1), settings)?;
    if asked.wants("table") || asked.wants("losses") {
        row("network", of_network(&network, &held_out, 1, Precision::F32)?);
        for precision in [Precision::Int8, Precision::Auto] {
            let losses = of_network(&network, &held_out, 1, precision)?;
            row(&format!("the same in {precision:?}"), losses);
        }
    }
    if asked.wants("samples") {
        for (temperature, top_p) in &asked.ways {
            let way = Way { temperature: *temperature, top_p: *top_p, n_bars: asked.n_bars };
            samples::study(&network, way, (&learned, &held_out), &others)?;
        }
    }
    if asked.wants("asked") {
        let (temperature, top_p) = asked.ways[0];
        asked::study(&network, Way { temperature, top_p, n_bars: asked.n_bars }, &learned)?;
    }
    if asked.wants("few") {
        few(settings, &network, (&learned, &held_out), &all)?;
    }
    Ok(())
}

/// The heading of the table, and its rows on what knows less than the network.
fn table_without_network(
    settings: &Hyperparameters,
    learned: &[&Labelled],
    held_out: &[&Labelled],
) -> Result<(), Failed> {
    println!(
        "\n{:<28} {:>9} {:>11} {:>13} {:>9} {:>9}",
        "nats", "a token", "a lead note", "onset + pitch", "velocity", "a beat"
    );
    for order in [2, 5, 13] {
        let ngram = Ngram::new(order, &pieces(learned, 1));
        row(&format!("{order}-gram, interpolated"), of_ngram(&ngram, held_out));
    }
    let size = Size { lookbacks: 0, ..settings.size(composer::INTERFACE) };
    let songs = Blind(corpus(learned, 1));
    let blind = learn("without lookback", &songs, settings, size, None)?.network;
    row("network without lookback", of_network(&blind, held_out, 1, Precision::F32)?);
    Ok(())
}

/// What a genre of few songs gains from another, and what that costs the other.
fn few(
    settings: &Hyperparameters,
    first: &Network,
    (learned, held_out): (&[&Labelled], &[&Labelled]),
    all: &[Labelled],
) -> Result<(), Failed> {
    let (rest, unknown) = split(all, GENRES[1], 60);
    let few = &rest[..N_FEW.min(rest.len())];
    println!(
        "\n{} songs of {}, {} held out: nats a token, a lead note, a beat; the same of {}",
        few.len(),
        GENRES[1],
        unknown.len(),
        GENRES[0]
    );
    let print = |name: &str, network: &Network, label: u32| -> Result<(), Failed> {
        let own = of_network(network, &unknown, label, Precision::F32)?;
        let theirs = of_network(network, held_out, 1, Precision::F32)?;
        println!(
            "{name:<36} {:>7.3} {:>7.3} {:>7.3}   {:>7.3} {:>7.3} {:>7.3}",
            own.token, own.lead_note, own.beat, theirs.token, theirs.lead_note, theirs.beat
        );
        Ok(())
    };
    let size = settings.size(composer::INTERFACE);
    // As many steps as the other genre took is too many for a handful of songs: the best epoch is taken.
    let alone = Hyperparameters { epochs: 60, patience: 15, batch: 4, ..settings.clone() };
    let mut own = corpus(few, 2);
    let network = learn("alone", &lessons(&own), &alone, size, None)?.network;
    print("alone", &network, 2)?;
    print("the other genre's, unchanged", first, 1)?;
    let mut start = first.clone();
    start.begin_labels(2..3);
    let further = Hyperparameters {
        epochs: 20,
        patience: 6,
        batch: 4,
        learning_rate: settings.learning_rate / 2.0,
        ..settings.clone()
    };
    let network = learn("fine-tuned", &lessons(&own), &further, size, Some(&start))?.network;
    print("the other genre's, trained further", &network, 2)?;
    let n_own: usize = own.train.iter().map(|piece| piece.tokens().len()).sum();
    let mut n_taken = 0;
    own.train.extend(pieces(learned, 1).into_iter().take_while(|piece| {
        n_taken += piece.tokens().len();
        n_taken <= n_own
    }));
    let network = learn("with replay", &lessons(&own), &further, size, Some(&start))?.network;
    print("the same with half of it replayed", &network, 2)?;
    let mut own = corpus(few, 2);
    own.train.extend(pieces(learned, 1));
    let network = learn("jointly", &lessons(&own), settings, size, None)?.network;
    print("both from the start", &network, 2)?;
    Ok(())
}

fn pieces(songs: &[&Labelled], label: u32) -> Vec<Piece> {
    songs.iter().map(|song| song.piece(label)).collect()
}

fn corpus(songs: &[&Labelled], label: u32) -> Corpus {
    Corpus::split(pieces(songs, label), VALID_SHARE)
}

/// The corpus as the daemon reads it by default.
fn lessons(corpus: &Corpus) -> SongLessons<'_> {
    SongLessons { corpus, transpose: Settings::default().transpose }
}

fn row(name: &str, losses: Losses) {
    let Losses { token, lead_note, onset_and_pitch, velocity, beat } = losses;
    println!(
        "{name:<28} {token:>9.3} {lead_note:>11.3} {onset_and_pitch:>13.3} {velocity:>9.3} {beat:>9.3}"
    );
}

/// The genre's network, trained unless it is kept.
fn learn_or_load(
    kept: Option<&Kept>,
    corpus: &Corpus,
    settings: &Hyperparameters,
) -> Result<Network, Failed> {
    if let Some(network) = kept.map(Kept::load).transpose()?.flatten() {
        return Ok(network);
    }
    let trained =
        learn(GENRES[0], &lessons(corpus), settings, settings.size(composer::INTERFACE), None)?;
    if let Some(kept) = kept {
        kept.save(&trained, settings)?;
    }
    Ok(trained.network)
}

/// Trains and tells on the error output how it went.
fn learn(
    name: &str,
    lessons: &impl Lessons,
    settings: &Hyperparameters,
    size: Size,
    start: Option<&Network>,
) -> Result<Trained, Failed> {
    let (began, mut n_tokens) = (Instant::now(), 0);
    let start = start.map_or(Start::Fresh, Start::Weights);
    let trained = train(lessons, settings, size, start, |progress, _| {
        match progress {
            Progress::Step { n_tokens: n, .. } => n_tokens += n,
            Progress::Epoch(loss) => {
                eprintln!(
                    "{name}: epoch {} train {:.4} valid {:.4}",
                    loss.epoch, loss.train_nll, loss.valid_nll
                );
            }
            Progress::Validating => {}
        }
        ControlFlow::Continue(0.0)
    })?;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "  {name}: {seconds:.0} s, {:.0} tokens/s, epoch {} of {}: valid {:.4}",
        n_tokens as f64 / seconds,
        trained.best.epoch,
        trained.curve.len(),
        trained.best.valid_nll
    );
    Ok(trained)
}

/// Songs without what stood in them bars ago.
struct Blind(Corpus);

impl Lessons for Blind {
    fn epoch(&self, rng: &mut rand_chacha::ChaCha8Rng) -> Vec<Sequence> {
        blinded(lessons(&self.0).epoch(rng))
    }

    fn held_out(&self) -> Vec<Sequence> {
        blinded(lessons(&self.0).held_out())
    }
}

fn blinded(mut sequences: Vec<Sequence>) -> Vec<Sequence> {
    for sequence in &mut sequences {
        debug_assert_eq!(sequence.suggested.len() % LOOKBACKS.len(), 0);
        sequence.suggested.clear();
    }
    sequences
}
