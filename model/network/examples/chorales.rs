//! How well does the network predict Bach's chorales, a measure that others published too?
//!
//! `cargo run --release -p network --example chorales -- FILE [--epochs N] [--precision f32|bf16] …`
//! trains on the JSB Chorales (Boulanger-Lewandowski, Bengio and Vincent 2012: quarter-note frames,
//! the standard split) with the network, the training and the loss that the daemon uses, and prints
//! the negative log-likelihood of the test part in nats a frame. FILE is the JSON
//! `{"train": [[[pitch, …], …], …], "valid": …, "test": …}`.
//!
//! A frame is written as its pitches in ascending order and a token that ends it, so its loss is
//! exactly the sum of its tokens'. Frames 1, 2, 4 and 8 earlier suggest what comes next. Two cores need
//! some six minutes, and reach 4.57 nats on the test part, or 4.42 averaged over twelve transpositions.
//! What predictions lose in the form in which tracks are sampled is printed, too.

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::ops::ControlFlow;
use std::time::Instant;

use network::batch::Sequence;
use network::infer::Predictor;
use network::train::{EpochLoss, Hyperparameters, Lessons, Progress, Start, evaluate, train};
use network::{Interface, Network};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// MIDI pitches of the piano.
const LOWEST: u32 = 21;
const N_PITCHES: u32 = 88;
const END_OF_FRAME: u32 = N_PITCHES;
const START: u32 = N_PITCHES + 1;
const VOCABULARY: usize = N_PITCHES as usize + 2;
/// Frames back.
const LOOKBACKS: [usize; 4] = [1, 2, 4, 8];

/// Semitones by which a chorale is transposed at random, up or down.
const MOST_SHIFT: i32 = 6;

/// Pitches, ascending.
type Frame = Vec<u32>;

#[derive(serde::Deserialize)]
struct Chorales {
    train: Vec<Vec<Frame>>,
    valid: Vec<Vec<Frame>>,
    test: Vec<Vec<Frame>>,
}

impl Lessons for Chorales {
    fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Sequence> {
        let moved = |chorale: &Vec<Frame>| {
            let shift = rng.random_range(-MOST_SHIFT..=MOST_SHIFT);
            sequence(chorale, shift).or_else(|| sequence(chorale, 0))
        };
        self.train.iter().filter_map(moved).collect()
    }

    fn held_out(&self) -> Vec<Sequence> {
        all(&self.valid, 0)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(file) = arguments.next() else {
        eprintln!(
            "usage: chorales FILE [--epochs N] [--hidden N] [--batch N] [--dropout X] [--rate X] \
             [--seed N] [--precision f32|bf16]"
        );
        std::process::exit(2);
    };
    let settings = settings(arguments)?;
    let chorales: Chorales = serde_json::from_slice(&std::fs::read(&file)?)?;
    let interface = Interface { vocabulary: VOCABULARY, lookbacks: LOOKBACKS.len(), labels: 64 };
    let began = Instant::now();
    let size = settings.size(interface);
    let trained = train(&chorales, &settings, size, Start::Fresh, |progress, _| {
        if let Progress::Epoch(EpochLoss { epoch, train_nll, valid_nll }) = progress {
            let seconds = began.elapsed().as_secs_f64();
            println!(
                "epoch {epoch:>3}  train {train_nll:.4}  valid {valid_nll:.4} nats a token  \
                 {seconds:>4.0} s"
            );
        }
        ControlFlow::Continue(0.0)
    })?;
    let (seconds, best) = (began.elapsed().as_secs_f64(), trained.best.epoch);
    println!("trained in {seconds:.0} s, epoch {best} is the best");
    measure("valid", &trained.network, &chorales.valid)?;
    measure("test", &trained.network, &chorales.test)
}

/// The settings that gave the published figures, but for what is asked for.
fn settings(
    mut arguments: impl Iterator<Item = String>,
) -> Result<Hyperparameters, Box<dyn std::error::Error>> {
    let mut settings = Hyperparameters {
        hidden: 256,
        embedding: 128,
        layers: 2,
        batch: 8,
        sequence_length: 128,
        dropout: 0.4,
        learning_rate: 2e-3,
        weight_decay: 0.01,
        epochs: 200,
        patience: 200,
        ..Hyperparameters::default()
    };
    while let (Some(flag), Some(value)) = (arguments.next(), arguments.next()) {
        match flag.as_str() {
            "--epochs" => settings.epochs = value.parse()?,
            "--hidden" => settings.hidden = value.parse()?,
            "--batch" => settings.batch = value.parse()?,
            "--dropout" => settings.dropout = value.parse()?,
            "--rate" => settings.learning_rate = value.parse()?,
            "--precision" => settings.precision = serde_json::from_value(value.into())?,
            "--seed" => settings.seed = value.parse()?,
            _ => return Err(format!("unknown option {flag}").into()),
        }
    }
    Ok(settings)
}

/// Prints the loss on a part of the chorales, and what is lost where tracks are sampled.
fn measure(
    name: &str,
    network: &Network,
    part: &[Vec<Frame>],
) -> Result<(), Box<dyn std::error::Error>> {
    let predictor = Predictor::new(network)?;
    let (one, many) = (per_frame(network, part)?, averaged(&predictor, part));
    println!("{name}: {one:.3} nats a frame, averaged over 12 transpositions {many:.3}");
    let sequences = all(part, 0);
    let n_tokens: usize = sequences.iter().map(|sequence| sequence.tokens.len() - 1).sum();
    let n_frames: usize = part.iter().map(Vec::len).sum();
    let whole: f64 = sequences.iter().flat_map(|own| frames_of(&predictor, own)).sum();
    let lost = (whole - one * n_frames as f64) / n_tokens as f64;
    println!("  as tracks are sampled, in {:?}: {lost:+.5} nats a token", predictor.precision());
    Ok(())
}

/// The chorales as sequences, `shift` semitones higher, as far as they stay on the piano.
fn all(chorales: &[Vec<Frame>], shift: i32) -> Vec<Sequence> {
    chorales.iter().filter_map(|chorale| sequence(chorale, shift)).collect()
}

/// A chorale as tokens; `None` if it leaves the piano.
fn sequence(chorale: &[Frame], shift: i32) -> Option<Sequence> {
    let mut sequence = Sequence { tokens: vec![START], weight: 1.0, ..Sequence::default() };
    let mut frames: Vec<Frame> = Vec::new();
    for frame in chorale {
        let moved: Option<Frame> = frame.iter().map(|pitch| moved(*pitch, shift)).collect();
        let mut tokens = moved?;
        tokens.sort_unstable();
        tokens.push(END_OF_FRAME);
        let mut least = 0;
        for token in &tokens {
            sequence.suggested.extend(LOOKBACKS.map(|back| suggestion(&frames, back, least)));
            sequence.tokens.push(*token);
            least = token + 1;
        }
        frames.push(tokens);
    }
    Some(sequence)
}

fn moved(pitch: u32, shift: i32) -> Option<u32> {
    let token = pitch.checked_add_signed(shift)?.checked_sub(LOWEST)?;
    (token < N_PITCHES).then_some(token)
}

/// What the frame `back` frames ago has from the token `least` on.
fn suggestion(frames: &[Frame], back: usize, least: u32) -> u32 {
    let nothing = VOCABULARY as u32;
    let Some(frame) = frames.len().checked_sub(back).map(|idx| &frames[idx]) else {
        return nothing;
    };
    frame.iter().copied().find(|token| *token >= least).unwrap_or(nothing)
}

/// Nats a frame.
fn per_frame(network: &Network, part: &[Vec<Frame>]) -> Result<f64, network::Error> {
    let sequences = all(part, 0);
    let n_tokens: usize = sequences.iter().map(|sequence| sequence.tokens.len() - 1).sum();
    let n_frames: usize = part.iter().map(Vec::len).sum();
    let mean = evaluate(network, &sequences)?;
    Ok(mean * n_tokens as f64 / n_frames as f64)
}

/// Nats a frame where each frame's probability is the mean over the chorale in twelve keys.
fn averaged(predictor: &Predictor, part: &[Vec<Frame>]) -> f64 {
    let (mut sum, mut n_frames) = (0.0, 0);
    for chorale in part {
        let mut by_key: Vec<Vec<f64>> = Vec::new();
        for shift in -6..6 {
            if let Some(sequence) = sequence(chorale, shift) {
                by_key.push(frames_of(predictor, &sequence));
            }
        }
        for frame in 0..chorale.len() {
            let mean = by_key.iter().map(|frames| (-frames[frame]).exp()).sum::<f64>()
                / by_key.len() as f64;
            sum -= mean.ln();
        }
        n_frames += chorale.len();
    }
    sum / n_frames as f64
}

/// The loss of each frame, token by token as in use.
fn frames_of(predictor: &Predictor, sequence: &Sequence) -> Vec<f64> {
    let mut stream = predictor.stream(&[0]);
    let mut frames = vec![0.0];
    let steps = sequence.tokens.windows(2).zip(sequence.suggested.chunks(LOOKBACKS.len()));
    for (pair, suggested) in steps {
        let logits = predictor.step(&mut stream, pair[0], suggested);
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - max).exp()).sum();
        let loss = sum.ln() - f64::from(logits[pair[1] as usize] - max);
        if let Some(frame) = frames.last_mut() {
            *frame += loss;
        }
        if pair[1] == END_OF_FRAME {
            frames.push(0.0);
        }
    }
    frames.pop();
    frames
}
