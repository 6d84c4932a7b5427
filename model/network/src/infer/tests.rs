//! Do streams predict what windows predict, in every precision?

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::batch::{Sequence, Windows};
use crate::engine::Engine;
use crate::kernels::Level;
use crate::precision::Precision;
use crate::{Error, Network, Size, State};

const SIZE: Size =
    Size { vocabulary: 50, lookbacks: 3, labels: 2, layers: 2, hidden: 40, embedding: 8 };
const LOOKBACKS: usize = SIZE.lookbacks;

fn sequence(rng: &mut ChaCha8Rng, label: u32) -> Sequence {
    Sequence {
        tokens: (0..60).map(|_| rng.random_range(0..50)).collect(),
        suggested: (0..59 * LOOKBACKS).map(|_| rng.random_range(0..=50)).collect(),
        labels: vec![label],
        weight: 1.0,
    }
}

/// A fresh network, whose predictions are all about as likely, or one that is as sure of itself as a
/// trained one.
fn network(rng: &mut ChaCha8Rng, is_sure: bool) -> Network {
    let mut network = Network::new(SIZE, rng);
    for own in network.parameters_mut().iter_mut().filter(|_| is_sure) {
        let factor = if own.name == "output.weight" { 8.0 } else { 1.5 };
        own.values.iter_mut().for_each(|value| *value *= factor);
    }
    network
}

/// Levels whose words are `f32`.
fn levels() -> impl Iterator<Item = Level> {
    Level::available().into_iter().filter(|level| level.group() == 1)
}

/// The logits of every next token.
fn logits(predictor: &Predictor, sequence: &Sequence) -> Vec<Vec<f32>> {
    let mut stream = predictor.stream(&sequence.labels);
    let tokens = &sequence.tokens[..sequence.tokens.len() - 1];
    let steps = tokens.iter().zip(sequence.suggested.chunks(LOOKBACKS));
    steps
        .map(|(token, suggested)| predictor.step(&mut stream, *token, suggested).to_vec())
        .collect()
}

fn log_p(logits: &[f32]) -> Vec<f64> {
    let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    logits.iter().map(|logit| f64::from(*logit) - sum.ln()).collect()
}

/// Mean −ln p of every next token, as the engine says it in `f32`.
fn expected(network: &Network, sequence: Sequence) -> Result<f64, Error> {
    let (mut engine, mut state) = (Engine::new(network, Precision::F32)?, State::zero(SIZE, 1));
    let (mut sum, mut n) = (0.0, 0.0);
    for window in Windows::new(network.size().interface(), vec![sequence], 1, 16) {
        let divisor = f64::from(window.targets.divisor);
        sum += engine.loss(&window, &mut state)? * divisor;
        n += divisor;
    }
    Ok(sum / n)
}

#[test]
fn token_by_token_predicts_what_windows_predict() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for is_sure in [false, true] {
        let network = network(&mut rng, is_sure);
        let sequence = sequence(&mut rng, 1);
        let expected = expected(&network, sequence.clone())?;
        for level in levels() {
            let predictor = Predictor::with_level(&network, Precision::F32, level)?;
            let rows = logits(&predictor, &sequence);
            let targets = &sequence.tokens[1..];
            let losses = rows.iter().zip(targets).map(|(row, token)| -log_p(row)[*token as usize]);
            let off = (losses.sum::<f64>() / 59.0 - expected).abs();
            assert!(off < 2e-6 * expected, "{level:?} is off by {off} from {expected}");
        }
    }
    Ok(())
}

/// How far predictions in few bits are from those in `f32`.
#[derive(Clone, Copy, Debug, Default)]
struct Off {
    /// Of any logit, as a share of the spread of all logits.
    worst: f64,
    /// Of the logits, by the root of the mean square, as a share of the same.
    usual: f64,
    /// Kullback-Leibler divergence of the next token, in nats: the mean, and the largest of any.
    divergence: (f64, f64),
}

/// Over several networks and all the states of several sequences each.
fn off(precision: Precision, level: Level, is_sure: bool) -> Result<Off, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let (mut n, mut n_logits, mut squares, mut spread) = (0.0, 0.0, 0.0, 0.0);
    let mut off = Off::default();
    for _ in 0..6 {
        let network = network(&mut rng, is_sure);
        let exact = Predictor::with_precision(&network, Precision::F32)?;
        let ours = Predictor::with_level(&network, precision, level)?;
        for label in [0, 1, 0, 1] {
            let sequence = sequence(&mut rng, label);
            for (ours, exact) in logits(&ours, &sequence).iter().zip(logits(&exact, &sequence)) {
                let mean = exact.iter().sum::<f32>() / exact.len() as f32;
                for (ours, exact) in ours.iter().zip(&exact) {
                    let d = f64::from(ours - exact).abs();
                    off.worst = off.worst.max(d);
                    squares += d * d;
                    spread += f64::from(exact - mean).powi(2);
                    n_logits += 1.0;
                }
                let (p, q) = (log_p(&exact), log_p(ours));
                let divergence = p.iter().zip(q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>();
                off.divergence.0 += divergence;
                off.divergence.1 = off.divergence.1.max(divergence);
                n += 1.0;
            }
        }
    }
    let spread = f64::sqrt(spread / n_logits);
    off.worst /= spread;
    off.usual = f64::sqrt(squares / n_logits) / spread;
    off.divergence.0 /= n;
    Ok(off)
}

#[test]
fn few_bits_predict_what_f32_predicts() -> Result<(), Error> {
    let bound = |worst, usual, divergence| Off { worst, usual, divergence };
    // A third more than was measured. Of a trained network less is lost: its weights are alike in size.
    for (precision, is_sure, allowed) in [
        (Precision::Int8, false, bound(0.20, 0.038, (1.4e-6, 3.0e-6))),
        (Precision::Int8, true, bound(0.12, 0.018, (1.6e-4, 1.3e-3))),
        (Precision::Int4, false, bound(1.1, 0.20, (3.8e-5, 1.2e-4))),
        (Precision::Int4, true, bound(1.9, 0.28, (4.1e-2, 0.28))),
    ] {
        for level in levels() {
            let off = off(precision, level, is_sure)?;
            let is_near = off.worst < allowed.worst
                && off.usual < allowed.usual
                && off.divergence.0 < allowed.divergence.0
                && off.divergence.1 < allowed.divergence.1;
            assert!(is_near, "{precision:?} with {level:?}, sure: {is_sure}: {off:?}");
        }
    }
    Ok(())
}

#[test]
fn streams_side_by_side_do_not_meet() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let network = Network::new(SIZE, &mut rng);
    let cases = [Precision::F32, Precision::Int8, Precision::Int4];
    for (precision, level) in cases.into_iter().flat_map(|own| levels().map(move |l| (own, l))) {
        let predictor = Predictor::with_level(&network, precision, level)?;
        let sequences: Vec<Sequence> = (0..7).map(|idx| sequence(&mut rng, idx % 2)).collect();
        let labels: Vec<&[u32]> = sequences.iter().map(|own| &own.labels[..]).collect();
        let mut together = predictor.streams(&labels);
        let mut alone: Vec<Stream> = labels.iter().map(|label| predictor.stream(label)).collect();
        let mut sequences = sequences;
        for at in 0..59 {
            if at % 20 == 19 {
                let keep: Vec<bool> = (0..sequences.len()).map(|idx| idx != at / 20).collect();
                together.retain(&keep);
                sequences.remove(at / 20);
                alone.remove(at / 20);
            }
            if at % 20 == 9 {
                let parts: Vec<Stream> = (0..alone.len()).map(|idx| together.part(idx)).collect();
                together = parts[0].clone();
                parts[1..].iter().for_each(|part| together.append(part));
            }
            let tokens: Vec<u32> = sequences.iter().map(|own| own.tokens[at]).collect();
            let of = |own: &Sequence| own.suggested[at * LOOKBACKS..][..LOOKBACKS].to_vec();
            let suggested: Vec<u32> = sequences.iter().flat_map(of).collect();
            predictor.advance(&mut together, &tokens, &suggested);
            for (idx, own) in alone.iter_mut().enumerate() {
                let suggested = &suggested[idx * LOOKBACKS..][..LOOKBACKS];
                let logits = predictor.step(own, tokens[idx], suggested);
                let case = format!("{precision:?} with {level:?}, stream {idx}");
                assert_eq!(logits, together.logits(idx), "{case}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_network_that_is_not_finite_is_an_error() -> Result<(), Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for bad in [f32::NAN, f32::INFINITY] {
        let mut network = Network::new(SIZE, &mut rng);
        network.parameters_mut()[4].values[3] = bad;
        for precision in [Precision::Auto, Precision::F32, Precision::Int8, Precision::Int4] {
            assert!(
                Predictor::with_precision(&network, precision).is_err(),
                "{precision:?}, {bad}"
            );
        }
    }
    let network = Network::new(SIZE, &mut rng);
    assert!(Predictor::with_precision(&network, Precision::Bf16).is_err());
    assert_ne!(Predictor::with_precision(&network, Precision::Auto)?.precision(), Precision::Auto);
    Ok(())
}
