//! What is set about a step of the optimiser, and what does it remember?

use crate::Network;

/// How weights are moved in a step.
#[derive(Clone, Copy, Debug)]
pub struct OptimizerOptions {
    /// Step size.
    pub learning_rate: f64,
    /// Longest gradient (L2 norm) that is followed in full; longer ones are scaled down to it.
    pub clip: f64,
    /// How strongly weights, but not biases, are drawn to zero.
    pub weight_decay: f64,
}

/// Weights and the moments of `AdamW` (Loshchilov and Hutter 2019), in the network's own shapes: what a
/// learner needs to resume exactly where another was.
pub struct OptimizerState {
    /// The weights.
    pub weights: Network,
    /// Running means of their gradients.
    pub mean: Network,
    /// Running means of their gradients' squares.
    pub square: Network,
    /// Steps made.
    pub n_updates: i32,
}
