//! Is this file taken into the library, and if not, what would have to change?
//!
//! A song needs a melody: enough notes and pitches in its lead, over enough bars. Files with only a
//! bass line or only rhythm are what people drop by mistake most. A verdict is a fact, not an error;
//! roles are decided before, in [`crate::parts`].
//!
//! A new rule is a function in `rules`, with its [`Reason`] and, where people may want to set it, its
//! [`Requirements`].

mod reason;
mod requirements;
mod rules;
#[cfg(test)]
mod tests;

pub use reason::{Reason, Verdict};
pub use requirements::Requirements;
pub use rules::judge;
