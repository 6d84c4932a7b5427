//! How fast are training and sampling, against what others use?
//!
//! ```text
//! cargo bench -p network --bench training -- [small|big] [seconds]
//! ```
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

use std::time::{Duration, Instant};

use network::Precision;
use network::Size;

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) size: Size,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
}

impl Task {
    fn tokens(&self) -> usize {
        self.steps * self.batch
    }

    /// Multiplications with weights a token, forward.
    fn products(&self) -> usize {
        let Size { vocabulary, embedding, hidden, layers, .. } = self.size;
        4 * hidden * (embedding + hidden + (layers - 1) * 2 * hidden) + hidden * vocabulary
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
    let is_big = args.iter().any(|arg| arg == "big");
    let seconds =
        args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(if is_big { 150 } else { 30 });
    let network = |layers, hidden, embedding| Size {
        vocabulary: 512,
        lookbacks: 0,
        conditions: 0,
        layers,
        hidden,
        embedding,
    };
    let task = if is_big {
        Task { size: network(3, 512, 256), steps: 256, batch: 32 }
    } else {
        Task { size: network(2, 256, 128), steps: 128, batch: 64 }
    };
    println!(
        "{} x {} units, embedding {}, vocabulary {}, {} steps, batch {}",
        task.size.layers,
        task.size.hidden,
        task.size.embedding,
        task.size.vocabulary,
        task.steps,
        task.batch
    );
    let ours =
        [Precision::F32, Precision::Bf16].map(|own| Box::new(ours::Training::new(task, own)) as _);
    let mut training: Vec<Box<dyn Rival>> = ours.into();
    println!("memory of both trainings: {} MiB at most", load::peak_memory() / (1 << 20));
    training.push(Box::new(candle::Training::new(task, is_big)));
    training.push(Box::new(candle::Peak::new(task)));
    for what in ["torch-f32", "torch-bf16"] {
        training.extend(python::Worker::start(what, task, task.tokens()).map(boxed));
    }
    compare("training", training, Duration::from_secs(seconds));
    let precisions = [Precision::Int4, Precision::Int8, Precision::F32];
    let mut sampling: Vec<Box<dyn Rival>> =
        precisions.map(|own| Box::new(ours::Sampling::new(task, own, 1)) as _).into();
    sampling.push(Box::new(ours::Sampling::new(task, Precision::Auto, 16)));
    sampling.push(Box::new(memory::Memory::new(task)));
    for what in ["onnx-f32", "onnx-int8"] {
        sampling.extend(python::Worker::start(what, task, python::N_TOKENS).map(boxed));
    }
    compare("sampling", sampling, Duration::from_secs(seconds / 3));
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
