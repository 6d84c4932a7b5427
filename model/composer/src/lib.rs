//! Where music meets the network: songs become something to learn from, weights become a version, and
//! predictions become new songs.
//!
//! Begin with [`corpus`], which splits songs into those learned from and those held out;
//! [`lessons::SongLessons`] hands them to [`network::train::train`]; [`sample::sample`] draws a new song
//! from what was learned; [`version`] keeps it.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use composer::INTERFACE;
//! use composer::corpus::{Corpus, Piece};
//! use composer::lessons::SongLessons;
//! use composer::sample::{Asked, SongSpec, sample};
//! use music::dynamic::Dynamic;
//! use music::key::{Key, Mode};
//! use music::score::Pitch;
//! use music::song::{GridNote, Song, Voice};
//! use music::tokens::Polyphony;
//! use network::infer::Predictor;
//! use network::train::{Hyperparameters, Start, train};
//!
//! // Four bars of a lead that rises, from one pitch or another.
//! let song = |lowest: u8| {
//!     let notes = (0..16).map(|beat| {
//!         let pitch = Pitch::new(lowest + beat % 8).expect("a pitch");
//!         GridNote::new(u32::from(beat) * 24, Voice::Lead, pitch, 12)
//!     });
//!     Song::new(150.0, 4, 4, notes)
//! };
//! let pieces = (50..60).map(|lowest| {
//!     let name = format!("tune {lowest}");
//!     Piece::new(name.clone(), name, &song(lowest))
//! });
//! let corpus = Corpus::split(pieces.collect(), 0.2);
//!
//! let settings = Hyperparameters {
//!     layers: 1,
//!     hidden: 16,
//!     embedding: 8,
//!     epochs: 3,
//!     ..Hyperparameters::default()
//! };
//! let lessons = SongLessons { corpus: &corpus, transpose: 2 };
//! let size = settings.size(INTERFACE);
//! let trained = train(&lessons, &settings, size, Start::Fresh, |_, _| ControlFlow::Continue(0.0))?;
//!
//! let spec = SongSpec {
//!     seed: 7,
//!     n_bars: 4,
//!     tempo_bpm: 150.0,
//!     beats_per_bar: 4,
//!     key: Key::new(9, Mode::Minor),
//!     in_scale: 0.9,
//!     notes_per_bar: 4.0,
//!     register: None,
//!     asked: Asked::default(),
//!     polyphony: Polyphony::ANY,
//!     dynamics: [Dynamic::USUAL; 3],
//!     temperature: 1.0,
//!     top_p: 0.98,
//!     label: 0,
//!     primer: None,
//! };
//! let new = sample(&Predictor::new(&trained.network)?, &spec)?;
//! assert_eq!((new.n_bars(), new.tempo_bpm()), (4, 150.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod conditions;
pub mod corpus;
pub mod lessons;
pub mod memorisation;
pub mod ngram;
pub mod sample;
pub mod settings;
pub mod version;

use music::tokens::{LOOKBACKS, VOCABULARY};
use network::Interface;

/// What a network of songs reads and predicts.
pub const INTERFACE: Interface =
    Interface { vocabulary: VOCABULARY, lookbacks: LOOKBACKS.len(), labels: conditions::LABELS };
