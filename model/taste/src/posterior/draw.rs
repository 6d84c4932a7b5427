//! How is a taste drawn that the ballots leave possible?

use music::features::Vector;
use rand::Rng;

use super::basis;
use super::predict::Posterior;
use crate::matrix::dot;
use crate::statistics::Statistics;

/// One taste among those that the ballots leave possible, each as often as it is probable. Choosing by
/// it instead of by the mean tries out what is not yet known (Thompson 1933).
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    statistics: Statistics,
    features: Vec<String>,
    weights: Vec<f64>,
}

impl Posterior {
    /// Draws a taste.
    pub fn draw(&self, rng: &mut impl Rng) -> Draw {
        let noise = (0..self.mean.len()).map(|_| normal(rng)).collect();
        // Of precision L Lᵀ the covariance is that of L⁻ᵀ times white noise.
        let apart = self.precision.backward(noise);
        let weights = self.mean.iter().zip(apart).map(|(mean, apart)| mean + apart).collect();
        Draw { statistics: self.statistics.clone(), features: self.features.clone(), weights }
    }
}

impl Draw {
    /// The logit of a typical listener liking a song, were this the taste.
    pub fn score(&self, song: &Vector) -> f64 {
        dot(&basis::terms(&self.statistics, &self.features, song), &self.weights)
    }
}

/// A standard normal number (Box and Muller 1958).
pub(super) fn normal(rng: &mut impl Rng) -> f64 {
    let (radius, turn): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
}
