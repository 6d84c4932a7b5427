//! Does the engine compute what `PyTorch` computes?
//!
//! The numbers are those of `PyTorch` 2.15 in `f32`:
//!
//! ```python
//! import math, torch
//! V, E, H, L, T, B = 11, 8, 16, 2, 9, 6
//! shapes = [(V + 1, E), (E, 4 * H), (H, 4 * H), (4 * H,), (H, 4 * H), (H, 4 * H), (4 * H,), (H, V), (V,)]
//! w = [torch.tensor([0.4 * math.sin(i * i + p) for i in range(math.prod(shape))])
//!      .reshape(shape).requires_grad_() for p, shape in enumerate(shapes)]
//! tokens = torch.tensor([[(t * t + 3 * b) % V for b in range(B)] for t in range(T)])
//! targets = torch.tensor([[(5 * t + b * b + 1) % V for b in range(B)] for t in range(T)])
//! lstm = torch.nn.LSTM(E, H, L)
//!
//! def run(h, c):
//!     names = {}
//!     for l in range(L):
//!         names |= {f"weight_ih_l{l}": w[1 + 3 * l].T, f"weight_hh_l{l}": w[2 + 3 * l].T,
//!                   f"bias_ih_l{l}": w[3 + 3 * l], f"bias_hh_l{l}": torch.zeros(4 * H)}
//!     x, (h, c) = torch.func.functional_call(lstm, names, (w[0][tokens], (h, c)))
//!     logits = (x @ w[7] + w[8]).reshape(-1, V)
//!     return torch.nn.functional.cross_entropy(logits, targets.reshape(-1)), h.detach(), c.detach()
//!
//! h = c = torch.zeros(L, B, H)
//! loss, h, c = run(h, c)
//! loss.backward()
//! print(loss, h.sum((1, 2)), c.sum((1, 2)))
//! for p in w:
//!     g = p.grad.flatten()
//!     print(g.norm(), (g * torch.cos(torch.arange(len(g)) * 0.7)).sum())
//! matrices, biases = [p for p in w if p.dim() == 2], [p for p in w if p.dim() == 1]
//! opt = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
//!                          {"params": biases, "weight_decay": 0.0}], lr=1e-2, betas=(0.9, 0.99))
//! h = c = torch.zeros(L, B, H)
//! for _ in range(8):
//!     opt.zero_grad()
//!     loss, h, c = run(h, c)
//!     loss.backward()
//!     torch.nn.utils.clip_grad_norm_(w, 0.25)
//!     opt.step()
//!     print(loss)
//! ```

use super::*;
use crate::batch::Window;
use crate::kernels::Level;
use crate::loss::Targets;
use crate::{Error, Network, Parameter, Size, State};

const SIZE: Size =
    Size { vocabulary: 11, lookbacks: 0, labels: 0, layers: 2, hidden: 16, embedding: 8 };
const TIME: usize = 9;
const BATCH: usize = 6;
const LOSS: f64 = 2.505_880_6;
/// The length of each gradient, and its sum weighted by cos 0.7 i.
const GRADIENTS: [(f64, f64); 9] = [
    (0.026_719_4, 0.013_023_7),
    (0.023_949_3, -0.005_670_1),
    (0.028_596_1, -0.000_915_8),
    (0.070_176_7, -0.008_886_6),
    (0.054_203_3, 0.013_598_0),
    (0.043_420_1, 0.000_877_2),
    (0.094_829_0, 0.003_173_0),
    (0.072_831_8, -0.020_392_5),
    (0.133_316_1, 0.137_448_3),
];
/// Sums of outputs and cells after the window, a layer.
const STATES: [(f64, f64); 2] = [(2.345_529, 3.156_045), (-4.762_481, -11.498_156)];
/// Over and over the same window, the state carried on.
const LOSSES: [f64; 8] =
    [2.505_881, 2.464_235, 2.427_842, 2.405_336, 2.390_836, 2.385_927, 2.385_859, 2.383_854];
const OPTIONS: OptimizerOptions =
    OptimizerOptions { learning_rate: 1e-2, clip: 0.25, weight_decay: 0.1 };

fn network() -> Network {
    let mut p = 0..;
    Network::from_values(SIZE, |_, shape| {
        let p: usize = p.next().expect("they do not end");
        let number = |i: usize| (0.4 * ((i * i + p) as f64).sin()) as f32;
        (0..shape.iter().product()).map(number).collect()
    })
}

fn window() -> Window {
    let of = |token: fn(usize, usize) -> usize| -> Vec<u32> {
        let places = (0..TIME).flat_map(|t| (0..BATCH).map(move |b| (t, b)));
        places.map(|(t, b)| (token(t, b) % SIZE.vocabulary) as u32).collect()
    };
    Window {
        time: TIME,
        batch: BATCH,
        inputs: of(|t, b| t * t + 3 * b),
        n_labels: 0,
        labels: Vec::new(),
        resets: vec![false; TIME * BATCH],
        targets: Targets {
            tokens: of(|t, b| 5 * t + b * b + 1),
            suggested: Vec::new(),
            weights: vec![1.0; TIME * BATCH],
            divisor: (TIME * BATCH) as f32,
        },
    }
}

/// What words of `f32` and of bf16 may change: twice what was measured.
fn allowed(level: Level, f32: f64, bf16: f64) -> f64 {
    if level.group() == 1 { f32 } else { bf16 }
}

#[test]
fn losses_gradients_and_states_are_those_of_pytorch() -> Result<(), Error> {
    for level in Level::available() {
        let near = |what: &str, ours: f64, theirs: f64, most: f64| {
            assert!((ours - theirs).abs() < most, "{level:?}, {what}: {ours} for {theirs}");
        };
        let mut learner = Learner::with_level(&network(), level);
        let mut state = State::zero(SIZE, BATCH);
        let loss = learner.differentiate(&window(), &mut state, &[])?;
        near("loss", loss, LOSS, LOSS * allowed(level, 3e-7, 1.3e-5));
        let gradient = learner.gradient();
        for (Parameter { name, values, .. }, (length, mixed)) in
            gradient.parameters().iter().zip(GRADIENTS)
        {
            let own = || values.iter().map(|value| f64::from(*value));
            let most = length * allowed(level, 3e-6, 1.1e-3);
            near(name, own().map(|d| d * d).sum::<f64>().sqrt(), length, most);
            // The sum cannot be further off than the gradient itself, times the length of the weights.
            let weight = |i: usize| (0.7 * i as f64).cos();
            let n = own().enumerate().map(|(i, _)| weight(i).powi(2)).sum::<f64>().sqrt();
            let most = length * n * allowed(level, 1e-6, 4.5e-4);
            near(name, own().enumerate().map(|(i, d)| d * weight(i)).sum(), mixed, most);
        }
        let sum = |values: &[f32]| values.iter().map(|value| f64::from(*value)).sum();
        for (own, (hidden, cell)) in state.0.iter().zip(STATES) {
            let share = allowed(level, 1e-6, 9e-3);
            near("outputs", sum(&own.hidden), hidden, hidden.abs() * share);
            near("cells", sum(&own.cell), cell, cell.abs() * share);
        }
    }
    Ok(())
}

#[test]
fn learning_goes_the_way_of_pytorch() -> Result<(), Error> {
    for level in Level::available() {
        let mut learner = Learner::with_level(&network(), level);
        let mut state = State::zero(SIZE, BATCH);
        for theirs in LOSSES {
            let ours = learner.learn(&window(), &mut state, &[], OPTIONS)?;
            // Of 0.122 by which the loss falls; bf16 may change 0.2 % of it.
            let most = allowed(level, 1.4e-6, 2.5e-4);
            assert!((ours - theirs).abs() < most, "{level:?}: {ours} for {theirs}");
        }
    }
    Ok(())
}
