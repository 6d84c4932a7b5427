//! Which colour and which lane does each part have?

use music::score::{Part, Score};

use super::canvas::Colour;

/// A part with its colour.
pub(crate) struct Member<'a> {
    pub(crate) part: &'a Part,
    pub(crate) colour: Colour,
}

/// The parts of a score as the picture shows them.
pub(crate) struct Cast<'a> {
    /// Parts of the roll, the one to draw last at the end.
    pub(crate) melodic: Vec<Member<'a>>,
    /// Drum parts from the top lane down.
    pub(crate) drums: Vec<Member<'a>>,
}

const DRUMS: [(&str, Colour); 5] = [
    ("Crash", Colour(0xFF, 0xD1, 0x66)),
    ("Open hat", Colour(0x9B, 0xE5, 0x64)),
    ("Hat", Colour(0x4F, 0xD8, 0xC2)),
    ("Snare", Colour(0xA8, 0x86, 0xFF)),
    ("Kick", Colour(0xFF, 0x5A, 0x5F)),
];

const MELODIC: [(&str, Colour); 6] = [
    ("Pad", Colour(0x4B, 0x7B, 0xEC)),
    ("Chords", Colour(0x38, 0xB6, 0xFF)),
    ("Low line", Colour(0xE0, 0x7A, 0x2F)),
    ("Bass", Colour(0xFF, 0xA9, 0x26)),
    ("Riser", Colour(0x8A, 0x84, 0xA6)),
    ("Lead", Colour(0xFF, 0x3D, 0x8F)),
];

/// For parts of other names.
const OTHERS: [Colour; 4] = [
    Colour(0xFF, 0x3D, 0x8F),
    Colour(0x38, 0xB6, 0xFF),
    Colour(0xFF, 0xA9, 0x26),
    Colour(0x9B, 0xE5, 0x64),
];

impl<'a> Cast<'a> {
    pub(crate) fn new(score: &'a Score) -> Self {
        let place = |names: &[(&str, Colour)], part: &Part| {
            names.iter().position(|(name, _)| *name == part.name).unwrap_or(names.len())
        };
        let member = |index: usize, part: &'a Part, names: &[(&str, Colour)]| Member {
            part,
            colour: names
                .get(place(names, part))
                .map_or(OTHERS[index % OTHERS.len()], |(_, colour)| *colour),
        };
        let is_heard = |part: &&Part| !part.notes.is_empty();
        let (drums, melodic): (Vec<&Part>, Vec<&Part>) =
            score.parts.iter().filter(is_heard).partition(|part| part.is_drum_channel());
        // A riser is noise without a pitch: it has no place in the roll.
        let melodic = melodic.into_iter().filter(|part| part.program != Some(119));
        let mut melodic: Vec<_> =
            melodic.enumerate().map(|(index, part)| member(index, part, &MELODIC)).collect();
        let mut drums: Vec<_> =
            drums.into_iter().enumerate().map(|(i, part)| member(i, part, &DRUMS)).collect();
        melodic.sort_by_key(|member| place(&MELODIC, member.part));
        drums.sort_by_key(|member| place(&DRUMS, member.part));
        drums.truncate(6);
        Self { melodic, drums }
    }

    /// Names and colours for the legend, the most important first.
    pub(crate) fn legend(&self, with_drums: bool) -> Vec<(String, Colour)> {
        let named = |member: &Member| (member.part.name.clone(), member.colour);
        let drums = self.drums.iter().rev().filter(|_| with_drums);
        self.melodic.iter().rev().chain(drums).map(named).collect()
    }
}
