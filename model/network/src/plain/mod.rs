//! What does the network compute, written plainly?
//!
//! With candle's own operations, whose gradients are candle's, on any of its devices. The
//! [`engine`](super::engine) is held against it in tests, and [`PlainLearner`] learns with it on a GPU. On a
//! processor it is several times slower than the engine: it makes some thirty tensors a step. No tensor
//! leaves this module.

mod device;
mod forward;
mod learner;
#[cfg(test)]
mod tests;
mod variables;

pub use device::{NoGpu, PlainDevice};
pub use learner::PlainLearner;
