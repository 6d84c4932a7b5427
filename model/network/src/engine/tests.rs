//! Does the engine compute what the network says, at every level?

use super::*;
use crate::batch::Window;
use crate::kernels::Level;
use crate::loss::Targets;
use crate::plain::{PlainDevice, PlainLearner};
use crate::precision::Precision;
use crate::{Dropout, Error, Network, Parameter, Size, State};
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

/// The distance of two vectors, as a share of the second's length.
pub(crate) fn relative(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let off: f32 = ours.iter().zip(theirs).map(|(a, b)| (a - b).powi(2)).sum();
    let all: f32 = theirs.iter().map(|b| b.powi(2)).sum();
    off.sqrt() / all.sqrt().max(f32::MIN_POSITIVE)
}

/// The largest difference in loss, gradients and state, over two windows in a row.
fn difference(level: Level, size: Size, batch: usize, rate: f64) -> Result<f32, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let network = Network::new(size, &mut rng);
    let mut learner = Learner::with_level(&network, level);
    let plain = PlainLearner::new(&network, &PlainDevice::cpu())?;
    let (mut ours, mut theirs) = (State::zero(size, batch), State::zero(size, batch));
    let mut most = 0.0f32;
    for time in [7, 12] {
        let window = window(size, time, batch, &mut rng);
        let masks = Dropout { rate, rng: &mut rng }.masks(size, batch);
        let loss = learner.differentiate(&window, &mut ours, &masks)?;
        let (expected, gradient) = plain.gradient(&window, &mut theirs, &masks)?;
        most = most.max((loss / expected - 1.0).abs() as f32);
        for (own, plain) in learner.gradient().parameters().iter().zip(gradient.parameters()) {
            let off = relative(&own.values, &plain.values);
            assert!(off < 0.02, "{level:?}: {} is off by {off}", own.name);
            most = most.max(off);
        }
        for (own, plain) in ours.0.iter().zip(&theirs.0) {
            most = most.max(relative(&own.hidden, &plain.hidden));
            most = most.max(relative(&own.cell, &plain.cell));
        }
    }
    Ok(most)
}

#[test]
fn losses_gradients_and_states_are_those_of_the_plain_composition() -> Result<(), Error> {
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
fn losses_alone_are_those_of_learning() -> Result<(), Error> {
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let network = Network::new(size(), &mut rng);
        let window = window(size(), 9, 10, &mut rng);
        let mut states = [State::zero(size(), 10), State::zero(size(), 10)];
        let alone = Engine::with_level(&network, level, false).loss(&window, &mut states[0])?;
        let learner =
            Learner::with_level(&network, level).differentiate(&window, &mut states[1], &[])?;
        assert!((alone - learner).abs() < 1e-6, "{level:?}: {alone} and {learner}");
        assert_eq!(states[0].0[1].hidden, states[1].0[1].hidden);
    }
    Ok(())
}

#[test]
fn a_window_that_does_not_fit_is_an_error() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let network = Network::new(size(), &mut rng);
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
fn everything(learner: &Learner) -> Vec<Vec<f32>> {
    let OptimizerState { weights, mean, square, n_updates } = learner.optimizer_state();
    let networks = [weights, mean, square];
    let numbers = networks.iter().flat_map(Network::parameters).map(|own| own.values.clone());
    numbers.chain([vec![n_updates as f32]]).collect()
}

#[test]
fn a_gradient_that_is_not_finite_moves_nothing() -> Result<(), Error> {
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let network = Network::new(size(), &mut rng);
        let mut learner = Learner::with_level(&network, level);
        let good = window(size(), 4, 9, &mut rng);
        let mut state = State::zero(size(), 9);
        learner.learn(&good, &mut state, &[], options)?;
        let before = everything(&learner);
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
            assert_eq!(everything(&learner), before, "{level:?}: {bad}");
        }
        // It learns on as if nothing had been.
        let loss = learner.learn(&good, &mut state, &[], options)?;
        assert!(loss.is_finite() && everything(&learner) != before, "{level:?}");
    }
    Ok(())
}

#[test]
fn a_weight_that_is_not_a_number_is_seen_in_the_loss() -> Result<(), Error> {
    for level in Level::available() {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let network = Network::new(size(), &mut rng);
        let window = window(size(), 5, 4, &mut rng);
        let zero = || State::zero(size(), 4);
        assert!(Engine::with_level(&network, level, false).loss(&window, &mut zero())?.is_finite());
        for (idx, Parameter { name, values, .. }) in network.parameters().iter().enumerate() {
            let mut bad = network.clone();
            // One number of the gates' biases is enough; of the others not all are needed.
            let n = if name.starts_with("lstm") { 1 } else { values.len() };
            bad.parameters_mut()[idx].values[..n].fill(f32::NAN);
            let loss = Engine::with_level(&bad, level, false).loss(&window, &mut zero())?;
            assert!(loss.is_nan(), "{level:?}: {loss} with {name}");
        }
    }
    Ok(())
}
