//! Candle's own LSTM and optimiser, and what its matrix products allow at most.

use std::time::Instant;

use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::rnn::{LSTM, LSTMState, RNN};
use candle_nn::{
    AdamW, Embedding, LSTMConfig, Linear, Module, Optimizer, VarBuilder, VarMap, embedding, linear,
    loss, lstm,
};

use network::Network;
use network::engine::OptimizerOptions;
use network::plain::{PlainDevice, PlainLearner};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::ours::Lessons;
use crate::{Rival, Task};

/// The same network and step, in candle-nn.
pub(crate) struct Training {
    embedding: Embedding,
    layers: Vec<LSTM>,
    output: Linear,
    optimizer: AdamW,
    tokens: Tensor,
    task: Task,
}

impl Training {
    pub(crate) fn new(task: Task) -> Self {
        Self::build(task).expect("memory for candle's network")
    }

    fn build(task: Task) -> Result<Self> {
        let variables = VarMap::new();
        let vb = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
        let size = task.size;
        let layer = |idx: usize| {
            let width = if idx == 0 { size.embedding } else { size.hidden };
            lstm(width, size.hidden, LSTMConfig::default(), vb.pp(format!("lstm{idx}")))
        };
        let tokens =
            Tensor::rand(0f32, size.vocabulary as f32, (task.batch, task.steps + 1), &Device::Cpu)?;
        Ok(Self {
            embedding: embedding(size.vocabulary, size.embedding, vb.pp("embedding"))?,
            layers: (0..size.layers).map(layer).collect::<Result<_>>()?,
            output: linear(size.hidden, size.vocabulary, vb.pp("output"))?,
            optimizer: AdamW::new_lr(variables.all_vars(), 1e-3)?,
            tokens: tokens.to_dtype(DType::U32)?,
            task,
        })
    }

    fn step(&mut self) -> Result<()> {
        let Task { steps, batch, size, .. } = self.task;
        let inputs = self.tokens.narrow(1, 0, steps)?.contiguous()?;
        let mut x = self.embedding.forward(&inputs)?;
        for layer in &self.layers {
            let states: Vec<LSTMState> = layer.seq(&x)?;
            let hidden: Vec<Tensor> = states.into_iter().map(|state| state.h).collect();
            x = Tensor::stack(&hidden, 1)?;
        }
        let logits = self.output.forward(&x.reshape((batch * steps, size.hidden))?)?;
        let targets = self.tokens.narrow(1, 1, steps)?.contiguous()?.flatten_all()?;
        self.optimizer.backward_step(&loss::cross_entropy(&logits, &targets)?)
    }
}

impl Rival for Training {
    fn name(&self) -> String {
        "candle-nn's LSTM".to_owned()
    }

    fn round(&mut self) -> Option<f64> {
        let start = Instant::now();
        self.step().ok()?;
        Some(self.task.tokens() as f64 / start.elapsed().as_secs_f64())
    }

    fn rests(&self, round: usize) -> bool {
        // It takes seconds a round, and a quarter of a minute with 512 units.
        round % if self.task.size.hidden > 256 { 8 } else { 4 } != 1
    }
}

/// The same network, dropout, lookbacks and labels included, with candle's tensors.
pub(crate) struct Plain {
    learner: PlainLearner,
    lessons: Lessons,
    task: Task,
}

impl Plain {
    pub(crate) fn new(task: Task) -> Self {
        let network = Network::new(task.size, &mut ChaCha8Rng::seed_from_u64(1));
        let learner =
            PlainLearner::new(&network, &PlainDevice::cpu()).expect("memory for training");
        Self { learner, lessons: Lessons::new(task), task }
    }
}

impl Rival for Plain {
    fn name(&self) -> String {
        "candle's tensors".to_owned()
    }

    fn round(&mut self) -> Option<f64> {
        let options = OptimizerOptions { learning_rate: 1e-3, clip: 1.0, weight_decay: 0.01 };
        let start = Instant::now();
        let (window, masks) = self.lessons.next();
        self.learner.learn(&window, &mut self.lessons.state, &masks, options).ok()?;
        Some(self.task.tokens() as f64 / start.elapsed().as_secs_f64())
    }

    fn rests(&self, round: usize) -> bool {
        round % 8 != 1
    }
}

/// The speed of a training that would do nothing but candle's matrix products, as large ones.
pub(crate) struct Peak {
    a: Tensor,
    task: Task,
}

impl Peak {
    const WIDTH: usize = 1024;

    pub(crate) fn new(task: Task) -> Self {
        let shape = (Self::WIDTH, Self::WIDTH);
        let a = Tensor::randn(0f32, 1.0, shape, &Device::Cpu).expect("memory for a matrix");
        Self { a, task }
    }
}

impl Rival for Peak {
    fn name(&self) -> String {
        "limit by SGEMM".to_owned()
    }

    fn round(&mut self) -> Option<f64> {
        const N: usize = 8;
        let start = Instant::now();
        for _ in 0..N {
            let product = self.a.matmul(&self.a).ok()?;
            std::hint::black_box(product.dim(D::Minus1).ok()?);
        }
        let products = (N * Self::WIDTH.pow(3)) as f64 / start.elapsed().as_secs_f64();
        // Forward, and back to inputs and to weights.
        Some(products / (3 * self.task.products()) as f64)
    }
}
