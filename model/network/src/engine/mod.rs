//! How is the network run over windows, and how does it learn?
//!
//! Everything that [`Network`](crate::Network) says, forward and backward, in one piece: the lanes of a
//! batch are divided among the cores, and each goes with its `shard` through the whole window by
//! itself, on one thread, in buffers that are used again. The shards meet three times a step: when
//! gradients are added up, when their norm is known, and when the weights have moved.
//!
//! What it computes is written down plainly in `plain`, against which it is tested.

mod check;
mod dense;
mod forward;
mod layer;
mod learner;
mod optimizer;
#[cfg(test)]
mod reference;
mod shard;
#[cfg(test)]
pub(super) mod tests;

pub(crate) use check::check;
pub use forward::Engine;
pub use learner::Learner;
pub use optimizer::{OptimizerOptions, OptimizerState};
