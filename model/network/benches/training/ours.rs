//! Our training and sampling.

use std::time::Instant;

use network::batch::{Sequence, Window, windows_of};
use network::engine::{Learner, OptimizerOptions};
use network::infer::{Predictor, Stream};
use network::{Network, Precision, Size, State};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Rival, Task};

/// A window learned from again and again.
pub(crate) struct Training {
    precision: Precision,
    learner: Learner,
    window: Window,
    state: State,
}

/// Tokens fed back to one stream, or to many on two threads.
pub(crate) struct Sampling {
    name: String,
    predictor: Predictor,
    streams: Vec<Stream>,
    n_lanes: usize,
}

/// Tokens that a stream takes in a round.
const N_TOKENS: usize = 500;

fn network(size: Size, rng: &mut ChaCha8Rng) -> Network {
    Network::new(size, rng).expect("memory for a network")
}

impl Training {
    pub(crate) fn new(task: Task, precision: Precision) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let Size { vocabulary, .. } = task.size;
        let mut token = || rng.random_range(0..vocabulary as u32);
        let sequences = (0..task.batch).map(|_| Sequence {
            tokens: (0..=task.steps).map(|_| token()).collect(),
            suggested: Vec::new(),
            condition: 0,
            weight: 1.0,
        });
        let mut windows = windows_of((vocabulary, 0), sequences.collect(), task.batch, task.steps);
        let window = windows.next().expect("there are sequences");
        let learner = Learner::new(&network(task.size, &mut rng), precision);
        let mut own = Self {
            precision,
            learner: learner.expect("memory for training"),
            window,
            state: State::zero(task.size, task.batch),
        };
        own.round();
        own
    }
}

impl Rival for Training {
    fn name(&self) -> String {
        let number = if self.precision == Precision::F32 { 1 } else { 2 };
        format!("ours {number}, {:?}", self.precision)
    }

    fn round(&mut self) -> Option<f64> {
        let options = OptimizerOptions { learning_rate: 1e-3, clip: 1.0, weight_decay: 0.01 };
        let start = Instant::now();
        self.learner.learn(&self.window, &mut self.state, &[], options).ok()?;
        Some(self.window.n_tokens() as f64 / start.elapsed().as_secs_f64())
    }
}

impl Sampling {
    pub(crate) fn new(task: Task, precision: Precision, n_streams: usize) -> Self {
        let network = network(task.size, &mut ChaCha8Rng::seed_from_u64(1));
        let predictor =
            Predictor::with_precision(&network, precision).expect("memory for a predictor");
        let n_threads = if n_streams > 1 { 2 } else { 1 };
        let n_lanes = n_streams / n_threads;
        let streams = (0..n_threads).map(|_| predictor.streams(&vec![0; n_lanes])).collect();
        let name = format!("ours, {:?}, {n_streams} at once", predictor.precision());
        Self { name, predictor, streams, n_lanes }
    }
}

impl Rival for Sampling {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn round(&mut self) -> Option<f64> {
        let n = self.streams.len() * self.n_lanes * N_TOKENS;
        let start = Instant::now();
        let predictor = &self.predictor;
        std::thread::scope(|scope| {
            let mut streams = self.streams.iter_mut();
            let first = streams.next();
            for stream in streams {
                scope.spawn(|| run(predictor, stream, self.n_lanes));
            }
            if let Some(stream) = first {
                run(predictor, stream, self.n_lanes);
            }
        });
        Some(n as f64 / start.elapsed().as_secs_f64())
    }
}

/// Always the likeliest token, as the others take it.
fn run(predictor: &Predictor, stream: &mut Stream, n_lanes: usize) {
    let mut tokens = vec![1; n_lanes];
    for _ in 0..N_TOKENS {
        predictor.advance(stream, &tokens, &[]);
        for (idx, token) in tokens.iter_mut().enumerate() {
            *token = likeliest(stream.logits(idx));
        }
    }
}

fn likeliest(logits: &[f32]) -> u32 {
    // Eight at once, so that the compiler may use vectors.
    let mut most = [f32::NEG_INFINITY; 8];
    for eight in logits.chunks_exact(8) {
        for (most, logit) in most.iter_mut().zip(eight) {
            *most = if *logit > *most { *logit } else { *most };
        }
    }
    let rest = logits.chunks_exact(8).remainder();
    let most = most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter().position(|logit| *logit >= most).unwrap_or(0) as u32
}
