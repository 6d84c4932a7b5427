//! What does this community like, and what follows from it?
//!
//! From votes to every decision, as pure functions without a clock, a store or randomness. The votes
//! on a track make its [`TrackScore`]; a ridge regression over musical features, the [`Taste`], carries
//! the scores over to songs that nobody has voted on; both become weights in training
//! ([`song_weight`], [`track_weight`]) and, where several samples were drawn for a track, the
//! choice among them ([`choose`]). Without votes every song weighs 1 and every reward is 0.
//!
//! Begin with [`measure`], which turns a song into numbers:
//!
//! ```
//! use music::score::Pitch;
//! use music::song::{GridNote, Song, Voice};
//! use taste::{Statistics, Taste, measure, song_weight, track_score};
//!
//! let song = |n_notes: u32| {
//!     let pitch = Pitch::new(60).expect("a pitch");
//!     let note = |i| GridNote::new(i * 6, Voice::Lead, pitch, 6);
//!     measure(&Song::new(150.0, 4, 8, (0..n_notes).map(note)))
//! };
//! let library: Vec<_> = [8, 16, 64, 120].map(song).into();
//!
//! // Two listeners like a busy track.
//! let liked = track_score([("ann", 2.0), ("bob", 1.0)]);
//! let taste = Taste::fit(&Statistics::of(&library), &[(song(110), liked.value)]);
//!
//! // Busy songs now weigh more in training than sparse ones.
//! let weight = |song| song_weight(taste.reward(song), 1.5);
//! assert!(weight(&library[3]) > 1.0 && weight(&library[0]) < 1.0);
//! ```

mod choice;
mod features;
mod regression;
mod settings;
mod statistics;
mod track_score;
mod weights;

pub use choice::{Chosen, Merit, Rule, choose};
pub use features::{FEATURES, measure};
pub use regression::Taste;
pub use settings::Settings;
pub use statistics::{Statistics, deserialize_if_current};
pub use track_score::{TrackScore, track_score};
pub use weights::{MAX_OWN_SHARE, own_track_factor, song_weight, track_weight};
