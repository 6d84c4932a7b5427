//! How does a network learn where the engine does not run?
//!
//! On a GPU: forward and backward are candle's, and so are the steps of `AdamW`, which are those of the
//! engine's [`Learner`](crate::engine::Learner). Everything is `f32`.

use std::thread;

use candle_core::Tensor;

use super::device::PlainDevice;
use super::forward::loss;
use super::variables::{Variables, network, tensors};
use crate::batch::Window;
use crate::engine::{OptimizerOptions, OptimizerState, check};
use crate::kernels::adamw::BETA;
use crate::{Error, Network, State};

/// A network on a device that learns, with what `AdamW` (Loshchilov and Hutter 2019) remembers of each
/// parameter.
pub struct PlainLearner {
    weights: Variables,
    mean: Vec<Tensor>,
    square: Vec<Tensor>,
    n_updates: i32,
}

impl PlainLearner {
    /// A learner on the device that begins with the network's weights.
    ///
    /// # Errors
    /// When the device has no memory left.
    pub fn new(network: &Network, device: &PlainDevice) -> Result<Self, Error> {
        let weights = Variables::new(network, &device.0)?;
        let zeros =
            || weights.iter().map(Tensor::zeros_like).collect::<candle_core::Result<Vec<_>>>();
        let (mean, square) = (zeros()?, zeros()?);
        // Each thread has a stream of its own on a GPU; nothing may be under way when it changes.
        weights.device.synchronize()?;
        Ok(Self { weights, mean, square, n_updates: 0 })
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
    ) -> Result<f64, Error> {
        let size = self.weights.size;
        check(window, state, size)?;
        on_deep_thread(size.layers * window.time, || {
            let (loss, gradients) = self.differentiate(window, state, masks)?;
            self.update(&gradients, options)?;
            self.weights.device.synchronize()?;
            Ok(loss)
        })
    }

    /// The loss and its gradient for each parameter.
    pub(super) fn differentiate(
        &self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
    ) -> Result<(f64, Vec<Tensor>), Error> {
        let loss = loss(&self.weights, window, state, masks)?;
        let found = loss.backward()?;
        let gradient = |own: &Tensor| match found.get(own) {
            // Else it would keep the whole window's graph alive.
            Some(gradient) => Ok(gradient.detach()),
            None => own.zeros_like(),
        };
        let gradients = self.weights.iter().map(gradient).collect::<candle_core::Result<_>>()?;
        Ok((f64::from(loss.to_scalar::<f32>()?), gradients))
    }

    /// The loss and its gradient, in the network's own shapes.
    #[cfg(test)]
    pub(crate) fn gradient(
        &self,
        window: &Window,
        state: &mut State,
        masks: &[Vec<f32>],
    ) -> Result<(f64, Network), Error> {
        let (loss, gradients) = self.differentiate(window, state, masks)?;
        Ok((loss, network(self.weights.size, &gradients)?))
    }

    pub(super) fn update(
        &mut self,
        gradients: &[Tensor],
        options: OptimizerOptions,
    ) -> Result<(), Error> {
        let square_sum = |of: &Tensor| of.sqr()?.sum_all()?.to_scalar::<f32>().map(f64::from);
        let squares = gradients.iter().map(square_sum).sum::<candle_core::Result<f64>>()?;
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
            self.weights.named.iter().zip(gradients).zip(moments)
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

    /// The weights as they are now.
    ///
    /// # Errors
    /// When the device fails.
    pub fn network(&self) -> Result<Network, Error> {
        Ok(network(self.weights.size, self.weights.iter())?)
    }

    /// What a learner of the same network needs to resume from here.
    ///
    /// # Errors
    /// When the device fails.
    pub fn optimizer_state(&self) -> Result<OptimizerState, Error> {
        let size = self.weights.size;
        Ok(OptimizerState {
            weights: self.network()?,
            mean: network(size, &self.mean)?,
            square: network(size, &self.square)?,
            n_updates: self.n_updates,
        })
    }

    /// Resumes from there.
    ///
    /// # Errors
    /// When the state is of a network of another size, or the device fails.
    pub fn restore(&mut self, state: &OptimizerState) -> Result<(), Error> {
        let Variables { size, device, named } = &self.weights;
        let OptimizerState { weights, mean, square, n_updates } = state;
        if [weights, mean, square].iter().any(|network| network.size() != *size) {
            return Err(Error::OtherNetwork(*size));
        }
        (self.mean, self.square) = (tensors(mean, device)?, tensors(square, device)?);
        let mut pairs = named.iter().zip(tensors(weights, device)?);
        pairs.try_for_each(|((_, var), new)| var.set(&new))?;
        self.n_updates = *n_updates;
        Ok(device.synchronize()?)
    }
}

/// Does the work on a thread whose stack is deep enough for a graph of so many steps of a layer: candle
/// finds its way through a graph by recursion, and Rust frees it so.
fn on_deep_thread<R: Send>(
    n_steps: usize,
    work: impl FnOnce() -> Result<R, Error> + Send,
) -> Result<R, Error> {
    const BYTES: usize = 4 << 20;
    const BYTES_A_STEP: usize = 16 << 10;
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("plain".to_owned());
        let builder = builder.stack_size(BYTES + n_steps * BYTES_A_STEP);
        let thread = builder.spawn_scoped(scope, work).map_err(candle_core::Error::from)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
