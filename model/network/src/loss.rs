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
    use candle_core::{Device, Result, Tensor, Var};

    #[test]
    fn loss_and_gradients_are_those_of_log_softmax() -> Result<()> {
        let (vocabulary, lookbacks, n) = (23, 2, 11);
        let size = Size { vocabulary, lookbacks, labels: 0, layers: 1, hidden: 8, embedding: 8 };
        let targets = Targets {
            tokens: (0..n as u32).map(|i| i * 7 % 23).collect(),
            suggested: (0..2 * n as u32).map(|i| i * 5 % 29).collect(),
            weights: (0..n).map(|i| (i % 4) as f32).collect(),
            divisor: 40.0,
        };
        for level in Level::available() {
            for idx in 0..n {
                let row = Tensor::randn(0f32, 3.0, vocabulary + lookbacks, &Device::Cpu)?;
                let row = Var::from_tensor(&row)?;
                let mut logits = row.narrow(0, 0, vocabulary)?;
                for k in 0..lookbacks {
                    let token = targets.suggested[idx * lookbacks + k] as usize;
                    let hit = (0..vocabulary).map(|v| if v == token { 1f32 } else { 0.0 });
                    let hit = Tensor::from_iter(hit, &Device::Cpu)?;
                    let gate = row.narrow(0, vocabulary + k, 1)?;
                    logits = (logits + hit.broadcast_mul(&gate)?)?;
                }
                let log_p = candle_nn::ops::log_softmax(&logits, 0)?;
                let of_target = log_p.get(targets.tokens[idx] as usize)?;
                let theirs = (of_target * -f64::from(targets.weights[idx] / targets.divisor))?;
                let mut ours = row.to_vec1::<f32>()?;
                ours.resize(32, 7.0);
                let loss = gradient_of_row(level, &mut ours, size, &targets, idx);
                let loss = (loss / f64::from(targets.divisor)) as f32;
                assert!((loss - theirs.to_scalar::<f32>()?).abs() < 1e-6, "{level:?}");
                // Candle has no gradient of what is multiplied by 0.
                let gradients = theirs.backward()?;
                let expected = match gradients.get(&row) {
                    Some(gradient) => gradient.to_vec1::<f32>()?,
                    None => vec![0.0; vocabulary + lookbacks],
                };
                for (a, b) in ours.iter().zip(expected.iter().chain(&[0.0; 7])) {
                    assert!((a - b).abs() < 1e-6, "{level:?}: {a} and {b}");
                }
            }
        }
        Ok(())
    }
}
