//! How probably is a song liked, and how surely is that known?

use music::features::Vector;
use serde::{Deserialize, Serialize};

use super::basis;
use super::likelihood::{LISTENER_VARIANCE, expected, said};
use crate::matrix::{Cholesky, dot};
use crate::statistics::Statistics;

/// What is known of the taste of one community in one genre.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    pub(super) statistics: Statistics,
    pub(super) features: Vec<String>,
    pub(super) mean: Vec<f64>,
    pub(super) precision: Cholesky,
    pub(super) n_effective: f64,
    pub(super) half_life: Option<f64>,
}

impl Posterior {
    /// The expected logit of a typical listener liking a song.
    pub fn mean_score(&self, song: &Vector) -> f64 {
        dot(&self.terms(song), &self.mean)
    }

    /// The variance of that logit: how little is known of songs like this one.
    pub fn variance(&self, song: &Vector) -> f64 {
        let whitened = self.precision.forward(&self.terms(song));
        dot(&whitened, &whitened)
    }

    /// The probability that a listener, whoever it is, says to like a song; what is not known of the taste
    /// and of the listener draws it to one half (Spiegelhalter and Lauritzen 1990).
    pub fn probability(&self, song: &Vector) -> f64 {
        let variance = self.variance(song) + LISTENER_VARIANCE;
        said(expected(self.mean_score(song), variance))
    }

    /// How much of the differences between these songs is known, 0 to 1: the share that the expected
    /// scores have of the variance of the scores. 0 without ballots.
    pub fn confidence(&self, songs: &[Vector]) -> f64 {
        if self.is_neutral() || songs.is_empty() {
            return 0.0;
        }
        let terms: Vec<Vec<f64>> = songs.iter().map(|song| self.terms(song)).collect();
        let n = songs.len() as f64;
        let mut centre = vec![0.0; self.mean.len()];
        for song in &terms {
            centre.iter_mut().zip(song).for_each(|(sum, term)| *sum += term / n);
        }
        let (mut known, mut unknown) = (0.0, 0.0);
        for song in &terms {
            let apart: Vec<f64> =
                song.iter().zip(&centre).map(|(term, mean)| term - mean).collect();
            let whitened = self.precision.forward(&apart);
            known += dot(&apart, &self.mean).powi(2);
            unknown += dot(&whitened, &whitened);
        }
        if known > 0.0 { known / (known + unknown) } else { 0.0 }
    }

    /// The weight of the community's ballots in the genre, after all that they lost with time.
    pub fn n_effective(&self) -> f64 {
        self.n_effective
    }

    /// In how many ballots the weight of an old one halves, if the taste was found to have changed.
    pub fn half_life(&self) -> Option<f64> {
        self.half_life
    }

    /// Whether the ballots tell no song from another.
    pub fn is_neutral(&self) -> bool {
        self.mean.iter().skip(1).all(|weight| *weight == 0.0)
    }

    /// A number by which two posteriors can be told apart, in 16 hexadecimal digits.
    pub fn id(&self) -> String {
        // FNV-1a over every number: enough to tell one from another, and the same everywhere.
        let numbers = self.mean.iter().chain(self.precision.numbers());
        let hash = numbers
            .flat_map(|number| number.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("{hash:016x}")
    }

    pub(super) fn terms(&self, song: &Vector) -> Vec<f64> {
        basis::terms(&self.statistics, &self.features, song)
    }
}
