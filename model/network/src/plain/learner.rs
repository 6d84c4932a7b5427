//! How does a network learn where the engine does not run?
//!
//! On a GPU: forward and backward are candle's, and so are the steps of `AdamW`, which are those of the
//! engine's [`Learner`](crate::engine::Learner). Everything is `f32`.

use std::thread;

use candle_core::{Device, Result, Tensor, bail};

use super::forward::loss;
use crate::batch::Window;
use crate::engine::{OptimizerOptions, OptimizerState, check};
use crate::kernels::adamw::BETA;
use crate::{Network, State};

/// A network on a device of candle's that learns, with what `AdamW` (Loshchilov and Hutter 2019)
/// remembers of each parameter.
pub struct PlainLearner {
    network: Network,
    mean: Vec<Tensor>,
    square: Vec<Tensor>,
    n_updates: i32,
}

impl PlainLearner {
    /// A learner on the device that begins with the network's weights.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn new(network: &Network, device: &Device) -> Result<Self> {
        let network = network.on(device)?;
        let zeros = || -> Result<Vec<Tensor>> {
            network.parameters().iter().map(|(_, var)| var.zeros_like()).collect()
        };
        let (mean, square) = (zeros()?, zeros()?);
        // Each thread has a stream of its own on a GPU; nothing may be under way when it changes.
        device.synchronize()?;
        Ok(Self { network, mean, square, n_updates: 0 })
    }

    /// Learns from a window, as the engine's learner does. A gradient that is not finite moves nothing.
    ///
    /// # Errors
    /// When the window does not fit the network, or the device fails.
    pub fn learn(
        &mut self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
        options: OptimizerOptions,
    ) -> Result<f64> {
        let size = self.network.size();
        check(window, state, size)?;
        on_deep_thread(size.layers * window.time, || {
            let (loss, gradients) = self.differentiate(window, state, masks)?;
            self.update(&gradients, options)?;
            self.network.device().synchronize()?;
            Ok(loss)
        })
    }

    /// The loss and its gradient for each parameter.
    pub(crate) fn differentiate(
        &self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
    ) -> Result<(f64, Vec<Tensor>)> {
        let loss = loss(&self.network, window, state, masks)?;
        let found = loss.backward()?;
        let gradient = |(_, var): &(String, candle_core::Var)| match found.get(var) {
            // Else it would keep the whole window's graph alive.
            Some(gradient) => Ok(gradient.detach()),
            None => var.zeros_like(),
        };
        let gradients = self.network.parameters().iter().map(gradient).collect::<Result<_>>()?;
        Ok((f64::from(loss.to_scalar::<f32>()?), gradients))
    }

    pub(super) fn update(&mut self, gradients: &[Tensor], options: OptimizerOptions) -> Result<()> {
        let square_sum = |of: &Tensor| of.sqr()?.sum_all()?.to_scalar::<f32>().map(f64::from);
        let squares = gradients.iter().map(square_sum).sum::<Result<f64>>()?;
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Ok(());
        }
        self.n_updates += 1;
        let beta = (f64::from(BETA.0), f64::from(BETA.1));
        let correction = |beta: f64| 1.0 / (1.0 - beta.powi(self.n_updates));
        let corrections = (correction(beta.0), correction(beta.1));
        let scale = options.clip / norm.max(options.clip);
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for (((name, var), gradient), (mean, square)) in
            self.network.parameters().iter().zip(gradients).zip(moments)
        {
            let gradient = (gradient * scale)?;
            *mean = ((&*mean * beta.0)? + (&gradient * (1.0 - beta.0))?)?;
            *square = ((&*square * beta.1)? + (gradient.sqr()? * (1.0 - beta.1))?)?;
            let spread = ((&*square * corrections.1)?.sqrt()? + 1e-8)?;
            let direction = ((&*mean * corrections.0)? / spread)?;
            let decay = if name.ends_with("bias") {
                0.0
            } else {
                options.learning_rate * options.weight_decay
            };
            let weights = var.as_detached_tensor();
            var.set(&(&weights - ((direction * options.learning_rate)? + (&weights * decay)?)?)?)?;
        }
        Ok(())
    }

    /// Writes the weights to `network`, of the size that the learner began with.
    ///
    /// # Errors
    /// When candle cannot write them.
    pub fn write_to(&self, network: &Network) -> Result<()> {
        copy(&self.network, network)
    }

    /// What a learner of the same network needs to resume from here.
    ///
    /// # Errors
    /// When candle cannot allocate.
    pub fn optimizer_state(&self) -> Result<OptimizerState> {
        let kept = |moments: &[Tensor]| self.network.with(moments.to_vec())?.on(&Device::Cpu);
        Ok(OptimizerState {
            weights: self.network.on(&Device::Cpu)?,
            mean: kept(&self.mean)?,
            square: kept(&self.square)?,
            n_updates: self.n_updates,
        })
    }

    /// Resumes from there.
    ///
    /// # Errors
    /// When the state is of a network of another size.
    pub fn restore(&mut self, state: &OptimizerState) -> Result<()> {
        let (size, device) = (self.network.size(), self.network.device().clone());
        let OptimizerState { weights, mean, square, n_updates } = state;
        if [weights, mean, square].iter().any(|network| network.size() != size) {
            bail!("the optimiser's state is of another network than {size:?}")
        }
        let moments = |of: &Network| -> Result<Vec<Tensor>> {
            let copies = of.on(&device)?;
            Ok(copies.parameters().iter().map(|(_, var)| var.as_detached_tensor()).collect())
        };
        (self.mean, self.square) = (moments(mean)?, moments(square)?);
        copy(weights, &self.network)?;
        self.n_updates = *n_updates;
        device.synchronize()
    }
}

/// Writes one's parameters over the other's, wherever they lie.
fn copy(from: &Network, to: &Network) -> Result<()> {
    let mut pairs = from.parameters().iter().zip(to.parameters());
    pairs.try_for_each(|((_, from), (_, to))| to.set(&from.to_device(to.device())?))
}

/// Does the work on a thread whose stack is deep enough for a graph of so many steps of a layer: candle
/// finds its way through a graph by recursion, and Rust frees it so.
fn on_deep_thread<R: Send>(n_steps: usize, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    const BYTES: usize = 4 << 20;
    const BYTES_A_STEP: usize = 16 << 10;
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("plain".to_owned());
        let builder = builder.stack_size(BYTES + n_steps * BYTES_A_STEP);
        let thread = builder.spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
