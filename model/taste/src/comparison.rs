//! Is one way of making tracks liked more often than another?

use rand::Rng;

/// How often something was liked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arm {
    /// Ballots for it.
    pub n_liked: u32,
    /// All ballots.
    pub n: u32,
}

/// An estimate and the interval in which the truth lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// What was observed.
    pub estimate: f64,
    /// The upper end.
    pub high: f64,
}

impl Arm {
    /// The share of likes; one half of nothing.
    pub fn rate(self) -> f64 {
        if self.n == 0 { 0.5 } else { f64::from(self.n_liked) / f64::from(self.n) }
    }
}

/// The interval of a share by Wilson's score (1927); `z` is 1.96 for 95 %. All of 0 to 1 for nothing.
pub fn wilson(arm: Arm, z: f64) -> Interval {
    let (rate, n) = (arm.rate(), f64::from(arm.n));
    let square = z * z;
    if arm.n == 0 {
        return Interval { low: 0.0, estimate: rate, high: 1.0 };
    }
    let centre = (rate + square / (2.0 * n)) / (1.0 + square / n);
    let half = z / (1.0 + square / n) * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
    Interval { low: (centre - half).max(0.0), estimate: rate, high: (centre + half).min(1.0) }
}

/// The interval of the difference `one − other` between two shares by Newcombe's hybrid score (1998,
/// method 10), for ballots that do not hang together.
pub fn difference(one: Arm, other: Arm, z: f64) -> Interval {
    let (a, b) = (wilson(one, z), wilson(other, z));
    let estimate = a.estimate - b.estimate;
    let below = (a.estimate - a.low).hypot(b.high - b.estimate);
    let above = (a.high - a.estimate).hypot(b.estimate - b.low);
    Interval { low: estimate - below, estimate, high: estimate + above }
}

/// The same difference where ballots of one listener hang together: listeners, each with both arms,
/// are drawn again with replacement (the cluster bootstrap, Davison and Hinkley 1997), and the
/// interval holds the middle `share` of the differences that come out. `None` unless somebody voted
/// on each arm.
pub fn bootstrap(
    listeners: &[[Arm; 2]],
    share: f64,
    n_resamples: usize,
    rng: &mut impl Rng,
) -> Option<Interval> {
    let estimate = pooled_difference(listeners.iter())?;
    let mut differences: Vec<f64> = (0..n_resamples)
        .filter_map(|_| {
            let drawn =
                (0..listeners.len()).map(|_| &listeners[rng.random_range(0..listeners.len())]);
            pooled_difference(drawn)
        })
        .collect();
    differences.sort_unstable_by(f64::total_cmp);
    let last = differences.len().checked_sub(1)?;
    let at = |quantile: f64| differences[(quantile * last as f64).round() as usize];
    let outside = (1.0 - share.clamp(0.0, 1.0)) / 2.0;
    Some(Interval { low: at(outside), estimate, high: at(1.0 - outside) })
}

/// `None` where an arm has no ballot.
fn pooled_difference<'a>(listeners: impl Iterator<Item = &'a [Arm; 2]>) -> Option<f64> {
    let mut pooled = [Arm::default(); 2];
    for listener in listeners {
        for (sum, arm) in pooled.iter_mut().zip(listener) {
            sum.n_liked += arm.n_liked;
            sum.n += arm.n;
        }
    }
    let [one, other] = pooled;
    (one.n > 0 && other.n > 0).then(|| one.rate() - other.rate())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn arm(n_liked: u32, n: u32) -> Arm {
        Arm { n_liked, n }
    }

    fn is_about(interval: Interval, low: f64, high: f64) -> bool {
        (interval.low - low).abs() < 6e-5 && (interval.high - high).abs() < 6e-5
    }

    #[test]
    fn intervals_are_those_of_newcombe() {
        // Table II of Newcombe 1998, method 10, examples (a), (c), (f) and (g).
        for (one, other, low, high) in [
            (arm(56, 70), arm(48, 80), 0.0524, 0.3339),
            (arm(6, 7), arm(2, 7), 0.0582, 0.8062),
            (arm(0, 10), arm(0, 20), -0.1611, 0.2775),
            (arm(0, 10), arm(0, 10), -0.2775, 0.2775),
        ] {
            let found = difference(one, other, 1.959_964);
            assert!(is_about(found, low, high), "{found:?}, not {low} to {high}");
        }
    }

    #[test]
    fn nothing_leaves_everything_open() {
        let found = difference(arm(0, 0), arm(0, 0), 1.96);
        assert!(found.low < -0.7 && found.high > 0.7 && found.estimate.abs() < 1e-12);
    }

    #[test]
    fn listeners_who_vote_alike_on_everything_are_few_and_not_many() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // Ten listeners of one mind each, against a hundred with a ballot or two.
        let few: Vec<[Arm; 2]> = (0..10)
            .map(|i| [arm(if i < 6 { 20 } else { 0 }, 20), arm(if i < 4 { 20 } else { 0 }, 20)])
            .collect();
        let many: Vec<[Arm; 2]> = (0..200)
            .map(|i| [arm(u32::from(i % 10 < 6), 1), arm(u32::from(i % 10 < 4), 1)])
            .collect();
        let few = bootstrap(&few, 0.95, 2000, &mut rng).expect("both arms");
        let many = bootstrap(&many, 0.95, 2000, &mut rng).expect("both arms");
        assert!((few.estimate - 0.2).abs() < 1e-12 && (many.estimate - 0.2).abs() < 1e-12);
        assert!(few.low < 0.02, "{few:?}");
        assert!(many.low > 0.1 && many.high - many.low < 0.5 * (few.high - few.low), "{many:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_an_empty_arm_none() {
        let listeners = [[arm(3, 5), arm(1, 4)], [arm(2, 2), arm(0, 3)], [arm(0, 1), arm(2, 2)]];
        let interval = |listeners: &[[Arm; 2]]| {
            bootstrap(listeners, 0.9, 300, &mut ChaCha8Rng::seed_from_u64(7))
        };
        assert!(interval(&listeners).is_some());
        assert_eq!(interval(&listeners), interval(&listeners));
        assert_eq!(interval(&[[arm(3, 5), arm(0, 0)]]), None);
        assert_eq!(interval(&[]), None);
    }
}
