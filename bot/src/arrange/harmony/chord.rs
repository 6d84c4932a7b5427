//! What is a chord here?

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// Root, major third, fifth.
    Major,
    /// Root, minor third, fifth.
    Minor,
}

/// A major or minor triad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Pitch class of the root, 0 (C) to 11 (B).
    pub root: u8,
    /// Major or minor.
    pub quality: Quality,
}

/// How many chords there are.
pub const N_CHORDS: usize = 24;

impl Chord {
    /// 0 to 23: the major triads from C to B, then the minor ones.
    pub fn index(self) -> usize {
        usize::from(self.root % 12) + if self.quality == Quality::Minor { 12 } else { 0 }
    }

    /// The inverse of [`Chord::index`]; taken modulo 24.
    pub fn from_index(index: usize) -> Self {
        let quality = if index % N_CHORDS >= 12 { Quality::Minor } else { Quality::Major };
        Self { root: (index % 12) as u8, quality }
    }

    /// Pitch classes of root, third and fifth.
    pub fn classes(self) -> [u8; 3] {
        let third = if self.quality == Quality::Major { 4 } else { 3 };
        [self.root, (self.root + third) % 12, (self.root + 7) % 12]
    }

    /// The same quality, `semitones` higher.
    #[must_use]
    pub fn raised(self, semitones: u8) -> Self {
        Self { root: (self.root + semitones) % 12, ..self }
    }
}
