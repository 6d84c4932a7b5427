//! How is the next token predicted, one at a time?
//!
//! The same weights as in training, laid out for a few streams on one thread; no tensors, no
//! allocation a token. The first layer's input product is folded into the embedding table, and the
//! rest is multiplied in the smallest [`Precision`](crate::precision::Precision) that the processor is
//! good at: one stream waits for its weights to come from memory. Streams on other threads share the
//! predictor.

mod float;
mod int8;
mod predictor;
mod stream;
#[cfg(test)]
mod tests;

pub use predictor::Predictor;
pub use stream::Stream;
