//! Does the engine compute what the network says, at every level?

use super::*;
use crate::batch::Window;
use crate::kernels::Level;
use crate::loss::Targets;
use crate::precision::Precision;
use crate::{Dropout, Network, Size, State, plain};
use candle_core::{Result, Tensor};
use candle_nn::Optimizer;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn size() -> Size {
    Size { vocabulary: 37, lookbacks: 2, labels: 3, layers: 2, hidden: 24, embedding: 10 }
}

pub(crate) fn window(size: Size, time: usize, batch: usize, rng: &mut ChaCha8Rng) -> Window {
    let n = time * batch;
    let rows = (size.vocabulary + 1) as u32;
    let mut inputs = Vec::new();
    for _ in 0..n {
        inputs.push(rng.random_range(0..size.vocabulary as u32));
        inputs.extend((1..=size.lookbacks as u32).map(|k| k * rows + rng.random_range(0..rows)));
    }
    Window {
        time,
        batch,
        inputs,
        n_labels: 1,
        labels: (0..n).map(|_| rng.random_range(0..size.labels.max(1) as u32)).collect(),
        resets: (0..n).map(|i| i % 11 == 3).collect(),
        targets: Targets {
            tokens: (0..n).map(|_| rng.random_range(0..size.vocabulary as u32)).collect(),
            suggested: (0..n * size.lookbacks).map(|_| rng.random_range(0..rows)).collect(),
            weights: (0..n).map(|i| (i % 4) as f32 * 0.5).collect(),
            divisor: n as f32 * 0.7,
        },
    }
}

pub(crate) fn relative(ours: &Tensor, theirs: &Tensor) -> Result<f32> {
    let off = (ours - theirs)?.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt();
    let all = theirs.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt();
    Ok(off / all.max(f32::MIN_POSITIVE))
}

/// The largest difference in loss, gradients and state, over two windows in a row.
fn difference(level: Level, size: Size, batch: usize, rate: f64) -> Result<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let network = Network::new(size, &mut rng)?;
    let mut learner = Learner::with_level(&network, level)?;
    let (mut ours, mut theirs) = (State::zero(size, batch), State::zero(size, batch));
    let mut most = 0.0f32;
    for time in [7, 12] {
        let window = window(size, time, batch, &mut rng);
        let masks = Dropout { rate, rng: &mut rng }.masks(size, batch);
        let loss = learner.differentiate(&window, &mut ours, &masks)?;
        let expected = plain::loss(&network, &window, &mut theirs, &masks)?;
        most = most.max((loss as f32 / expected.to_scalar::<f32>()? - 1.0).abs());
        let gradients = expected.backward()?;
        for ((name, var), own) in network.parameters().iter().zip(learner.gradient(&network)?) {
            let off = relative(&own, gradients.get(var).expect("every weight counts"))?;
            assert!(off < 0.02, "{level:?}: {name} is off by {off}");
            most = most.max(off);
        }
        for (own, plain) in ours.0.iter().zip(&theirs.0) {
            for (a, b) in [(&own.hidden, &plain.hidden), (&own.cell, &plain.cell)] {
                let tensor = |v: &[f32]| Tensor::new(v, &candle_core::Device::Cpu);
                most = most.max(relative(&tensor(a)?, &tensor(b)?)?);
            }
        }
    }
    Ok(most)
}

#[test]
fn losses_gradients_and_states_are_those_of_the_plain_composition() -> Result<()> {
    for level in Level::available() {
        for (batch, rate) in [(1, 0.0), (3, 0.4), (13, 0.0), (19, 0.4)] {
            let off = difference(level, size(), batch, rate)?;
            let allowed = if level.group() == 1 { 1e-5 } else { 1e-2 };
            assert!(off < allowed, "{level:?}, {batch} lanes, dropout {rate}: off by {off}");
        }
    }
    Ok(())
}

#[test]
fn losses_alone_are_those_of_learning() -> Result<()> {
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let network = Network::new(size(), &mut rng)?;
        let window = window(size(), 9, 10, &mut rng);
        let mut states = [State::zero(size(), 10), State::zero(size(), 10)];
        let alone = Engine::with_level(&network, level, false)?.loss(&window, &mut states[0])?;
        let learner =
            Learner::with_level(&network, level)?.differentiate(&window, &mut states[1], &[])?;
        assert!((alone - learner).abs() < 1e-6, "{level:?}: {alone} and {learner}");
        assert_eq!(states[0].0[1].hidden, states[1].0[1].hidden);
    }
    Ok(())
}

#[test]
fn steps_are_those_of_adamw() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let network = Network::new(size(), &mut rng)?;
    let learned = network.duplicate()?;
    let vars = network.parameters().iter();
    let (biases, others): (Vec<_>, Vec<_>) = vars.partition(|(name, _)| name.ends_with("bias"));
    let optimizer = |vars: Vec<&(String, candle_core::Var)>, weight_decay| {
        let params =
            candle_nn::ParamsAdamW { lr: 3e-3, beta2: 0.99, weight_decay, ..Default::default() };
        candle_nn::AdamW::new(vars.into_iter().map(|(_, var)| var.clone()).collect(), params)
    };
    let mut optimizers = [optimizer(biases, 0.0)?, optimizer(others, 0.1)?];
    let mut learner = Learner::with_level(&learned, Level::f32())?;
    let (mut ours, mut theirs) = (State::zero(size(), 8), State::zero(size(), 8));
    let options = OptimizerOptions { learning_rate: 3e-3, clip: 1e9, weight_decay: 0.1 };
    for _ in 0..5 {
        let window = window(size(), 6, 8, &mut rng);
        learner.learn(&window, &mut ours, &[], options)?;
        let gradients = plain::loss(&network, &window, &mut theirs, &[])?.backward()?;
        for optimizer in &mut optimizers {
            optimizer.step(&gradients)?;
        }
    }
    learner.write_to(&learned)?;
    for ((name, ours), (_, theirs)) in learned.parameters().iter().zip(network.parameters()) {
        let off = relative(ours, theirs)?;
        assert!(off < 1e-3, "{name} is off by {off}");
    }
    Ok(())
}

#[test]
fn a_window_that_does_not_fit_is_an_error() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let network = Network::new(size(), &mut rng)?;
    let mut engine = Engine::new(&network, Precision::F32)?;
    let good = window(size(), 4, 4, &mut rng);
    assert!(engine.loss(&good, &mut State::zero(size(), 4)).is_ok());
    assert!(engine.loss(&good, &mut State::zero(size(), 5)).is_err());
    let mut beyond = good.clone();
    beyond.targets.tokens[3] = 37;
    assert!(engine.loss(&beyond, &mut State::zero(size(), 4)).is_err());
    let mut beyond = good;
    beyond.labels[2] = 3;
    assert!(engine.loss(&beyond, &mut State::zero(size(), 4)).is_err());
    Ok(())
}

/// Every weight and moment that a learner holds.
fn everything(learner: &Learner, network: &Network) -> Result<Vec<Vec<f32>>> {
    let OptimizerState { weights, mean, square, n_updates } = learner.optimizer_state(network)?;
    let networks = [weights, mean, square];
    let vars = networks.iter().flat_map(|own| own.parameters().iter());
    let numbers = vars.map(|(_, var)| var.flatten_all()?.to_vec1::<f32>());
    numbers.chain([Ok(vec![n_updates as f32])]).collect()
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() -> Result<()> {
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let network = Network::new(size(), &mut rng)?;
        let mut learner = Learner::with_level(&network, level)?;
        let good = window(size(), 4, 9, &mut rng);
        let mut state = State::zero(size(), 9);
        learner.learn(&good, &mut state, &[], options)?;
        let before = everything(&learner, &network)?;
        let masks = Dropout { rate: 0.4, rng: &mut rng }.masks(size(), 9);
        for bad in [f32::NAN, f32::INFINITY] {
            let mut heavy = good.clone();
            heavy.targets.weights[5] = bad;
            assert!(!learner.learn(&heavy, &mut state.clone(), &[], options)?.is_finite());
            for idx in 0..masks.len() {
                let mut masks = masks.clone();
                masks[idx].fill(bad);
                learner.learn(&good, &mut state.clone(), &masks, options)?;
            }
            assert_eq!(everything(&learner, &network)?, before, "{level:?}: {bad}");
        }
        // It learns on as if nothing had been.
        let loss = learner.learn(&good, &mut state, &[], options)?;
        assert!(loss.is_finite() && everything(&learner, &network)? != before, "{level:?}");
    }
    Ok(())
}

#[test]
fn a_weight_that_is_not_a_number_is_seen_in_the_loss() -> Result<()> {
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let network = Network::new(size(), &mut rng)?;
        let window = window(size(), 5, 4, &mut rng);
        let zero = || State::zero(size(), 4);
        assert!(
            Engine::with_level(&network, level, false)?.loss(&window, &mut zero())?.is_finite()
        );
        for (idx, (name, var)) in network.parameters().iter().enumerate() {
            let bad = network.duplicate()?;
            let mut numbers = var.flatten_all()?.to_vec1::<f32>()?;
            // One number of the gates' biases is enough; of the others not all are needed.
            let n = if name.starts_with("lstm") { 1 } else { numbers.len() };
            numbers[..n].fill(f32::NAN);
            let (_, to) = &bad.parameters()[idx];
            to.set(&Tensor::from_vec(numbers, var.shape(), var.device())?)?;
            let loss = Engine::with_level(&bad, level, false)?.loss(&window, &mut zero())?;
            assert!(loss.is_nan(), "{level:?}: {loss} with {name}");
        }
    }
    Ok(())
}
