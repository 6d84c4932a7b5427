//! What can go wrong with a network?

use crate::precision::Precision;
use crate::weights::Size;

/// Why a network does not learn, predict or get read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A window holds ids that the network does not know, or it or its state is of another shape.
    #[error("a window of {time} x {batch} steps does not fit the network {size:?}")]
    Window {
        /// Steps of the window.
        time: usize,
        /// Its lanes.
        batch: usize,
        /// The network's size.
        size: Size,
    },
    /// The state of an optimiser is of another network.
    #[error("the optimiser's state is of another network than {0:?}")]
    OtherNetwork(Size),
    /// A weight is infinite or not a number.
    #[error("a weight of the network is not finite: go back to another version, or train anew")]
    NotFinite,
    /// Networks are only sampled with in this precision.
    #[error("networks learn in f32 or bf16, not in {0:?}")]
    NotForTraining(Precision),
    /// Networks only learn in this precision.
    #[error("networks sample in f32, int8 or int4, not in {0:?}")]
    NotForSampling(Precision),
    /// Weights are missing, damaged or of the wrong shape.
    #[error("the weights are not those of a network: {0}")]
    Weights(String),
    /// The tensor library failed, such as on a GPU without enough memory.
    #[error(
        "the tensor library failed: {0}; on a GPU, give it more free memory or train with device = \"cpu\""
    )]
    Tensors(Box<dyn std::error::Error + Send + Sync>),
}
