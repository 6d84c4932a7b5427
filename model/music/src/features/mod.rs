//! Which numbers describe a piece of music?
//!
//! One schema for all who measure music: the taste learns from some of its features, the genre
//! classifier from its own choice of them, and the roles of a file's parts from numbers that are
//! built of the same [`measures`]. Each [`Feature`] has a stable name, a unit, a sentence that says
//! what it is, and one function; those of a song are listed by [`of_songs`], family by family.
//! Consumers select features by name and get a [`Vector`]:
//!
//! ```
//! use music::features::Selection;
//! use music::song::Song;
//!
//! let selection = Selection::of(&["lead_notes_a_bar", "lead_pitch_mean"]).expect("known names");
//! let vector = selection.measure(&Song::new(150.0, 4, 8, []));
//! assert_eq!(vector.get("lead_notes_a_bar"), Some(0.0));
//! ```
//!
//! Every feature is finite for every song, also for one without notes. What is kept on disk carries
//! the names and [`VERSION`]: a feature may be added at any time, but one that changes its meaning
//! raises the version.

mod contour;
mod families;
mod harmony;
mod interval;
mod length;
mod loudness;
pub mod measures;
mod onset;
mod pitch;
mod repetition;
mod rhythm;
mod schema;
mod selection;
#[cfg(test)]
mod tests;
mod texture;
mod view;

pub use families::{named, of_songs};
pub use schema::{Feature, Measure, Unit, VERSION};
pub use selection::{Selection, UnknownFeature, Vector};
pub use view::{Line, View};
