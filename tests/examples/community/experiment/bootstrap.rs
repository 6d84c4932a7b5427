//! How far did something move, and how sure is that?

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::scale::{deviation, mean, quantile, ratio};

/// Times that everything is drawn again.
const N_DRAWS: usize = 1000;

/// A mean and the interval that holds 95 % of what it would be with other seeds and tracks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lift {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The score of a track that was probed, and 1 or −1, by whether it is wanted or its opposite is.
pub(super) type Probe = (f64, f64);

impl Lift {
    /// Of the probes of several seeds over plain tracks, in standard deviations of these.
    pub(super) fn of(seeds: &[Vec<Probe>], plain: &[f64]) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut draw = || lift(&again(seeds, &mut rng), &drawn_from(plain, &mut rng));
        let drawn: Vec<f64> = (0..N_DRAWS).map(|_| draw()).collect();
        let all: Vec<Probe> = seeds.iter().flatten().copied().collect();
        Self {
            mean: lift(&all, plain),
            low: quantile(&drawn, 0.025),
            high: quantile(&drawn, 0.975),
        }
    }
}

impl fmt::Display for Lift {
    /// The mean and half the width of the interval.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.2} ±{:.2}", self.mean, (self.high - self.low) / 2.0)
    }
}

/// Seeds drawn with replacement, and tracks of each.
fn again(seeds: &[Vec<Probe>], rng: &mut ChaCha8Rng) -> Vec<Probe> {
    let seeds = drawn_from(seeds, rng);
    seeds.iter().flat_map(|probes| drawn_from(probes, rng)).collect()
}

/// As many as there are, with replacement.
fn drawn_from<T: Clone>(things: &[T], rng: &mut ChaCha8Rng) -> Vec<T> {
    (0..things.len()).map(|_| things[rng.random_range(0..things.len())].clone()).collect()
}

fn lift(probes: &[Probe], plain: &[f64]) -> f64 {
    let (middle, width) = (mean(plain), deviation(plain));
    let lifts: Vec<f64> =
        probes.iter().map(|(score, sign)| sign * ratio(score - middle, width)).collect();
    mean(&lifts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lift_is_counted_in_deviations_of_plain_tracks_and_lies_in_its_interval() {
        let plain: Vec<f64> = (0..100).map(f64::from).collect();
        let width = deviation(&plain);
        let probes = |sign: f64| vec![(0..50).map(|n| (f64::from(2 * n) + width, sign)).collect()];
        let liked = Lift::of(&probes(1.0), &plain);
        assert!((liked.mean - (1.0 - 0.5 / width)).abs() < 1e-9, "{liked:?}");
        assert!(liked.low < liked.mean && liked.mean < liked.high, "{liked:?}");
        let width = liked.high - liked.low;
        assert!(width > 0.4 && width < 1.0, "{liked:?}");
        assert!(liked.to_string().starts_with("+0.98 ±0."), "{liked}");
        assert!((Lift::of(&probes(-1.0), &plain).mean + liked.mean).abs() < 1e-9);
    }
}
