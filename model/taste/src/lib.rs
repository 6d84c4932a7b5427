//! What does this community like, and what follows from it?
//!
//! From votes to every decision, as pure functions without a clock or a store; randomness is handed in.
//! Votes become [`Ballots`], and these a [`Posterior`], which says how probably any song is liked and
//! how surely that is known: it weighs songs in training ([`song_weights`]), and by its
//! [`Draw`]s candidates are chosen ([`choose`], [`Variety`]). Whether it tells the truth is asked by
//! [`one_step_ahead`], whether it is of use by [`difference`].
//!
//! Beside it stands what it replaces. The votes
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

mod ballots;
mod calibration;
mod choice;
mod comparison;
mod distance;
mod features;
mod influence;
mod matrix;
mod posterior;
mod regression;
mod settings;
mod song_weights;
mod statistics;
mod track_score;
mod variety;
mod weights;
mod words;

pub use ballots::{Ballots, HALF_LIFE_DAYS, Vote};
pub use calibration::{Bin, Prediction, expected_error, one_step_ahead, reliability};
pub use choice::{Chosen, Merit, Rule, choose};
pub use comparison::{Arm, Interval, bootstrap, difference, wilson};
pub use features::{FEATURES, measure};
pub use posterior::{Draw, Posterior, Strength};
pub use regression::Taste;
pub use settings::Settings;
pub use song_weights::song_weights;
pub use statistics::{Statistics, deserialize_if_current};
pub use track_score::{TrackScore, track_score};
pub use variety::Variety;
pub use weights::{MAX_OWN_SHARE, own_track_factor, song_weight, track_weight};
pub use words::{WORDS, Words, words_of};
