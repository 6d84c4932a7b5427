//! Which frequencies are in a sound, and when does something begin?

use std::f64::consts::{PI, TAU};

use crate::decoded::RATE;

/// Magnitudes up to half the sample rate of a window of `size` samples (a power of two) from `at` on,
/// of which the first `length` count, under a Hann window.
pub(crate) fn magnitudes(samples: &[f32], at: usize, length: usize, size: usize) -> Vec<f64> {
    let mut re = vec![0.0; size];
    let mut im = vec![0.0; size];
    for (index, value) in re.iter_mut().enumerate().take(length) {
        let window = 0.5 - 0.5 * (TAU * index as f64 / length as f64).cos();
        *value = f64::from(samples.get(at + index).copied().unwrap_or(0.0)) * window;
    }
    transform(&mut re, &mut im);
    re.iter().zip(&im).take(size / 2).map(|(a, b)| (a * a + b * b).sqrt() / length as f64).collect()
}

/// The discrete Fourier transform in place (Cooley and Tukey, radix 2).
fn transform(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let bits = n.trailing_zeros();
    for index in 0..n {
        let other = index.reverse_bits() >> (usize::BITS - bits);
        if index < other {
            re.swap(index, other);
            im.swap(index, other);
        }
    }
    let mut half = 1;
    while half < n {
        let (step_re, step_im) = ((PI / half as f64).cos(), -(PI / half as f64).sin());
        for start in (0..n).step_by(2 * half) {
            let (mut turn_re, mut turn_im) = (1.0, 0.0);
            for index in start..start + half {
                let (a, b) = (re[index + half], im[index + half]);
                let (x, y) = (a * turn_re - b * turn_im, a * turn_im + b * turn_re);
                (re[index + half], im[index + half]) = (re[index] - x, im[index] - y);
                (re[index], im[index]) = (re[index] + x, im[index] + y);
                (turn_re, turn_im) =
                    (turn_re * step_re - turn_im * step_im, turn_re * step_im + turn_im * step_re);
            }
        }
        half *= 2;
    }
}

/// Steps a second of [`onsets`].
pub(crate) const STEPS: f64 = 200.0;

/// How much begins at each step of 5 ms: the rise of the spectrum, in decibels above silence.
pub(crate) fn onsets(samples: &[f32]) -> Vec<f64> {
    const SIZE: usize = 1024;
    let hop = (RATE / STEPS) as usize;
    let mut before: Vec<f64> = Vec::new();
    let mut rises = Vec::new();
    // A window counts for the moment in its middle.
    for at in (0..samples.len().saturating_sub(SIZE)).step_by(hop) {
        let now: Vec<f64> =
            magnitudes(samples, at, SIZE, SIZE).iter().map(|m| (1.0 + 1e3 * m).ln()).collect();
        let rise: f64 = now.iter().zip(&before).map(|(a, b)| (a - b).max(0.0)).sum();
        rises.push(rise);
        before = now;
    }
    // What is at index i began at i hops and half a window.
    let mut aligned = vec![0.0; (SIZE as f64 / 2.0 / hop as f64).round() as usize];
    aligned.extend(rises);
    let mean = aligned.iter().sum::<f64>() / aligned.len().max(1) as f64;
    aligned.iter().map(|rise| rise - mean).collect()
}
