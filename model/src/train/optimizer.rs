//! How do gradients become steps?
//!
//! `AdamW` (Loshchilov and Hutter 2019), the gradient's norm clipped (Pascanu et al. 2013), the rate
//! rising linearly and then falling along a cosine. Fused in place: candle's own makes a dozen
//! tensors a parameter.

use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, bail};

use super::Hyperparameters;
use crate::network::Network;
use crate::network::kernels::{Step, adamw};
use crate::network::lstm::contiguous;

/// What `AdamW` remembers of every parameter.
pub(super) struct Optimizer {
    moments: Vec<RefCell<(Vec<f32>, Vec<f32>)>>,
    n_steps: i32,
}

struct Update<'a> {
    moments: &'a RefCell<(Vec<f32>, Vec<f32>)>,
    step: Step,
}

impl Optimizer {
    pub(super) fn new(network: &Network) -> Self {
        let zero = |n| RefCell::new((vec![0.0; n], vec![0.0; n]));
        let moments = network.parameters().iter().map(|(_, var)| zero(var.elem_count())).collect();
        Self { moments, n_steps: 0 }
    }

    /// Moves every weight a step against its gradient; a gradient that is not finite moves nothing.
    pub(super) fn step(
        &mut self,
        network: &Network,
        gradients: &GradStore,
        rate: f64,
        settings: &Hyperparameters,
    ) -> Result<()> {
        let mut square = 0.0f64;
        for (_, var) in network.parameters() {
            if let Some(gradient) = gradients.get(var) {
                square += f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?);
            }
        }
        let norm = square.sqrt();
        if !norm.is_finite() {
            return Ok(());
        }
        self.n_steps += 1;
        let scale = (settings.clip / norm.max(settings.clip)) as f32;
        let correction = |beta: f64| (1.0 / (1.0 - beta.powi(self.n_steps))) as f32;
        for ((name, var), moments) in network.parameters().iter().zip(&self.moments) {
            let Some(gradient) = gradients.get(var) else { continue };
            let is_bias = name.rsplit('.').next() == Some("bias");
            let step = Step {
                rate: rate as f32,
                scale,
                decay: if is_bias { 0.0 } else { (rate * settings.weight_decay) as f32 },
                corrections: (correction(0.9), correction(0.99)),
            };
            var.inplace_op2(&gradient.contiguous()?, &Update { moments, step })?;
        }
        Ok(())
    }
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        s1: &mut CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<()> {
        let gradient = contiguous(s2, l2)?;
        let (CpuStorage::F32(values), Some((from, to))) = (s1, l1.contiguous_offsets()) else {
            bail!("a parameter must be dense and f32")
        };
        let (mean, square) = &mut *self.moments.borrow_mut();
        let parameter = &mut values[from..to];
        adamw(parameter, gradient, mean, square, &self.step);
        Ok(())
    }
}

/// The learning rate at step `step` of `n_steps`: up to its peak over the warm-up, then down along
/// half a cosine to a twentieth of it.
pub(super) fn rate_at(step: usize, n_steps: usize, settings: &Hyperparameters) -> f64 {
    let n_warm = (settings.warmup * n_steps as f64).ceil();
    let step = step as f64;
    let factor = if step < n_warm {
        (step + 1.0) / n_warm
    } else {
        let share = (step - n_warm) / (n_steps as f64 - n_warm).max(1.0);
        0.05 + 0.95 * 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos())
    };
    settings.learning_rate * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls() {
        let settings = Hyperparameters { warmup: 0.1, ..Hyperparameters::default() };
        let rates: Vec<f64> = (0..100).map(|step| rate_at(step, 100, &settings)).collect();
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert!((rates[9] - settings.learning_rate).abs() < 1e-12);
        assert!(rates[99] < settings.learning_rate * 0.06);
    }
}
