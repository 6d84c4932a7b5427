//! Why is there no trained network?

use crate::error::Error;
use crate::plain::NoGpu;

/// Why there is no trained network.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// No sequence has any weight.
    #[error("there is nothing to learn from")]
    NothingToLearn,
    /// The callback said [`End::Abandon`](super::End::Abandon).
    #[error("training was stopped before it had a result")]
    Abandoned,
    /// The loss is not finite any more.
    #[error("training diverged in epoch {epoch}: lower learning_rate")]
    Diverged {
        /// Counted from 1.
        epoch: usize,
    },
    /// A GPU is demanded, and there is none.
    #[error("{0}; see to it, or set device = \"auto\" in [training]")]
    NoGpu(#[from] NoGpu),
    /// The network cannot learn so.
    #[error(transparent)]
    Network(#[from] Error),
}
