//! Which songs are there?
//!
//! The sketches of the starter songs, in the order of their numbers, a file for each family.

use crate::sketch::Sketch;

mod anthems;
mod runs;
mod screeches;
mod swung;

/// All sketches; the first is song 1.
pub(crate) fn all() -> impl Iterator<Item = &'static Sketch> {
    let families =
        [&anthems::SKETCHES[..], &swung::SKETCHES, &runs::SKETCHES, &screeches::SKETCHES];
    families.into_iter().flatten()
}
