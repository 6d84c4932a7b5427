//! How much may one listener, or a crowd that comes at once, count beside the others?

/// Ballots that every listener may give, however few the others give.
const FREE: f64 = 8.0;
/// Beyond those: as many times what the others give on average.
const TIMES_THE_OTHERS: f64 = 4.0;
/// Rounds in which the limits of loud listeners settle, who count among each other's others.
const ROUNDS: usize = 30;
/// Listeners first seen within so many days came at once.
const AT_ONCE_DAYS: f64 = 1.0;
/// As many of a crowd as always count whole.
const FEW: f64 = 3.0;

/// What one listener brings in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Influence {
    /// The weight of all ballots.
    pub(crate) total: f64,
    /// How long ago the listener was first seen.
    pub(crate) first_seen_days: f64,
}

/// What the weight of each listener's ballots is multiplied by, 0 to 1.
pub(crate) fn held(listeners: &[Influence]) -> Vec<f64> {
    let capped = capped(listeners);
    let crowd = crowd_factors(listeners, &capped);
    let factor = |((listener, capped), crowd): ((&Influence, &f64), &f64)| {
        if listener.total > 0.0 { capped / listener.total * crowd } else { 1.0 }
    };
    listeners.iter().zip(&capped).zip(&crowd).map(factor).collect()
}

/// The totals, each at most the larger of [`FREE`] and [`TIMES_THE_OTHERS`] the mean of the others'.
/// Nobody is limited who is alone.
fn capped(listeners: &[Influence]) -> Vec<f64> {
    let mut totals: Vec<f64> = listeners.iter().map(|listener| listener.total).collect();
    let n_others = totals.len().saturating_sub(1);
    if n_others == 0 {
        return totals;
    }
    for _ in 0..ROUNDS {
        let sum: f64 = totals.iter().sum();
        let limit = |total: f64| FREE.max(TIMES_THE_OTHERS * (sum - total) / n_others as f64);
        let next: Vec<f64> = totals.iter().map(|total| total.min(limit(*total))).collect();
        if next == totals {
            break;
        }
        totals = next;
    }
    totals
}

/// A crowd, more listeners first seen within a day than there were before, counts at most as much as
/// those before it, but never less than [`FEW`] of its own.
fn crowd_factors(listeners: &[Influence], totals: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..listeners.len()).collect();
    let seen = |idx: usize| listeners[idx].first_seen_days;
    order.sort_by(|a, b| seen(*b).total_cmp(&seen(*a)));
    let mut factors = vec![1.0; listeners.len()];
    let (mut n_before, mut before) = (0, 0.0f64);
    let mut rest = &order[..];
    while let Some(first) = rest.first() {
        let n = rest.partition_point(|idx| seen(*first) - seen(*idx) < AT_ONCE_DAYS);
        let (crowd, later) = rest.split_at(n);
        let total: f64 = crowd.iter().map(|idx| totals[*idx]).sum();
        let limit = before.max(FEW * total / n as f64);
        let factor =
            if n_before > 0 && n > n_before && total > limit { limit / total } else { 1.0 };
        for idx in crowd {
            factors[*idx] = factor;
        }
        (n_before, before, rest) = (n_before + n, before + total * factor, later);
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listeners(totals: &[(usize, f64, f64)]) -> Vec<Influence> {
        let of = |(n, total, first_seen_days): &(usize, f64, f64)| {
            vec![Influence { total: *total, first_seen_days: *first_seen_days }; *n]
        };
        totals.iter().flat_map(of).collect()
    }

    fn counted(totals: &[(usize, f64, f64)]) -> Vec<f64> {
        let listeners = listeners(totals);
        let factors = held(&listeners);
        listeners.iter().zip(factors).map(|(listener, factor)| listener.total * factor).collect()
    }

    #[test]
    fn ten_people_outweigh_a_loud_one_however_few_ballots_they_give() {
        for each in [1.0, 2.0, 5.0, 10.0] {
            let counted = counted(&[(1, 100.0, 50.0), (10, each, 50.0)]);
            let ten: f64 = counted[1..].iter().sum();
            assert!(ten > counted[0], "{ten} against {}", counted[0]);
            assert!((ten - 10.0 * each).abs() < 1e-9);
        }
    }

    #[test]
    fn who_is_alone_and_equals_lose_nothing() {
        assert_eq!(counted(&[(1, 300.0, 5.0)]), [300.0]);
        assert_eq!(counted(&[(6, 80.0, 5.0)]), [80.0; 6]);
        assert_eq!(counted(&[(1, 40.0, 5.0), (5, 12.0, 9.0)])[..1], [40.0]);
    }

    #[test]
    fn two_loud_listeners_are_no_excuse_for_each_other() {
        let counted = counted(&[(2, 100.0, 50.0), (8, 3.0, 50.0)]);
        assert!((counted[0] - 19.2).abs() < 0.1, "{}", counted[0]);
    }

    #[test]
    fn a_crowd_counts_as_much_as_those_before_it_at_most() {
        let of_crowd = |counted: &[f64], n: usize| counted[n..].iter().sum::<f64>();
        let raid = counted(&[(5, 10.0, 90.0), (50, 4.0, 2.0)]);
        assert!((of_crowd(&raid, 5) - 50.0).abs() < 1e-9, "{}", of_crowd(&raid, 5));
        // Those who were there first are not held, and few newcomers neither.
        assert!((raid[..5].iter().sum::<f64>() - 50.0).abs() < 1e-9);
        assert_eq!(counted(&[(5, 10.0, 90.0), (5, 4.0, 2.0)])[5..], [4.0; 5]);
        let beside_one = counted(&[(1, 1.0, 90.0), (10, 4.0, 2.0)]);
        assert!((of_crowd(&beside_one, 1) - 12.0).abs() < 1e-9);
        // Everybody is new on the first day.
        assert_eq!(counted(&[(40, 4.0, 2.0)]), [4.0; 40]);
    }
}
