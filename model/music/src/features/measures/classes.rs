//! How often does each pitch class occur?

use crate::score::Pitch;

/// The major scale above its tonic.
const MAJOR: [usize; 7] = [0, 2, 4, 5, 7, 9, 11];

/// How often each of the twelve pitch classes occurs, from C.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PitchClasses([usize; 12]);

impl PitchClasses {
    /// Counts.
    pub fn of(pitches: impl IntoIterator<Item = Pitch>) -> Self {
        let mut counts = [0; 12];
        for pitch in pitches {
            counts[usize::from(pitch.class())] += 1;
        }
        Self(counts)
    }

    /// How many notes were counted.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// The share of the commonest class.
    pub fn commonest(&self) -> f64 {
        self.share(self.0.iter().copied().max().unwrap_or(0))
    }

    /// The entropy of their distribution, in bits; log2 of 12 where all are alike.
    pub fn entropy_bits(&self) -> f64 {
        let shares = self.0.iter().map(|count| self.share(*count)).filter(|share| *share > 0.0);
        shares.map(|share| -share * share.log2()).sum::<f64>()
    }

    /// The share of the notes that lie in a scale, given by its pitch classes.
    pub fn within(&self, scale: &[u8]) -> f64 {
        self.share(scale.iter().map(|class| self.0[usize::from(*class)]).sum())
    }

    /// The share of the notes that lie in the major scale which holds most of them.
    pub fn within_best_major(&self) -> f64 {
        let of_scale =
            |tonic: usize| MAJOR.iter().map(|step| self.0[(tonic + step) % 12]).sum::<usize>();
        self.share((0..12).map(of_scale).max().unwrap_or(0))
    }

    fn share(&self, count: usize) -> f64 {
        super::numbers::share(count, self.total())
    }
}

/// How many different pitch classes occur.
#[inline]
pub fn n_pitch_classes(pitches: impl IntoIterator<Item = Pitch>) -> usize {
    pitches.into_iter().fold(0u16, |set, pitch| set | 1 << pitch.class()).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(numbers: &[u8]) -> PitchClasses {
        PitchClasses::of(numbers.iter().filter_map(|number| Pitch::new(*number)))
    }

    #[test]
    fn one_class_says_nothing_and_twelve_say_most() {
        assert!(classes(&[60, 72, 48]).entropy_bits().abs() < 1e-12);
        let all: Vec<u8> = (60..72).collect();
        assert!((classes(&all).entropy_bits() - 12f64.log2()).abs() < 1e-12);
        assert_eq!(n_pitch_classes(all.iter().filter_map(|number| Pitch::new(*number))), 12);
    }

    #[test]
    fn the_best_major_scale_is_found_whatever_its_tonic() {
        let d_major_and_a_c = classes(&[62, 64, 66, 67, 69, 71, 73, 72]);
        assert!((d_major_and_a_c.within_best_major() - 7.0 / 8.0).abs() < 1e-12);
        assert!((d_major_and_a_c.within(&[0, 2]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn of_no_notes_every_share_is_zero() {
        let none = PitchClasses::default();
        let shares = [none.entropy_bits(), none.within_best_major(), none.commonest()];
        assert!(shares.iter().all(|share| share.abs() < 1e-12), "{shares:?}");
    }
}
