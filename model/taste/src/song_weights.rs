//! How much does each song of a library weigh in training?

use music::features::Vector;
use music::features::measures::{mean, spread};

use crate::posterior::Posterior;

/// The share of all weight that goes by the taste; the rest is even.
const BY_TASTE: f64 = 0.75;
/// Beyond so many standard deviations a song is as well liked as can be.
const FAR: f64 = 2.5;
/// As much of the library as must count at least, as an effective number of songs.
const LEAST_EFFECTIVE: f64 = 1.0 / 3.0;
/// By what differences are multiplied until that holds.
const TEMPER: f64 = 0.9;

/// The weight of each song, 1 on average: 1 for all while nothing is known, then the more the better a
/// song is expected to be liked and the more surely that is known. `gain` multiplies the
/// differences; 0 makes all alike.
pub fn song_weights(posterior: &Posterior, songs: &[Vector], gain: f64) -> Vec<f64> {
    let scores: Vec<f64> = songs.iter().map(|song| posterior.mean_score(song)).collect();
    let (centre, deviation) = (mean(scores.iter().copied()), spread(scores.iter().copied()));
    if deviation < 1e-9 {
        return vec![1.0; songs.len()];
    }
    let factor = gain * posterior.confidence(songs);
    let z = |score: &f64| factor * ((score - centre) / deviation).clamp(-FAR, FAR);
    let mut z: Vec<f64> = scores.iter().map(z).collect();
    loop {
        let weights = tempered(&z);
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        // Of weights with mean 1 the effective number is n² / Σ w² (Kish 1965).
        if weights.len() as f64 / squares >= LEAST_EFFECTIVE {
            return weights;
        }
        for z in &mut z {
            *z *= TEMPER;
        }
    }
}

fn tempered(z: &[f64]) -> Vec<f64> {
    let mean_exp = mean(z.iter().map(|z| z.exp()));
    z.iter().map(|z| BY_TASTE * z.exp() / mean_exp + (1.0 - BY_TASTE)).collect()
}
