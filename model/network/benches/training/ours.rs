//! Our training and sampling.

use std::iter::Cycle;
use std::time::Instant;
use std::vec::IntoIter;

use network::batch::{Sequence, Window, Windows};
use network::engine::{Learner, OptimizerOptions};
use network::infer::{Predictor, Stream};
use network::{Dropout, Network, Precision, Size, State};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Rival, Task};

/// Windows learned from again and again.
pub(crate) struct Training {
    task: Task,
    precision: Precision,
    learner: Learner,
    lessons: Lessons,
}

/// Windows, and what goes with them through a training.
pub(crate) struct Lessons {
    windows: Cycle<IntoIter<Window>>,
    pub(crate) state: State,
    task: Task,
    rng: ChaCha8Rng,
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

impl Lessons {
    pub(crate) fn new(task: Task) -> Self {
        /// Windows in each of which other tokens stand.
        const N_WINDOWS: usize = 4;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let Size { vocabulary, lookbacks, labels, .. } = task.size;
        let sequences = (0..task.batch).map(|_| {
            let n_steps = N_WINDOWS * task.steps;
            let tokens: Vec<u32> =
                (0..=n_steps).map(|_| rng.random_range(0..vocabulary as u32)).collect();
            // As in music, most of what comes stood there some bars ago.
            let suggested = tokens[1..].iter().flat_map(|next| vec![*next; lookbacks]);
            let suggested = suggested.map(|next| {
                if rng.random_bool(0.6) { next } else { rng.random_range(0..=vocabulary as u32) }
            });
            let suggested = suggested.collect();
            let label = rng.random_range(0..labels.max(1) as u32);
            Sequence { tokens, suggested, labels: vec![label], weight: 1.0 }
        });
        let sequences = sequences.collect();
        let windows = Windows::new(task.size.interface(), sequences, task.batch, task.steps);
        let windows: Vec<Window> = windows.collect();
        let state = State::zero(task.size, task.batch);
        Self { windows: windows.into_iter().cycle(), state, task, rng }
    }

    /// The next window and fresh masks for it.
    pub(crate) fn next(&mut self) -> (Window, Vec<Vec<f32>>) {
        let window = self.windows.next().expect("there are windows, over and over");
        let mut dropout = Dropout { rate: self.task.dropout, rng: &mut self.rng };
        let masks = dropout.masks(self.task.size, window.batch);
        (window, masks)
    }
}

impl Training {
    pub(crate) fn new(task: Task, precision: Precision) -> Self {
        let network = Network::new(task.size, &mut ChaCha8Rng::seed_from_u64(1));
        let learner = Learner::new(&network, precision).expect("a precision for training");
        let mut own = Self { task, precision, learner, lessons: Lessons::new(task) };
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
        let (window, masks) = self.lessons.next();
        self.learner.learn(&window, &mut self.lessons.state, &masks, options).ok()?;
        Some(self.task.tokens() as f64 / start.elapsed().as_secs_f64())
    }
}

impl Sampling {
    pub(crate) fn new(task: Task, precision: Precision, n_streams: usize) -> Self {
        let network = Network::new(task.size, &mut ChaCha8Rng::seed_from_u64(1));
        let predictor =
            Predictor::with_precision(&network, precision).expect("a precision for sampling");
        let n_threads = if n_streams > 1 { 2 } else { 1 };
        let n_lanes = n_streams / n_threads;
        let streams = (0..n_threads).map(|_| predictor.streams(&vec![[0]; n_lanes])).collect();
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
