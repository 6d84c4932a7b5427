//! Does the plain composition learn as the engine does, whatever the network's size?

use super::forward::loss;
use super::variables::{Variables, network};
use super::*;
use crate::batch::Window;
use crate::engine::tests::{relative, window};
use crate::engine::{Learner, OptimizerOptions};
use crate::precision::Precision;
use crate::{Dropout, Error, LayerState, Network, Size, State};
use candle_core::{Device, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The processor, and a GPU where there is one.
fn devices() -> Vec<PlainDevice> {
    [Ok(PlainDevice::cpu()), PlainDevice::cuda()].into_iter().flatten().collect()
}

fn size() -> Size {
    Size { vocabulary: 37, lookbacks: 2, labels: 3, layers: 2, hidden: 24, embedding: 10 }
}

#[test]
fn losses_and_gradients_are_those_of_the_engine_in_every_size() -> Result<(), Error> {
    let sizes = [
        size(),
        Size { layers: 1, hidden: 1, embedding: 1, ..size() },
        Size { hidden: 19, embedding: 33, vocabulary: 16, ..size() },
        Size { layers: 3, hidden: 17, lookbacks: 0, labels: 0, vocabulary: 3, ..size() },
        Size { layers: 1, hidden: 32, lookbacks: 5, vocabulary: 2, ..size() },
    ];
    for device in devices() {
        for size in sizes {
            for (time, batch, rate) in [(2, 1, 0.0), (5, 1, 0.5), (6, 9, 0.0), (13, 4, 0.3)] {
                let mut rng = ChaCha8Rng::seed_from_u64(21);
                let network = Network::new(size, &mut rng);
                let window = window(size, time, batch, &mut rng);
                let masks = Dropout { rate, rng: &mut rng }.masks(size, batch);
                let mut ours = State::zero(size, batch);
                for LayerState { hidden, cell } in &mut ours.0 {
                    let numbers = hidden.iter_mut().chain(cell);
                    numbers.for_each(|number| *number = rng.random_range(-0.9..0.9));
                }
                let mut theirs = ours.clone();
                let plain = PlainLearner::new(&network, &device)?;
                let (loss, gradient) = plain.gradient(&window, &mut ours, &masks)?;
                let mut engine = Learner::new(&network, Precision::F32)?;
                let still = OptimizerOptions { learning_rate: 0.0, clip: 1.0, weight_decay: 0.0 };
                let expected = engine.learn(&window, &mut theirs, &masks, still)?;
                let case = format!("{size:?}, {time} steps of {batch}, dropout {rate}");
                assert!((loss - expected).abs() < 1e-5 * expected.max(0.1), "{case}: {loss}");
                for (own, other) in gradient.parameters().iter().zip(engine.gradient().parameters())
                {
                    let off = relative(&own.values, &other.values);
                    assert!(off < 1e-5, "{case}: the gradient of {} is off by {off}", own.name);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn steps_are_those_of_adamw() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let start = Network::new(size(), &mut rng);
    let weights = Variables::new(&start, &Device::Cpu)?;
    let (biases, others): (Vec<_>, Vec<_>) =
        weights.named.iter().cloned().partition(|(name, _)| name.ends_with("bias"));
    let optimizer = |named: Vec<(String, Var)>, weight_decay| {
        let params = ParamsAdamW { lr: 3e-3, beta2: 0.99, weight_decay, ..Default::default() };
        AdamW::new(named.into_iter().map(|(_, var)| var).collect(), params)
    };
    let mut optimizers = [optimizer(biases, 0.0)?, optimizer(others, 0.1)?];
    let mut learner = Learner::new(&start, Precision::F32)?;
    let (mut ours, mut theirs) = (State::zero(size(), 8), State::zero(size(), 8));
    let options = OptimizerOptions { learning_rate: 3e-3, clip: 1e9, weight_decay: 0.1 };
    for _ in 0..5 {
        let window = window(size(), 6, 8, &mut rng);
        learner.learn(&window, &mut ours, &[], options)?;
        let gradients = loss(&weights, &window, &mut theirs, &[])?.backward()?;
        for optimizer in &mut optimizers {
            optimizer.step(&gradients)?;
        }
    }
    let theirs = network(size(), weights.iter())?;
    for (ours, theirs) in learner.network().parameters().iter().zip(theirs.parameters()) {
        let off = relative(&ours.values, &theirs.values);
        assert!(off < 1e-3, "{} is off by {off}", ours.name);
    }
    Ok(())
}

#[test]
fn updates_are_those_of_the_engine() -> Result<(), Error> {
    for device in devices() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let network = Network::new(size(), &mut rng);
        let mut plain = PlainLearner::new(&network, &device)?;
        let mut engine = Learner::new(&network, Precision::F32)?;
        let mut states = [State::zero(size(), 6), State::zero(size(), 6)];
        for n in 0..8 {
            let window = window(size(), 9, 6, &mut rng);
            let masks = Dropout { rate: 0.2, rng: &mut rng }.masks(size(), 6);
            // Clipped at times, and at times not.
            let clip = if n % 2 == 0 { 0.05 } else { 10.0 };
            let options = OptimizerOptions { learning_rate: 3e-3, clip, weight_decay: 0.1 };
            let loss = plain.learn(&window, &mut states[0], &masks, options)?;
            let expected = engine.learn(&window, &mut states[1], &masks, options)?;
            assert!((loss / expected - 1.0).abs() < 1e-5, "step {n}: {loss}, not {expected}");
        }
        let (ours, theirs) = (plain.network()?, engine.network());
        for (own, other) in ours.parameters().iter().zip(theirs.parameters()) {
            let off = relative(&own.values, &other.values);
            assert!(off < 1e-4, "{} is off by {off}", own.name);
        }
    }
    Ok(())
}

#[test]
fn what_is_remembered_goes_on_to_the_last_bit() -> Result<(), Error> {
    let device = PlainDevice::cpu();
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let network = Network::new(size(), &mut rng);
    let windows: Vec<Window> = (0..4).map(|_| window(size(), 7, 5, &mut rng)).collect();
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    let (mut through, mut state) = (PlainLearner::new(&network, &device)?, State::zero(size(), 5));
    let mut halves = None;
    for (n, window) in windows.iter().enumerate() {
        if n == 2 {
            let mut second = PlainLearner::new(&network, &device)?;
            second.restore(&through.optimizer_state()?)?;
            halves = Some((second, state.clone()));
        }
        through.learn(window, &mut state, &[], options)?;
        if let Some((second, state)) = &mut halves {
            second.learn(window, state, &[], options)?;
        }
    }
    let (second, _) = halves.expect("it was halved");
    assert_eq!(through.network()?.parameters(), second.network()?.parameters());
    let other = Network::new(Size { hidden: 25, ..size() }, &mut rng);
    let other = PlainLearner::new(&other, &device)?.optimizer_state()?;
    assert!(through.restore(&other).is_err());
    Ok(())
}

#[test]
fn what_is_no_number_moves_nothing() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let network = Network::new(size(), &mut rng);
    let mut learner = PlainLearner::new(&network, &PlainDevice::cpu())?;
    let mut bad = window(size(), 4, 3, &mut rng);
    bad.targets.weights[5] = f32::INFINITY;
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    assert!(!learner.learn(&bad, &mut State::zero(size(), 3), &[], options)?.is_finite());
    assert_eq!(learner.network()?.parameters(), network.parameters());
    Ok(())
}

#[test]
fn the_longest_windows_of_all_fit_the_stack() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let size = Size { hidden: 2, embedding: 2, layers: 2, ..size() };
    let network = Network::new(size, &mut rng);
    let mut learner = PlainLearner::new(&network, &PlainDevice::cpu())?;
    let mut window = window(size, 2048, 1, &mut rng);
    window.resets.fill(false);
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    let loss = learner.learn(&window, &mut State::zero(size, 1), &[], options)?;
    assert!(loss.is_finite());
    Ok(())
}

#[test]
fn a_window_that_does_not_fit_is_an_error() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let network = Network::new(size(), &mut rng);
    let mut learner = PlainLearner::new(&network, &PlainDevice::cpu())?;
    let options = OptimizerOptions { learning_rate: 1e-2, clip: 1.0, weight_decay: 0.1 };
    let mut beyond = window(size(), 4, 4, &mut rng);
    assert!(learner.learn(&beyond, &mut State::zero(size(), 4), &[], options).is_ok());
    assert!(learner.learn(&beyond, &mut State::zero(size(), 5), &[], options).is_err());
    beyond.targets.tokens[3] = 37;
    assert!(learner.learn(&beyond, &mut State::zero(size(), 4), &[], options).is_err());
    Ok(())
}
