//! Which notes belong to a chord of a minor key?
//!
//! Pitches are counted as rungs of the natural minor scale. The only note from outside the scale is
//! the leading tone of a major dominant (`V`), which takes the place of the seventh rung.

/// Semitones of the natural minor scale above its tonic.
const SCALE: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];

/// A triad on a degree of the minor scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chord {
    /// Scale degree of the root, 0 (tonic) to 6.
    root: u8,
    /// Whether the seventh degree is raised to the leading tone.
    raised: bool,
}

/// The chords of one bar: that of its first half and that of its second.
pub(crate) type BarChords = [Chord; 2];

impl Chord {
    /// The triad on the tonic.
    pub(crate) const fn tonic() -> Self {
        Self { root: 0, raised: false }
    }

    /// The chord of a Roman numeral; capitals are major.
    fn named(numeral: &str) -> Self {
        let (root, raised) = match numeral {
            "i" => (0, false),
            "III" => (2, false),
            "iv" => (3, false),
            "v" => (4, false),
            "V" => (4, true),
            "VI" => (5, false),
            "VII" => (6, false),
            _ => panic!("{numeral:?} is not a chord that these sketches use"),
        };
        Self { root, raised }
    }

    /// Where `rung` stands in the triad: 0 root, 1 third, 2 fifth; `None` outside the triad.
    pub(crate) fn place(self, rung: i32) -> Option<u8> {
        match (rung - i32::from(self.root)).rem_euclid(7) {
            0 => Some(0),
            2 => Some(1),
            4 => Some(2),
            _ => None,
        }
    }

    /// The rung of the root, 0 to 6.
    pub(crate) fn root(self) -> i32 {
        i32::from(self.root)
    }

    /// The pitch of `rung` (0 is the tonic `home`, 7 its octave) while this chord sounds.
    pub(crate) fn pitch(self, home: u8, rung: i32) -> i32 {
        let degree = rung.rem_euclid(7) as usize;
        let lift = i32::from(self.raised && degree == 6);
        i32::from(home) + 12 * rung.div_euclid(7) + i32::from(SCALE[degree]) + lift
    }
}

/// Reads one chord a bar, `VI/VII` where it changes in the middle: `"i VI III VII"`.
pub(crate) fn read(text: &str) -> Vec<BarChords> {
    text.split_whitespace()
        .map(|bar| match bar.split_once('/') {
            Some((first, second)) => [Chord::named(first), Chord::named(second)],
            None => [Chord::named(bar); 2],
        })
        .collect()
}
