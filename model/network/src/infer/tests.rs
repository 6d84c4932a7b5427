//! Do streams predict what windows predict, in every form?

use super::*;
use crate::batch::{Sequence, windows_of};
use crate::engine::Engine;
use crate::train::Precision;
use crate::{Network, State};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZE: Size =
    Size { vocabulary: 50, lookbacks: 3, conditions: 2, layers: 2, hidden: 40, embedding: 8 };

fn sequence(rng: &mut ChaCha8Rng, condition: u32) -> Sequence {
    Sequence {
        tokens: (0..60).map(|_| rng.random_range(0..50)).collect(),
        suggested: (0..59 * 3).map(|_| rng.random_range(0..=50)).collect(),
        condition,
        weight: 1.0,
    }
}

fn loss(logits: &[f32], target: u32) -> f64 {
    let sum: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
    sum.ln() - f64::from(logits[target as usize])
}

/// Mean −ln p of every next token, as the engine says it in `f32`.
fn expected(network: &Network, sequence: Sequence) -> Result<f64> {
    let (mut engine, mut state) = (Engine::new(network, Precision::F32)?, State::zero(SIZE, 1));
    let (mut sum, mut n) = (0.0, 0.0);
    for window in windows_of((50, 3), vec![sequence], 1, 16) {
        let divisor = f64::from(window.targets.divisor);
        sum += engine.loss(&window, &mut state)? * divisor;
        n += divisor;
    }
    Ok(sum / n)
}

#[test]
fn token_by_token_predicts_what_windows_predict() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let network = Network::new(SIZE, &mut rng)?;
    let sequence = sequence(&mut rng, 1);
    let expected = expected(&network, sequence.clone())?;
    let mut predictors = vec![
        ("int8", Predictor::with_form(&network, Form::Int8)?, 2e-3),
        ("int8 with AVX2", Predictor::with_form(&network, Form::Int8Avx2)?, 2e-3),
        ("int4", Predictor::with_form(&network, Form::Int4)?, 2e-3),
        ("best", Predictor::new(&network)?, 2e-3),
    ];
    for level in Level::available() {
        let allowed = if level.group() == 1 { 1e-6 } else { 1e-3 };
        predictors.push(("words", Predictor::words(&network, level)?, allowed));
    }
    for (form, predictor, allowed) in predictors {
        let mut stream = predictor.stream(1);
        let mut sum = 0.0;
        for (at, pair) in sequence.tokens.windows(2).enumerate() {
            let suggested = &sequence.suggested[at * 3..][..3];
            sum += loss(predictor.step(&mut stream, pair[0], suggested), pair[1]);
        }
        let off = (sum / 59.0 - expected).abs();
        assert!(off < allowed, "{form} at {:?} is off by {off}", predictor.level);
    }
    Ok(())
}

#[test]
fn streams_side_by_side_do_not_meet() -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let network = Network::new(SIZE, &mut rng)?;
    for form in [Form::F32, Form::Bf16, Form::Int8, Form::Int8Avx2, Form::Int4] {
        let predictor = Predictor::with_form(&network, form)?;
        let sequences: Vec<Sequence> = (0..7).map(|idx| sequence(&mut rng, idx % 2)).collect();
        let conditions: Vec<u32> = sequences.iter().map(|own| own.condition).collect();
        let mut together = predictor.streams(&conditions);
        let mut alone: Vec<Stream> =
            conditions.iter().map(|condition| predictor.stream(*condition)).collect();
        for at in 0..59 {
            let tokens: Vec<u32> = sequences.iter().map(|own| own.tokens[at]).collect();
            let of = |own: &Sequence| own.suggested[at * 3..][..3].to_vec();
            let suggested: Vec<u32> = sequences.iter().flat_map(of).collect();
            predictor.advance(&mut together, &tokens, &suggested);
            for (idx, own) in alone.iter_mut().enumerate() {
                let logits = predictor.step(own, tokens[idx], &suggested[idx * 3..][..3]);
                assert_eq!(logits, together.logits(idx), "{form:?}, stream {idx}");
            }
        }
    }
    Ok(())
}
