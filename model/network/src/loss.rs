//! How far off were the predictions?
//!
//! The cross-entropy in nats a token, each token counted by its weight, with the copy term of
//! the network: `logit[v] += gate[k]` wherever lookback `k` suggests token `v`. Loss and gradient
//! in one go, a prediction at a time.

use crate::kernels::Level;
use crate::kernels::elementwise::Scale;
use crate::kernels::softmax::Softmax;
use crate::weights::Size;

/// What the predictions are held against; all of one entry (or row) a prediction.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The token that came.
    pub tokens: Vec<u32>,
    /// What each lookback suggested, as many a prediction as the network has lookbacks; at or above
    /// the vocabulary's size means nothing.
    pub suggested: Vec<u32>,
    /// How much each prediction counts; 0 leaves it out.
    pub weights: Vec<f32>,
    /// What the sum of the weighted losses is divided by; more than 0.
    pub divisor: f32,
}

/// The weighted −ln p of target `idx`, in nats, not divided; `row`, the logits followed by the copy
/// gates, becomes its gradient, divided.
pub(crate) fn gradient_of_row(
    level: Level,
    row: &mut [f32],
    size: Size,
    targets: &Targets,
    idx: usize,
) -> f64 {
    let weight = targets.weights[idx];
    if weight == 0.0 {
        row.fill(0.0);
        return 0.0;
    }
    let (logits, gates) = row.split_at_mut(size.vocabulary);
    let suggested = &targets.suggested[idx * size.lookbacks..][..size.lookbacks];
    for (token, gate) in suggested.iter().zip(&*gates) {
        if let Some(logit) = logits.get_mut(*token as usize) {
            *logit += gate;
        }
    }
    let target = targets.tokens[idx] as usize;
    let logit = logits[target];
    let (max, sum) = level.run(Softmax(&mut *logits));
    let loss = f64::from(weight * (sum.ln() - (logit - max)));
    let share = weight / targets.divisor;
    level.run(Scale { values: &mut *logits, by: share / sum });
    logits[target] -= share;
    gates.fill(0.0);
    for (d, token) in gates.iter_mut().zip(suggested) {
        *d = logits.get(*token as usize).copied().unwrap_or(0.0);
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// The loss as its equation says it, divided.
    fn loss(row: &[f64], size: Size, targets: &Targets, idx: usize) -> f64 {
        let (logits, gates) = row.split_at(size.vocabulary);
        let mut logits = logits.to_vec();
        for (gate, token) in gates.iter().zip(&targets.suggested[idx * size.lookbacks..]) {
            logits.get_mut(*token as usize).into_iter().for_each(|logit| *logit += gate);
        }
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        let nll = sum.ln() - logits[targets.tokens[idx] as usize];
        nll * f64::from(targets.weights[idx] / targets.divisor)
    }

    #[test]
    fn loss_and_gradients_are_those_of_the_equation() {
        const STEP: f64 = 1e-5;
        let (vocabulary, lookbacks, n) = (23, 2, 11);
        let size = Size { vocabulary, lookbacks, labels: 0, layers: 1, hidden: 8, embedding: 8 };
        let targets = Targets {
            tokens: (0..n as u32).map(|i| i * 7 % 23).collect(),
            suggested: (0..2 * n as u32).map(|i| i * 5 % 29).collect(),
            weights: (0..n).map(|i| (i % 4) as f32).collect(),
            divisor: 40.0,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (level, idx) in
            Level::available().into_iter().flat_map(|own| (0..n).map(move |i| (own, i)))
        {
            let mut ours: Vec<f32> =
                (0..vocabulary + lookbacks).map(|_| rng.random_range(-6.0..6.0)).collect();
            let row: Vec<f64> = ours.iter().map(|value| f64::from(*value)).collect();
            ours.resize(32, 7.0);
            let found = gradient_of_row(level, &mut ours, size, &targets, idx);
            let expected = loss(&row, size, &targets, idx);
            assert!((found / f64::from(targets.divisor) - expected).abs() < 1e-6, "{level:?}");
            for (i, ours) in ours.iter().enumerate() {
                let moved = |by: f64| {
                    let mut row = row.clone();
                    row.get_mut(i).into_iter().for_each(|value| *value += by);
                    loss(&row, size, &targets, idx)
                };
                let theirs = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                assert!(
                    (f64::from(*ours) - theirs).abs() < 1e-6,
                    "{level:?}: {ours}, not {theirs}"
                );
            }
        }
    }
}
