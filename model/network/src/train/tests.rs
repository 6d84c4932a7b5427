//! Does training learn, repeat itself and stop when told?

use super::*;
use crate::batch::Sequence;
use crate::plain::PlainDevice;
use crate::precision::Precision;
use crate::weights::{Interface, Network};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Sequences in an order of their own each epoch, each moved by up to `most_shift`.
pub(super) struct Numbers {
    pub(super) train: Vec<Sequence>,
    pub(super) valid: Vec<Sequence>,
    pub(super) most_shift: u32,
}

impl Lessons for Numbers {
    fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Sequence> {
        let mut order = self.train.clone();
        order.shuffle(rng);
        for sequence in &mut order {
            let shift = rng.random_range(0..=self.most_shift);
            sequence.tokens.iter_mut().for_each(|token| *token = (*token + shift) % N_TOKENS);
        }
        order
    }

    fn held_out(&self) -> Vec<Sequence> {
        if self.valid.is_empty() { self.train.clone() } else { self.valid.clone() }
    }
}

const N_TOKENS: u32 = 24;
pub(super) const INTERFACE: Interface =
    Interface { vocabulary: N_TOKENS as usize, lookbacks: 2, labels: 3 };

/// A pattern of tokens; what came two and four tokens ago is suggested.
fn sequence(i: u32) -> Sequence {
    let tokens: Vec<u32> = (0..130).map(|j| (i * 5 + (j % 4) * 7 + j / 32) % N_TOKENS).collect();
    let back =
        |at: usize, by: usize| (at + 1).checked_sub(by).map_or(N_TOKENS, |earlier| tokens[earlier]);
    let suggested = (0..tokens.len() - 1).flat_map(|at| [back(at, 2), back(at, 4)]).collect();
    Sequence { tokens, suggested, labels: vec![0], weight: 1.0 }
}

pub(super) fn corpus() -> Numbers {
    Numbers { train: (0..5).map(sequence).collect(), valid: vec![sequence(5)], most_shift: 0 }
}

pub(super) fn settings() -> Hyperparameters {
    Hyperparameters {
        hidden: 24,
        embedding: 8,
        layers: 2,
        batch: 4,
        epochs: 12,
        patience: 12,
        dropout: 0.1,
        learning_rate: 1e-2,
        sequence_length: 32,
        ..Hyperparameters::default()
    }
}

/// All weights of a network.
fn numbers(network: &Network) -> Vec<f32> {
    network.parameters().iter().flat_map(|own| own.values.clone()).collect()
}

pub(super) fn go_on(_: Progress, _: Moment<'_>) -> ControlFlow<End, f64> {
    ControlFlow::Continue(0.0)
}

#[test]
fn losses_fall_and_the_best_epoch_is_taken() {
    let trained = train(&corpus(), &settings(), settings().size(INTERFACE), Start::Fresh, go_on)
        .expect("it trains");
    assert!(trained.best.valid_nll < trained.start_nll * 0.6, "{:?}", trained.curve);
    let lowest = trained.curve.iter().map(|loss| loss.valid_nll).fold(f64::INFINITY, f64::min);
    assert!((trained.best.valid_nll - lowest).abs() < 1e-12);
    let again = evaluate(&trained.network, &corpus().valid).expect("it evaluates");
    assert!((again - lowest).abs() < 1e-6, "the weights are those of that epoch");
}

#[test]
fn the_plain_composition_learns_as_the_engine_does() {
    let settings = Hyperparameters { epochs: 4, precision: Precision::F32, ..settings() };
    let curve_on = |hardware: Hardware| {
        let run =
            Run::begin(&hardware, &corpus(), &settings, settings.size(INTERFACE), Start::Fresh);
        run.and_then(|run| run.train_to_end(&corpus(), go_on)).expect("it trains").curve
    };
    let engine = curve_on(Hardware::Processor(None));
    let plain = curve_on(Hardware::Plain(PlainDevice::cpu()));
    assert_eq!(plain.len(), 4);
    for (own, other) in plain.iter().zip(&engine) {
        assert!((own.train_nll - other.train_nll).abs() < 1e-3, "{own:?}, not {other:?}");
        assert!((own.valid_nll - other.valid_nll).abs() < 1e-3, "{own:?}, not {other:?}");
    }
    assert!(plain[3].valid_nll < plain[0].valid_nll * 0.8, "{plain:?}");
}

#[test]
fn one_sequence_can_be_memorised() {
    let mut corpus = corpus();
    corpus.train.truncate(1);
    corpus.valid.clear();
    let settings = Hyperparameters {
        hidden: 64,
        embedding: 32,
        dropout: 0.0,
        epochs: 400,
        patience: 400,
        ..settings()
    };
    let trained = train(&corpus, &settings, settings.size(INTERFACE), Start::Fresh, go_on)
        .expect("it trains");
    assert!(trained.best.valid_nll < 0.1, "{:?}", trained.best);
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let settings = Hyperparameters { epochs: 2, ..settings() };
    let run = || {
        let trained = train(&corpus(), &settings, settings.size(INTERFACE), Start::Fresh, go_on)
            .expect("it trains");
        numbers(&trained.network)
    };
    assert_eq!(run(), run());
}

#[test]
fn a_heavier_sequence_is_learned_better() {
    let loss_with = |weight: f32| {
        let mut corpus = corpus();
        corpus.train.iter_mut().for_each(|own| own.weight = 0.5);
        corpus.train[0].weight = weight;
        let trained = train(&corpus, &settings(), settings().size(INTERFACE), Start::Fresh, go_on)
            .expect("it trains");
        evaluate(&trained.network, &corpus.train[..1]).expect("it evaluates")
    };
    assert!(loss_with(4.0) < loss_with(0.1));
}

/// The weights and losses of two epochs in which the weights are `train` and `valid` times as large.
fn scaled(train_factor: f32, valid_factor: f32) -> (Vec<f32>, Vec<EpochLoss>) {
    let mut corpus = corpus();
    for (own, weight) in corpus.train.iter_mut().zip([0.25, 1.0, 2.0, 3.0, 0.0]) {
        own.weight = weight * train_factor;
    }
    corpus.valid.push(sequence(6));
    for (own, weight) in corpus.valid.iter_mut().zip([1.0, 3.0]) {
        own.weight = weight * valid_factor;
    }
    let settings = Hyperparameters { epochs: 2, ..settings() };
    let size = settings.size(INTERFACE);
    let trained = train(&corpus, &settings, size, Start::Fresh, go_on).expect("it trains");
    (numbers(&trained.network), trained.curve)
}

#[test]
fn only_ratios_of_weights_matter() {
    // A power of two, so that nothing is rounded differently.
    assert!(scaled(1.0, 1.0) == scaled(64.0, 1.0));
}

#[test]
fn weights_have_no_say_in_what_is_measured() {
    assert!(scaled(1.0, 1.0) == scaled(1.0, 0.0));
    let network = Network::new(settings().size(INTERFACE), &mut ChaCha8Rng::seed_from_u64(1));
    let loss = |weights: [f32; 2]| {
        let own = |(i, weight)| Sequence { weight, ..sequence(i) };
        evaluate(&network, &[own((0, weights[0])), own((1, weights[1]))]).expect("it evaluates")
    };
    assert_eq!(loss([1.0, 1.0]).to_bits(), loss([9.0, 0.1]).to_bits());
}

#[test]
fn reported_losses_are_weighted_means() {
    let mut corpus = corpus();
    corpus.train.iter_mut().zip([4.0, 0.5]).for_each(|(own, weight)| own.weight = weight);
    let settings = Hyperparameters {
        epochs: 1,
        batch: 5,
        sequence_length: 200,
        dropout: 0.0,
        precision: Precision::F32,
        ..settings()
    };
    let size = settings.size(INTERFACE);
    let mut step_nll = 0.0;
    let trained = train(&corpus, &settings, size, Start::Fresh, |progress, _| {
        if let Progress::Step { nll, .. } = progress {
            step_nll = nll;
        }
        ControlFlow::Continue(0.0)
    });
    let trained = trained.expect("it trains");
    let fresh = Network::new(size, &mut ChaCha8Rng::seed_from_u64(settings.seed));
    let (mut sum, mut weight) = (0.0, 0.0);
    for own in &corpus.train {
        let nll = evaluate(&fresh, std::slice::from_ref(own)).expect("it evaluates");
        sum += f64::from(own.weight) * nll * own.n_steps() as f64;
        weight += f64::from(own.weight) * own.n_steps() as f64;
    }
    assert!((step_nll - sum / weight).abs() < 1e-4, "{step_nll}, not {}", sum / weight);
    assert!((trained.curve[0].train_nll - step_nll).abs() < 1e-9);
}

#[test]
fn it_stops_at_once_when_told() {
    let mut n_steps = 0;
    let stopped =
        train(&corpus(), &settings(), settings().size(INTERFACE), Start::Fresh, |_, _| {
            n_steps += 1;
            if n_steps == 3 { ControlFlow::Break(End::Abandon) } else { ControlFlow::Continue(0.0) }
        });
    assert!(matches!(stopped, Err(TrainError::Abandoned)));
    assert_eq!(n_steps, 3);
}

#[test]
fn when_time_is_up_the_best_so_far_is_taken() {
    let trained =
        train(&corpus(), &settings(), settings().size(INTERFACE), Start::Fresh, |progress, _| {
            match progress {
                Progress::Epoch(loss) if loss.epoch == 2 => ControlFlow::Break(End::Finish),
                _ => ControlFlow::Continue(0.0),
            }
        });
    assert_eq!(trained.expect("two epochs are a result").curve.len(), 2);
}

#[test]
fn time_that_runs_out_within_an_epoch_leaves_a_result_too() {
    let settings = settings();
    let trained =
        train(&corpus(), &settings, settings.size(INTERFACE), Start::Fresh, |progress, _| {
            match progress {
                Progress::Step { step: 5, .. } => ControlFlow::Break(End::Finish),
                _ => ControlFlow::Continue(0.9),
            }
        });
    let trained = trained.expect("five steps are a result");
    assert_eq!(trained.curve.len(), 1);
    assert!(trained.best.valid_nll < trained.start_nll);
}

#[test]
fn it_ends_when_nothing_gets_better() {
    // Steps so small that hardly a weight moves.
    let settings = Hyperparameters { learning_rate: 1e-12, patience: 3, ..settings() };
    let trained = train(&corpus(), &settings, settings.size(INTERFACE), Start::Fresh, go_on)
        .expect("it trains");
    assert_eq!(trained.curve.len(), trained.best.epoch + 3);
    assert!(trained.curve.len() < settings.epochs);
}

#[test]
fn nothing_to_learn_is_said() {
    let nothing = Numbers { train: Vec::new(), valid: Vec::new(), most_shift: 0 };
    let none = train(&nothing, &settings(), settings().size(INTERFACE), Start::Fresh, go_on);
    assert!(matches!(none, Err(TrainError::NothingToLearn)));
}
