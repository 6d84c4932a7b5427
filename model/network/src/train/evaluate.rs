//! How well does a network predict sequences?

use crate::batch::{Sequence, Windows};
use crate::engine::Engine;
use crate::error::Error;
use crate::precision::Precision;
use crate::weights::{Network, State};

/// Mean loss of a network on some sequences in nats a token; 0 without any. Every token counts alike:
/// what a sequence weighs in training does not count in what is measured, so that losses stay
/// comparable when weights change.
///
/// # Errors
/// When a sequence does not fit the network.
pub fn evaluate(network: &Network, sequences: &[Sequence]) -> Result<f64, Error> {
    Ok(evaluate_while(network, sequences, || true)?.unwrap_or(0.0))
}

/// As [`evaluate`], but gives up with `None` as soon as `should_continue`, asked before each window,
/// says no.
///
/// # Errors
/// When a sequence does not fit the network.
pub fn evaluate_while(
    network: &Network,
    sequences: &[Sequence],
    mut should_continue: impl FnMut() -> bool,
) -> Result<Option<f64>, Error> {
    const LANES: usize = 32;
    const STEPS: usize = 128;
    let size = network.size();
    let mut engine = Engine::new(network, Precision::F32)?;
    let mut state: Option<State> = None;
    let (mut sum, mut weight) = (0.0, 0.0);
    let alike = sequences.iter().map(|own| Sequence { weight: 1.0, ..own.clone() });
    for window in Windows::new(size.interface(), alike.collect(), LANES, STEPS) {
        if !should_continue() {
            return Ok(None);
        }
        let state = state.get_or_insert_with(|| State::zero(size, window.batch));
        let loss = engine.loss(&window, state)?;
        sum += loss * f64::from(window.targets.divisor);
        weight += window.weight();
    }
    Ok(Some(sum / f64::max(weight, 1e-9)))
}
