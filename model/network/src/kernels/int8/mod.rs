//! How are products made with a quarter of the memory, or an eighth?
//!
//! For sampling one token at a time, which waits for weights to come from memory. Weights w are kept
//! in 8 bits, scaled by column, activations x between −1 and 1 in steps of 1/127:
//!
//! ```text
//! w₈[k,j] = round(w[k,j] / s[j]),  s[j] = maxₖ |w[k,j]| / 127
//! x₈[k] = round(127 · x[k])
//! (x · w)[j] ≈ s[j] / 127 · Σₖ x₈[k] · w₈[k,j]
//! ```
//!
//! The sums are exact, in 32 bits. There is no gradient.

mod matrix;
mod product;
mod step;
mod sums;
#[cfg(test)]
mod tests;

pub(crate) use matrix::{Int8Matrix, Weights};
pub(crate) use product::Int8Product;
pub(crate) use step::Int8Step;
