//! With which songs, tastes and listeners is the posterior tested?

use music::features::Vector;
use rand::seq::index;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::posterior::Posterior;
use crate::{Ballots, FEATURES, Statistics, Vote};

/// Directions in which features go together, as those of real songs do.
const N_FACTORS: usize = 12;
const N_SONGS: usize = 500;
/// Every tenth ballot or so is given by mistake.
pub(super) const WRONG: f64 = 0.15;

/// A library of songs that are made up.
pub(super) struct World {
    pub(super) songs: Vec<Vector>,
    pub(super) statistics: Statistics,
    /// Their features, standardised.
    z: Vec<Vec<f64>>,
}

/// A hidden taste: what each song is worth, standardised.
pub(super) type Hidden = Vec<f64>;

/// Ballots as they are given.
pub(super) struct Poll {
    pub(super) rng: ChaCha8Rng,
    /// Song, listener, community, value, in the order of time.
    pub(super) said: Vec<(usize, String, &'static str, f64)>,
}

/// A standard normal number (Box and Muller 1958).
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, turn): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * turn).cos()
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let loadings: Vec<[f64; N_FACTORS]> = FEATURES
            .iter()
            .map(|_| [0.0; N_FACTORS].map(|_| normal(rng) / (N_FACTORS as f64).sqrt()))
            .collect();
        let mut song = || {
            let factors = [0.0; N_FACTORS].map(|_| normal(rng));
            let value = |own: &[f64; N_FACTORS], noise: f64| {
                let common: f64 = own.iter().zip(factors).map(|(own, factor)| own * factor).sum();
                5.0 + 2.0 * (common + 0.5 * noise)
            };
            let noise: Vec<f64> = FEATURES.iter().map(|_| normal(rng)).collect();
            let values = loadings.iter().zip(noise).map(|(own, noise)| value(own, noise));
            Vector::new(FEATURES.into_iter().zip(values.collect::<Vec<f64>>()))
        };
        let songs: Vec<Vector> = (0..N_SONGS).map(|_| song()).collect();
        let statistics = Statistics::of(&songs);
        let z = songs.iter().map(|song| statistics.standardised(song)).collect();
        Self { songs, statistics, z }
    }

    /// The taste that a function of the standardised features is.
    pub(super) fn taste(&self, of: impl Fn(&[f64]) -> f64) -> Hidden {
        Self::standardised(self.z.iter().map(|z| of(z)).collect())
    }

    pub(super) fn standardised(worth: Vec<f64>) -> Hidden {
        let n = worth.len() as f64;
        let mean = worth.iter().sum::<f64>() / n;
        let spread = (worth.iter().map(|worth| (worth - mean).powi(2)).sum::<f64>() / n).sqrt();
        worth.into_iter().map(|worth| (worth - mean) / spread).collect()
    }

    /// A taste that is linear in a few features.
    pub(super) fn linear(&self, seed: u64) -> Hidden {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let chosen = index::sample(rng, FEATURES.len(), 3).into_vec();
        let signs: Vec<f64> =
            chosen.iter().map(|_| if rng.random() { 1.0 } else { -1.0 }).collect();
        self.taste(|z| chosen.iter().zip(&signs).map(|(idx, sign)| sign * z[*idx]).sum())
    }

    /// The posterior of a community after a poll.
    pub(super) fn posterior(&self, poll: &Poll, community: &str) -> Posterior {
        Posterior::fit(&self.statistics, &self.ballots(poll), "trance", Some(community))
    }

    pub(super) fn ballots(&self, poll: &Poll) -> Ballots {
        let votes =
            poll.said.iter().zip(0..).map(|((track, listener, community, value), ordinal)| {
                let (track, value, community) = (*track, *value, Some(*community));
                let (genre, weight, age_days) = ("trance", 1.0, 0.0);
                Vote { track, listener, community, genre, value, weight, age_days, ordinal }
            });
        let votes: Vec<Vote<'_>> = votes.collect();
        Ballots::of(self.songs.clone(), &votes, crate::HALF_LIFE_DAYS)
    }

    /// How much better than usual, in standard deviations, the best of 64 songs is on average.
    pub(super) fn lift(&self, hidden: &Hidden, score: impl Fn(&Vector) -> f64) -> f64 {
        let rng = &mut ChaCha8Rng::seed_from_u64(99);
        let scores: Vec<f64> = self.songs.iter().map(score).collect();
        let mut sum = 0.0;
        for _ in 0..100 {
            let candidates = index::sample(rng, N_SONGS, 64).into_iter();
            let best = candidates.max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
            sum += best.map_or(0.0, |best| hidden[best]);
        }
        sum / 100.0
    }
}

impl Poll {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), said: Vec::new() }
    }

    /// `n` ballots on any songs by listeners of a community with this taste, most of them right.
    pub(super) fn ask(&mut self, n: usize, community: &'static str, hidden: &Hidden) {
        for _ in 0..n {
            let listener = format!("{community} {}", self.rng.random_range(0..6));
            let song = self.rng.random_range(0..N_SONGS);
            let is_liked = (hidden[song] > 0.0) ^ (self.rng.random::<f64>() < WRONG);
            self.say(song, listener, community, is_liked);
        }
    }

    /// One ballot.
    pub(super) fn say(
        &mut self,
        song: usize,
        listener: String,
        community: &'static str,
        is_liked: bool,
    ) {
        self.said.push((song, listener, community, if is_liked { 2.0 } else { -2.0 }));
    }
}
