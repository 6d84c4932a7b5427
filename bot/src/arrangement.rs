//! What is an arranged track: which notes, in which parts, in which sections?
//!
//! The [`Score`] is what the MIDI file says; beside it stands what each of its parts is for and where
//! the sections lie, which a file does not say and which sound and picture need.

use music::score::{Part, Score};

use crate::part::PartKind;
use crate::section::Section;

/// A score with the kind of each of its parts, and the form.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrangement {
    score: Score,
    /// Of each part of the score, in its order.
    kinds: Vec<PartKind>,
    sections: Vec<Section>,
}

impl Arrangement {
    /// Puts `parts` into `frame`, a score that has none yet; parts without notes are left out.
    ///
    /// `sections` lie in the track in their order, or there is none.
    pub(crate) fn new(
        frame: Score,
        parts: impl IntoIterator<Item = (PartKind, Part)>,
        sections: Vec<Section>,
    ) -> Self {
        let heard = parts.into_iter().filter(|(_, part)| !part.notes.is_empty());
        let (kinds, parts) = heard.unzip();
        Self { score: Score { parts, ..frame }, kinds, sections }
    }

    /// What the MIDI file says.
    pub fn score(&self) -> &Score {
        &self.score
    }

    /// The parts in the order of the file's tracks, each with what it is; none is without notes.
    pub(crate) fn parts(&self) -> impl ExactSizeIterator<Item = (PartKind, &Part)> {
        self.kinds.iter().copied().zip(&self.score.parts)
    }

    /// What each part is, in the order of the file's tracks.
    pub(crate) fn kinds(&self) -> &[PartKind] {
        &self.kinds
    }

    /// The part of a kind, if it has notes.
    pub(crate) fn part(&self, kind: PartKind) -> Option<&Part> {
        self.parts().find(|(of, _)| *of == kind).map(|(_, part)| part)
    }

    /// The sections in order; they cover all bars, or there is none.
    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }
}
