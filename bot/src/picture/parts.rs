//! Which parts does the picture show, and in which order?

use music::score::Part;

use super::colour::Colour;
use crate::arrangement::Arrangement;
use crate::part::PartKind;

/// A part as the picture shows it.
pub(crate) struct Shown<'a> {
    pub(crate) kind: PartKind,
    pub(crate) part: &'a Part,
}

/// The parts of an arrangement as the picture shows them.
pub(crate) struct Parts<'a> {
    /// Parts of the roll, the one to draw last at the end.
    pub(crate) melodic: Vec<Shown<'a>>,
    /// Drum parts from the top lane down.
    pub(crate) drums: Vec<Shown<'a>>,
}

impl Shown<'_> {
    pub(crate) fn colour(&self) -> Colour {
        Colour::rgb(self.kind.rgb())
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn new(arrangement: &'a Arrangement) -> Self {
        // A riser is noise without a pitch: it has no place in the roll.
        let parts = arrangement.parts().filter(|(kind, _)| *kind != PartKind::Riser);
        let mut shown: Vec<_> = parts.map(|(kind, part)| Shown { kind, part }).collect();
        shown.sort_by_key(|shown| shown.kind.layer());
        let (drums, melodic) = shown.into_iter().partition(|shown| shown.kind.is_drum());
        Self { melodic, drums }
    }

    /// Names and colours for the legend, the most important first.
    pub(crate) fn legend(&self, with_drums: bool) -> Vec<(&'static str, Colour)> {
        let drums = self.drums.iter().rev().filter(|_| with_drums);
        let shown = self.melodic.iter().rev().chain(drums);
        shown.map(|shown| (shown.kind.name(), shown.colour())).collect()
    }
}
