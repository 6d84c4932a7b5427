//! What is there to learn from?

use rand_chacha::ChaCha8Rng;

use crate::batch::Sequence;

/// Something to learn from: sequences that may differ from epoch to epoch, and some that are held out.
pub trait Lessons {
    /// The sequences of one epoch in the order in which they are read, varied as `rng` says: the same
    /// state of `rng` gives the same epoch.
    fn epoch(&self, rng: &mut ChaCha8Rng) -> Vec<Sequence>;

    /// The sequences that the loss is measured on; not empty if there is anything to learn from.
    fn held_out(&self) -> Vec<Sequence>;
}
