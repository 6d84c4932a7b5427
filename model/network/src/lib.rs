//! The network: sequences of numbers, weights and a size go in, predictions come out.
//!
//! It knows no music, clock or chat; who has songs hands them over as [`batch::Sequence`]s.

pub mod batch;
pub mod engine;
pub mod infer;
pub(crate) mod kernels;
mod layout;
pub mod loss;
mod packed;
pub mod plain;
mod precision;
mod threads;
pub mod train;
pub mod unfinished;
mod weights;

pub use precision::Precision;
pub(crate) use weights::LayerState;
pub use weights::{Dropout, Interface, Network, Size, State};
