//! What does this community like, and what follows from it?
//!
//! From votes to every decision, as pure functions without a clock or a store; randomness is handed in.
//! Votes become [`Ballots`], and these a [`Posterior`], which says how probably any song is liked and
//! how surely that is known: it weighs songs in training ([`song_weights`]), and candidates are chosen
//! by it ([`choose`], [`Variety`]), drawn more or less boldly ([`Boldness`]). Whether it tells the truth is asked by
//! [`one_step_ahead`], whether it is of use by [`difference`].
//!
//! The votes on a track also make its [`TrackScore`], the number that people are shown, and its
//! [`track_weight`] in training.
//!
//! Begin with [`measure`], which turns a song into numbers:
//!
//! ```
//! use music::score::Pitch;
//! use music::song::{GridNote, Song, Voice};
//! use taste::{Ballots, HALF_LIFE_DAYS, Posterior, Statistics, Vote, measure, song_weights};
//!
//! let song = |n_notes: u32| {
//!     let pitch = Pitch::new(60).expect("a pitch");
//!     let note = |i| GridNote::new(i * 96 * 8 / n_notes, Voice::Lead, pitch, 6);
//!     measure(&Song::new(150.0, 4, 8, (0..n_notes).map(note)))
//! };
//! let library: Vec<_> = (8..72).map(song).collect();
//!
//! // Two listeners like busy tracks, and no others.
//! let tracks: Vec<_> = (0..40).map(|i| song(10 + i)).collect();
//! let vote = |ordinal: u64| {
//!     let track = ordinal as usize / 2;
//!     let listener = if ordinal % 2 == 0 { "ann" } else { "bob" };
//!     let value = if track > 20 { 2.0 } else { -1.0 };
//!     let (community, genre, weight, age_days) = (None, "hardstyle", 1.0, 0.0);
//!     Vote { track, listener, community, genre, value, weight, age_days, ordinal }
//! };
//! let votes: Vec<_> = (0..80).map(vote).collect();
//! let ballots = Ballots::of(tracks, &votes, HALF_LIFE_DAYS);
//! let posterior = Posterior::fit(&Statistics::of(&library), &ballots, "hardstyle", None);
//! assert!(posterior.probability(&song(60)) > 0.5 && posterior.probability(&song(12)) < 0.5);
//!
//! // Busy songs now weigh more in training than sparse ones.
//! let weights = song_weights(&posterior, &library, 1.0);
//! assert!(weights[63] > 1.0 && weights[0] < 1.0);
//! ```

mod ballots;
mod boldness;
mod calibration;
mod choice;
mod comparison;
mod distance;
mod features;
mod influence;
mod matrix;
mod posterior;
mod settings;
mod song_weights;
mod statistics;
mod track_score;
mod variety;
mod weights;
mod words;

pub use ballots::{Ballots, HALF_LIFE_DAYS, Liked, Vote};
pub use boldness::Boldness;
pub use calibration::{Bin, Prediction, expected_error, one_step_ahead, reliability};
pub use choice::{Chosen, Merit, Rule, choose};
pub use comparison::{Arm, Interval, bootstrap, difference, wilson};
pub use features::{FEATURES, measure};
pub use posterior::{Contribution, Grounds, Posterior, Share, Strength};
pub use settings::Settings;
pub use song_weights::song_weights;
pub use statistics::{Statistics, deserialize_if_current};
pub use track_score::{TrackScore, track_score};
pub use variety::{N_POSTS, Variety};
pub use weights::{MAX_TRACK_SHARE, track_factor, track_weight};
pub use words::{WORDS, Words, words_of};
