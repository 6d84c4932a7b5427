//! What is known of a part once it is classified?

use music::score::{Note, Score};
use music::song::Voice;

use super::role::Role;

/// A part and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassifiedPart {
    /// Its name in the file, or empty.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// How many notes it has.
    pub n_notes: usize,
    /// Why, for a person.
    pub why: String,
    /// For each of its notes the voice it plays in the song; `None` where it is left out.
    pub voices: Vec<Option<Voice>>,
}

/// The notes that have a voice, with it.
pub(crate) fn voiced<'a>(
    score: &'a Score,
    parts: &'a [ClassifiedPart],
) -> impl Iterator<Item = (&'a Note, Voice)> {
    let pairs = score.parts.iter().zip(parts);
    pairs.flat_map(|(part, classified)| {
        let notes = part.notes.iter().zip(&classified.voices);
        notes.filter_map(|(note, voice)| voice.map(|voice| (note, voice)))
    })
}
