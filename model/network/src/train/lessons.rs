//! What is there to learn from?

use rand_chacha::ChaCha8Rng;

use super::Hyperparameters;
use crate::batch::Sequence;

/// Something to learn from.
pub trait Lessons {
    /// The sequences of one epoch in the order in which they are read, varied as `settings` and `rng`
    /// say.
    fn epoch(&self, settings: &Hyperparameters, rng: &mut ChaCha8Rng) -> Vec<Sequence>;

    /// The sequences that the loss is measured on; not empty if there is anything to learn from.
    fn held_out(&self) -> Vec<Sequence>;
}
