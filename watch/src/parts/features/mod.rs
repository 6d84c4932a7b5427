//! Which numbers about a part tell its role?
//!
//! All come from notes: its own, and how they lie to those of the other parts. Names, programs and
//! channels are not part of them, so that what is learned from them can't lean on words. The numbers
//! are [features](music::features) of a part, by the names of [`NAMES`]; what they mean for the role
//! is [`crate::parts::decide`]'s question.

mod bars;
mod line;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod view;

use music::score::Score;

pub use table::{Features, N_FEATURES, NAMES};

use view::View;

/// Measures each part of `score`, in order.
pub fn measure(score: &Score) -> Vec<Features> {
    View::all(score).iter().map(|view| view.as_ref().map_or([0.0; N_FEATURES], table::of)).collect()
}
