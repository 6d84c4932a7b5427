//! How much can be learned in a second here?
//!
//! A few steps of a middling network are timed, the quickest of which counts: others that use the
//! machine at the moment matter little to it.

use std::time::Instant;

use model::batch::{Sequence, windows_of};
use model::network::engine::{Learner, Pace};
use model::network::{Network, State};
use model::train::{Hyperparameters, Precision};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const STEPS: usize = 8;
const LANES: usize = 16;
const TIME: usize = 96;

/// Multiply-adds that training makes in a second, forward and backward.
///
/// # Errors
/// When the tensor library fails.
pub(super) fn speed(precision: Precision) -> anyhow::Result<f64> {
    let settings =
        Hyperparameters { layers: 2, hidden: 192, embedding: 96, ..Hyperparameters::default() };
    let size = settings.size();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let network = Network::new(size, &mut rng)?;
    let mut learner = Learner::new(&network, precision)?;
    let mut sequence = || Sequence {
        tokens: (0..=TIME).map(|_| rng.random_range(0..size.vocabulary as u32)).collect(),
        suggested: vec![size.vocabulary as u32; TIME * size.lookbacks],
        condition: 0,
        weight: 1.0,
    };
    let sequences = (0..LANES).map(|_| sequence()).collect();
    let known = (size.vocabulary, size.lookbacks);
    let mut quickest = f64::MAX;
    for window in windows_of(known, sequences, LANES, TIME) {
        let mut state = State::zero(size, window.batch);
        for _ in 0..STEPS {
            let began = Instant::now();
            let pace = Pace { rate: 1e-3, clip: 1.0, weight_decay: 0.0 };
            learner.learn(&window, &mut state, &[], pace)?;
            quickest = quickest.min(began.elapsed().as_secs_f64());
        }
    }
    Ok((3 * size.n_products() * LANES * TIME) as f64 / quickest.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_neither_idle_nor_beyond_all_machines() {
        let speed = speed(Precision::F32).expect("it learns");
        assert!((1e7..1e15).contains(&speed), "{speed} multiply-adds a second");
    }
}
