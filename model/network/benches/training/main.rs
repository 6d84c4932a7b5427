//! How fast are training and sampling, against what others use?
//!
//! ```text
//! cargo bench -p network --bench training -- [shipped] [small] [big] [seconds]
//! ```
//!
//! `shipped` is what training does with the default settings: few lanes, dropout, lookbacks, labels.
//! `small` and `big` are a bare LSTM, as benchmarks elsewhere measure it. Without a word, the first two.
//!
//! Everyone does a round in turn, over and over, so that all see the same machine; what counts is the
//! ratio within a round, and of those the median. A round in which other processes took more than 8 %
//! of the processor is left out; if hardly any is left, all count, and the output says so. With
//! `PyTorch` and ONNX Runtime in the Python of `KICKBACK_PYTHON` (else `python3`), they take part.
#![expect(clippy::print_stdout, reason = "a benchmark talks to its caller")]

mod candle;
mod load;
mod memory;
mod ours;
mod python;

use std::fmt;
use std::time::{Duration, Instant};

use network::Precision;
use network::Size;

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) size: Size,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) dropout: f64,
}

impl Task {
    /// The defaults of training, with the tokens, lookbacks and labels of songs.
    const SHIPPED: Self = Self {
        size: Size {
            vocabulary: 445,
            lookbacks: 4,
            labels: 64,
            layers: 2,
            hidden: 256,
            embedding: 128,
        },
        steps: 128,
        batch: 8,
        dropout: 0.45,
    };
    const SMALL: Self = Self { size: bare(2, 256, 128), steps: 128, batch: 64, dropout: 0.0 };
    const BIG: Self = Self { size: bare(3, 512, 256), steps: 256, batch: 32, dropout: 0.0 };

    /// Whether it is a bare LSTM.
    fn is_plain(&self) -> bool {
        self.dropout == 0.0 && self.size.lookbacks == 0 && self.size.labels == 0
    }

    fn tokens(&self) -> usize {
        self.steps * self.batch
    }

    /// Multiplications with weights a token, forward.
    fn products(&self) -> usize {
        let Size { vocabulary, embedding, hidden, layers, .. } = self.size;
        4 * hidden * (embedding + hidden + (layers - 1) * 2 * hidden) + hidden * vocabulary
    }
}

const fn bare(layers: usize, hidden: usize, embedding: usize) -> Size {
    Size { vocabulary: 512, lookbacks: 0, labels: 0, layers, hidden, embedding }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { vocabulary, lookbacks, labels, layers, hidden, embedding } = self.size;
        write!(
            f,
            "{layers} x {hidden} units, embedding {embedding}, vocabulary {vocabulary}, {lookbacks} \
             lookbacks, {labels} labels, {} steps, batch {}, dropout {}",
            self.steps, self.batch, self.dropout
        )
    }
}

/// Someone who takes part.
pub(crate) trait Rival {
    fn name(&self) -> String;
    /// Does a round; tokens a second, or `None` if it cannot go on.
    fn round(&mut self) -> Option<f64>;
    /// Whether to leave this round out, as one takes long.
    fn rests(&self, _round: usize) -> bool {
        false
    }
    /// Its processes beside this one.
    fn process(&self) -> Option<u32> {
        None
    }
}

type Row = Vec<Option<f64>>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |name: &str| args.iter().any(|arg| arg == name);
    let seconds = args.iter().find_map(|arg| arg.parse().ok());
    let is_free = !["shipped", "small", "big"].into_iter().any(wanted);
    if wanted("shipped") || is_free {
        let time = Duration::from_secs(seconds.unwrap_or(60));
        println!("as shipped: {}", Task::SHIPPED);
        compare("training", training(Task::SHIPPED), time);
    }
    for (name, task, usual) in [("small", Task::SMALL, 30), ("big", Task::BIG, 150)] {
        if wanted(name) || is_free && name == "small" {
            let seconds = seconds.unwrap_or(usual);
            println!("\n{name}, without lookbacks, labels and dropout: {task}");
            compare("training", training(task), Duration::from_secs(seconds));
            compare("sampling", sampling(task), Duration::from_secs(seconds / 3));
        }
    }
}

fn training(task: Task) -> Vec<Box<dyn Rival>> {
    let ours =
        [Precision::F32, Precision::Bf16].map(|own| Box::new(ours::Training::new(task, own)) as _);
    let mut rivals: Vec<Box<dyn Rival>> = ours.into();
    println!("memory of both trainings: {} MiB at most", load::peak_memory() / (1 << 20));
    if task.is_plain() {
        rivals.push(Box::new(candle::Training::new(task)));
    } else {
        rivals.push(Box::new(candle::Plain::new(task)));
    }
    rivals.push(Box::new(candle::Peak::new(task)));
    for what in ["torch-f32", "torch-bf16"] {
        rivals.extend(python::Worker::start(what, task, task.tokens()).map(boxed));
    }
    rivals
}

fn sampling(task: Task) -> Vec<Box<dyn Rival>> {
    let precisions = [Precision::Int4, Precision::Int8, Precision::F32];
    let mut rivals: Vec<Box<dyn Rival>> =
        precisions.map(|own| Box::new(ours::Sampling::new(task, own, 1)) as _).into();
    rivals.push(Box::new(ours::Sampling::new(task, Precision::Auto, 16)));
    rivals.push(Box::new(memory::Memory::new(task)));
    for what in ["onnx-f32", "onnx-int8"] {
        rivals.extend(python::Worker::start(what, task, python::N_TOKENS).map(boxed));
    }
    rivals
}

fn boxed(worker: python::Worker) -> Box<dyn Rival> {
    Box::new(worker)
}

/// Lets all take turns for `time` and prints medians.
fn compare(what: &str, mut rivals: Vec<Box<dyn Rival>>, time: Duration) {
    let end = Instant::now() + time;
    let (mut calm, mut all): (Vec<Row>, Vec<Row>) = (Vec::new(), Vec::new());
    for round in 0.. {
        let mut row = Row::new();
        let mut is_calm = true;
        for rival in &mut rivals {
            if rival.rests(round) {
                row.push(None);
                continue;
            }
            let before = load::Load::now(rival.process());
            row.push(rival.round());
            is_calm &= before.foreign_since() <= 0.08;
        }
        if is_calm {
            calm.push(row.clone());
        }
        all.push(row);
        if Instant::now() > end {
            break;
        }
    }
    let n_calm = calm.len();
    let rows = if n_calm >= 3 { calm } else { all.clone() };
    println!("\n{what}: {n_calm} of {} rounds were undisturbed", all.len());
    if n_calm < 3 {
        println!("too few: all rounds count, and only ratios mean something");
    }
    println!("{:<24}{:>12}{:>14}{:>14}", "", "tokens/s", "ours 1 / it", "ours 2 / it");
    for (idx, rival) in rivals.iter().enumerate() {
        let speed = median(rows.iter().filter_map(|row| row[idx]));
        let over = |own: usize| median(rows.iter().filter_map(|row| Some(row[own]? / row[idx]?)));
        println!("{:<24}{speed:>12.0}{:>14.2}{:>14.2}", rival.name(), over(0), over(1));
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
