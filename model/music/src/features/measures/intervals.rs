//! How does a line move from note to note?

/// Beyond two octaves an interval is as wide as it gets.
const WIDEST: u32 = 24;

/// The intervals between successive notes, in semitones, upward positive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<i32>);

impl Intervals {
    /// Between the key numbers of successive notes.
    pub fn between(pitches: impl IntoIterator<Item = u8>) -> Self {
        let pitches: Vec<i32> = pitches.into_iter().map(i32::from).collect();
        Self(pitches.windows(2).map(|pair| pair[1] - pair[0]).collect())
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = i32> {
        self.0.iter().copied()
    }

    /// Mean size in semitones; wider ones than two octaves count as two octaves.
    pub fn mean_size(&self) -> f64 {
        let total: u32 = self.0.iter().map(|interval| interval.unsigned_abs().min(WIDEST)).sum();
        f64::from(total) / self.0.len().max(1) as f64
    }

    /// The share of the intervals whose size in semitones is one of those asked for.
    pub fn share_of(&self, is: impl Fn(u32) -> bool) -> f64 {
        let n = self.0.iter().filter(|interval| is(interval.unsigned_abs())).count();
        super::numbers::share(n, self.0.len())
    }

    /// The share of whole and half steps.
    pub fn steps(&self) -> f64 {
        self.share_of(|size| size == 1 || size == 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_a_direction_and_a_size() {
        let intervals = Intervals::between([60, 62, 50, 50, 127]);
        assert_eq!(intervals.iter().collect::<Vec<i32>>(), [2, -12, 0, 77]);
        assert!((intervals.mean_size() - (2.0 + 12.0 + 24.0) / 4.0).abs() < 1e-12);
        assert!((intervals.steps() - 0.25).abs() < 1e-12);
        assert!((intervals.share_of(|size| size == 0) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn one_note_has_no_interval() {
        let none = Intervals::between([60]);
        assert!(none.mean_size().abs() < 1e-12 && none.steps().abs() < 1e-12);
    }
}
