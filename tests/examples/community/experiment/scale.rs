//! What is usual among plain tracks of the first version?

use super::measure::{Measure, Values};

/// The plain tracks with which everything is compared.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub(super) tracks: Vec<Values>,
    means: Values,
    deviations: Values,
    medians: Values,
    /// Nats a note that the first version needs at most for 95 % of them.
    pub(super) likely_nll: f64,
}

impl Scale {
    /// Of at least one track, with what they measure and the nats a note that the first version needs for
    /// them.
    pub(super) fn new(tracks: Vec<Values>, nll_per_note: &[f64]) -> Self {
        let of = |summary: fn(&[f64]) -> f64| {
            std::array::from_fn(|idx| {
                let column: Vec<f64> = tracks.iter().map(|values| values[idx]).collect();
                summary(&column)
            })
        };
        let (means, deviations, medians) = (of(mean), of(deviation), of(median));
        let likely_nll = quantile(nll_per_note, 0.95);
        Self { tracks, means, deviations, medians, likely_nll }
    }

    /// How many standard deviations a track lies above the mean.
    pub(super) fn standardised(&self, measure: Measure, values: &Values) -> f64 {
        let idx = measure as usize;
        ratio(values[idx] - self.means[idx], self.deviations[idx])
    }

    /// How many standard deviations a track lies above the median.
    pub(super) fn off_median(&self, measure: Measure, values: &Values) -> f64 {
        let idx = measure as usize;
        ratio(values[idx] - self.medians[idx], self.deviations[idx])
    }
}

/// 0 if nothing varies.
pub(super) fn ratio(distance: f64, deviation: f64) -> f64 {
    if deviation > 0.0 { distance / deviation } else { 0.0 }
}

/// 0 for nothing.
pub(super) fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len().max(1) as f64
}

/// The standard deviation of the numbers themselves.
pub(super) fn deviation(numbers: &[f64]) -> f64 {
    let middle = mean(numbers);
    let squares: Vec<f64> = numbers.iter().map(|number| (number - middle).powi(2)).collect();
    mean(&squares).sqrt()
}

/// 0 for nothing.
pub(super) fn median(numbers: &[f64]) -> f64 {
    quantile(numbers, 0.5)
}

/// The number below which so large a share of all lies, between two where it falls between; 0 for nothing.
pub(super) fn quantile(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = share * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_summarised() {
        let numbers = [4.0, 1.0, 1.0, 2.0];
        assert_eq!((mean(&numbers), median(&numbers)), (2.0, 1.5));
        assert!((deviation(&numbers) - 1.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!((median(&numbers[..3]), median(&[])), (1.0, 0.0));
        assert_eq!((quantile(&numbers, 0.0), quantile(&numbers, 1.0)), (1.0, 4.0));
        assert!((quantile(&numbers, 0.9) - 3.4).abs() < 1e-12);
    }
}
