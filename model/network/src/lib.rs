//! An LSTM that learns sequences of numbers, and predicts how they continue.
//!
//! Sequences, weights and a size go in, predictions come out: no music, no clock, no chat. Begin with
//! [`train::train`], which reads [`batch::Sequence`]s from whatever implements [`train::Lessons`], and
//! continue with [`infer::Predictor`], which predicts token by token.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use network::Interface;
//! use network::batch::Sequence;
//! use network::infer::Predictor;
//! use network::train::{Hyperparameters, Lessons, Start, train};
//! use rand_chacha::ChaCha8Rng;
//!
//! /// Counts up to ten, over and over, from any number on.
//! struct Counting;
//!
//! fn counting(from: u32) -> Sequence {
//!     let tokens = (from..from + 40).map(|n| n % 10).collect();
//!     Sequence { tokens, weight: 1.0, ..Sequence::default() }
//! }
//!
//! impl Lessons for Counting {
//!     fn epoch(&self, _: &mut ChaCha8Rng) -> Vec<Sequence> {
//!         (0..9).map(counting).collect()
//!     }
//!
//!     fn held_out(&self) -> Vec<Sequence> {
//!         vec![counting(9)]
//!     }
//! }
//!
//! let settings = Hyperparameters {
//!     layers: 1,
//!     hidden: 16,
//!     embedding: 8,
//!     dropout: 0.0,
//!     learning_rate: 0.02,
//!     epochs: 60,
//!     ..Hyperparameters::default()
//! };
//! let size = settings.size(Interface { vocabulary: 10, lookbacks: 0, labels: 0 });
//! let trained = train(&Counting, &settings, size, Start::Fresh, |_, _| ControlFlow::Continue(0.0))?;
//! assert!(trained.best.valid_nll < trained.start_nll);
//!
//! let predictor = Predictor::new(&trained.network)?;
//! let mut stream = predictor.stream(&[0]);
//! let mut token = 3;
//! for expected in [4, 5, 6, 7, 8, 9, 0] {
//!     let logits = predictor.step(&mut stream, token, &[]);
//!     let likeliest = (0..10).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
//!     token = likeliest.expect("ten tokens") as u32;
//!     assert_eq!(token, expected);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A run can be kept and resumed ([`unfinished`]); the weights are a [`Network`], which is written and
//! read as safetensors.

pub mod batch;
pub mod engine;
mod error;
pub mod infer;
mod kernels;
mod layout;
pub mod loss;
mod packed;
pub mod plain;
mod precision;
mod tensors;
mod threads;
pub mod train;
pub mod unfinished;
mod weights;

pub use error::Error;
pub use precision::Precision;
pub(crate) use weights::LayerState;
pub use weights::{Dropout, Interface, Network, Parameter, Size, State};
