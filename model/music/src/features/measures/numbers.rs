//! Means and shares that are finite also where there is nothing to count.

/// The mean; 0 of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0usize);
    for value in values {
        sum += value;
        n += 1;
    }
    sum / n.max(1) as f64
}

/// The standard deviation; 0 of nothing.
pub fn spread(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let centre = mean(values.clone());
    mean(values.map(|value| (value - centre).powi(2))).sqrt()
}

/// The share that `part` is of `whole`; 0 of nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The entropy of how often each kind occurs, in bits; 0 of nothing and where all are of one kind.
pub fn entropy_bits<K: Ord>(kinds: impl IntoIterator<Item = K>) -> f64 {
    let mut kinds: Vec<K> = kinds.into_iter().collect();
    kinds.sort_unstable();
    let shares = kinds.chunk_by(|a, b| a == b).map(|kind| share(kind.len(), kinds.len()));
    // Not `sum`, which begins at -0.0.
    shares.fold(0.0, |bits, share| bits - share * share.log2())
}

/// The share of each of `n_classes` classes; all 0 of nothing. Classes beyond the last count as the
/// last.
pub fn distribution(n_classes: usize, classes: impl IntoIterator<Item = usize>) -> Vec<f64> {
    let mut counts = vec![0.0f64; n_classes];
    for class in classes {
        counts[class.min(n_classes - 1)] += 1.0;
    }
    let total = counts.iter().sum::<f64>().max(1.0);
    counts.into_iter().map(|count| count / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_a_mean_of_nothing() {
        assert!(mean([]).abs() < 1e-12 && spread(std::iter::empty()).abs() < 1e-12);
        assert!(share(0, 0).abs() < 1e-12);
        assert_eq!(distribution(2, []), [0.0, 0.0]);
    }

    #[test]
    fn kinds_as_frequent_as_each_other_say_most() {
        assert!((entropy_bits([3, 1, 3, 1]) - 1.0).abs() < 1e-12);
        assert!((entropy_bits(["a", "b", "c", "d"]) - 2.0).abs() < 1e-12);
        assert!(entropy_bits([7, 7, 7]).abs() < 1e-12 && entropy_bits::<u8>([]).abs() < 1e-12);
    }

    #[test]
    fn a_distribution_adds_up_to_one() {
        assert_eq!(distribution(3, [0, 0, 1, 7]), [0.5, 0.25, 0.25]);
    }
}
