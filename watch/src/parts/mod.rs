//! What is each part of a score there for, and which of its notes are bass, chords and lead?
//!
//! [`decide`] gives each part alone a role: by hard facts, by the numbers of [`features`] weighed by
//! a learned [`MODEL`], and by what its name and program hint at. [`classify`] then weighs the parts
//! against each other and gives each note its voice. Whether the song is good enough is
//! [`crate::filter`]'s question.

mod classified;
mod decide;
mod ensemble;
pub mod features;
mod hints;
mod learned;
mod model;
mod role;
mod shape;
#[cfg(test)]
mod tests;
mod voices;

pub use classified::ClassifiedPart;
pub(crate) use classified::voiced;
pub use decide::{Decision, decide, decide_measured};
pub use ensemble::{classify, classify_as};
pub use learned::MODEL;
pub use model::Model;
pub use role::Role;
