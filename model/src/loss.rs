//! How far off were the predictions?
//!
//! The cross-entropy in nats a token, each token counted by its weight, with the copy term of
//! the network: `logit[v] += gate[k]` wherever lookback `k` suggests token `v`. One fused operation
//! with its gradient; candle's own takes no weights and makes a dozen tensors.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use crate::network::kernels::exp_shifted;
use crate::network::lstm::{contiguous, join, shares};

/// What the predictions are held against; all of one entry (or row) a prediction.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The token that came.
    pub tokens: Vec<u32>,
    /// What each lookback suggested, `n_lookbacks` a prediction; at or above the vocabulary's size
    /// means nothing.
    pub suggested: Vec<u32>,
    /// How much each prediction counts; 0 leaves it out.
    pub weights: Vec<f32>,
    /// What the sum of the weighted losses is divided by; more than 0.
    pub divisor: f32,
}

/// The weighted sum of −ln p(target) over the divisor, in nats a token, as a scalar tensor.
///
/// `logits` \[n, vocabulary\], `gates` \[n, lookbacks\].
///
/// # Errors
/// When shapes disagree or a target lies beyond the vocabulary.
pub fn cross_entropy(logits: &Tensor, gates: &Tensor, targets: Targets) -> Result<Tensor> {
    let op = CrossEntropy { targets, gradient: Mutex::default() };
    logits.contiguous()?.apply_op2(&gates.contiguous()?, op)
}

struct CrossEntropy {
    targets: Targets,
    gradient: Mutex<Option<(Vec<f32>, Vec<f32>)>>,
}

struct Share {
    loss: f64,
    d_logits: Vec<f32>,
    d_gates: Vec<f32>,
}

impl CrossEntropy {
    fn run(
        &self,
        rows: std::ops::Range<usize>,
        logits: &[f32],
        gates: &[f32],
        width: usize,
        n_back: usize,
        total: f32,
    ) -> Share {
        let mut d_logits = logits[rows.start * width..rows.end * width].to_vec();
        let mut d_gates = vec![0.0; rows.len() * n_back];
        let mut loss = 0.0;
        for ((row, d_gates), idx) in
            d_logits.chunks_exact_mut(width).zip(d_gates.chunks_exact_mut(n_back)).zip(rows)
        {
            let weight = self.targets.weights[idx];
            if weight == 0.0 {
                row.fill(0.0);
                continue;
            }
            let suggested = &self.targets.suggested[idx * n_back..(idx + 1) * n_back];
            for (token, gate) in suggested.iter().zip(&gates[idx * n_back..]) {
                if let Some(logit) = row.get_mut(*token as usize) {
                    *logit += gate;
                }
            }
            let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let target = self.targets.tokens[idx] as usize;
            let logit = row[target];
            let mut sum = 0.0;
            exp_shifted(row, max, &mut sum);
            loss += f64::from(weight * (sum.ln() - (logit - max)));
            let scale = weight / (sum * total);
            for value in row.iter_mut() {
                *value *= scale;
            }
            row[target] -= weight / total;
            for (d, token) in d_gates.iter_mut().zip(suggested) {
                *d = row.get(*token as usize).copied().unwrap_or(0.0);
            }
        }
        Share { loss, d_logits, d_gates }
    }
}

impl CustomOp2 for CrossEntropy {
    fn name(&self) -> &'static str {
        "weighted-cross-entropy"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, width) = l1.shape().dims2()?;
        let (n_gates, n_back) = l2.shape().dims2()?;
        let targets = &self.targets;
        let fits = n == n_gates
            && targets.tokens.len() == n
            && targets.weights.len() == n
            && targets.divisor > 0.0
            && targets.suggested.len() == n * n_back
            && targets.tokens.iter().all(|token| (*token as usize) < width);
        if !fits {
            bail!("logits [{n}, {width}], gates [{n_gates}, {n_back}] and targets do not agree")
        }
        let (logits, gates) = (contiguous(s1, l1)?, contiguous(s2, l2)?);
        let total = targets.divisor;
        let computed: Vec<Share> = std::thread::scope(|scope| {
            let threads: Vec<_> = shares(n)
                .into_iter()
                .map(|rows| {
                    scope.spawn(move || self.run(rows, logits, gates, width, n_back, total))
                })
                .collect();
            threads.into_iter().map(join).collect()
        });
        let loss = computed.iter().map(|share| share.loss).sum::<f64>() / f64::from(total);
        let (mut d_logits, mut d_gates) =
            (Vec::with_capacity(n * width), Vec::with_capacity(n * n_back));
        for share in computed {
            d_logits.extend_from_slice(&share.d_logits);
            d_gates.extend_from_slice(&share.d_gates);
        }
        *self.gradient.lock().unwrap_or_else(PoisonError::into_inner) = Some((d_logits, d_gates));
        Ok((CpuStorage::F32(vec![loss as f32]), Shape::from(())))
    }

    fn bwd(
        &self,
        logits: &Tensor,
        gates: &Tensor,
        _loss: &Tensor,
        d_loss: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let kept = self.gradient.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((mut d_logits, mut d_gates)) = kept else {
            bail!("the gradient of a loss was asked for twice")
        };
        let scale = d_loss.to_scalar::<f32>()?;
        if (scale - 1.0).abs() > f32::EPSILON {
            d_logits.iter_mut().chain(&mut d_gates).for_each(|d| *d *= scale);
        }
        Ok((
            Some(Tensor::from_vec(d_logits, logits.shape(), logits.device())?),
            Some(Tensor::from_vec(d_gates, gates.shape(), gates.device())?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn loss_and_gradients_are_those_of_log_softmax() -> Result<()> {
        let (n, width, n_back) = (37, 23, 2);
        let random = |shape: (usize, usize)| {
            Var::from_tensor(&Tensor::randn(0f32, 1.0, shape, &Device::Cpu)?)
        };
        let (logits, gates) = (random((n, width))?, random((n, n_back))?);
        let targets = Targets {
            tokens: (0..n as u32).map(|i| i * 7 % 23).collect(),
            suggested: (0..2 * n as u32).map(|i| i * 5 % 29).collect(),
            weights: (0..n).map(|i| (i % 4) as f32).collect(),
            divisor: 40.0,
        };
        let mut hits = vec![0f32; n * n_back * width];
        for (idx, token) in targets.suggested.iter().enumerate() {
            if (*token as usize) < width {
                hits[idx * width + *token as usize] = 1.0;
            }
        }
        let hits = Tensor::from_vec(hits, (n, n_back, width), &Device::Cpu)?;
        let copied = gates.reshape((n, n_back, 1))?.broadcast_mul(&hits)?.sum(1)?;
        let log_p = candle_nn::ops::log_softmax(&(logits.as_tensor() + copied)?, 1)?;
        let of_target = log_p
            .gather(&Tensor::new(targets.tokens.as_slice(), &Device::Cpu)?.reshape((n, 1))?, 1)?;
        let weights = Tensor::new(targets.weights.as_slice(), &Device::Cpu)?.reshape((n, 1))?;
        let total = f64::from(targets.divisor);
        let theirs = ((of_target * weights)?.sum_all()? / -total)?;
        let ours = cross_entropy(&logits, &gates, targets)?;
        assert!((ours.to_scalar::<f32>()? - theirs.to_scalar::<f32>()?).abs() < 1e-5);
        let (a, b) = (ours.backward()?, theirs.backward()?);
        for var in [&logits, &gates] {
            let off = (a.get(var).expect("ours") - b.get(var).expect("theirs"))?;
            assert!(off.abs()?.max_all()?.to_scalar::<f32>()? < 1e-6);
        }
        Ok(())
    }
}
