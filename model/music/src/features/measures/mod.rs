//! What is counted in music, whatever its notes come from?
//!
//! Each measurement that several features or several crates make lives here once, on plain numbers:
//! the notes of a song lie on its grid, those of a file on its ticks.

mod classes;
mod intervals;
mod numbers;
mod recurrence;

pub use classes::{PitchClasses, n_pitch_classes};
pub use intervals::Intervals;
pub use numbers::{distribution, entropy_bits, mean, share, spread};
pub use recurrence::n_repeated;
