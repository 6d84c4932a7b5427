//! How far apart are songs?
//!
//! As far as their standardised features are, on average over the features.

/// The share of a library's songs that are nearer to another than is usual.
const UNUSUAL: f64 = 0.05;
/// Songs of a library that are compared with each other at most, evenly taken.
const MAX_COMPARED: usize = 600;

/// The root of the mean square of the differences between two songs' standardised features.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    (squares.sum::<f64>() / a.len().max(1) as f64).sqrt()
}

/// The distance to the nearest other song that all but few songs of a library keep; 0 for fewer than
/// two. `song` gives the standardised features of each of `n`.
pub(crate) fn usually_nearest(n: usize, song: impl FnMut(usize) -> Vec<f64>) -> f64 {
    let step = n.div_ceil(MAX_COMPARED).max(1);
    let songs: Vec<Vec<f64>> = (0..n).step_by(step).map(song).collect();
    let mut nearest = vec![f64::INFINITY; songs.len()];
    for (i, song) in songs.iter().enumerate() {
        for (j, other) in songs[..i].iter().enumerate() {
            let distance = distance(song, other);
            nearest[i] = nearest[i].min(distance);
            nearest[j] = nearest[j].min(distance);
        }
    }
    nearest.sort_unstable_by(f64::total_cmp);
    let usual = nearest.get((nearest.len() as f64 * UNUSUAL) as usize).copied();
    usual.filter(|distance| distance.is_finite()).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_twenty_may_be_nearer_than_usual() {
        let place = |idx: usize| vec![idx as f64, 0.0];
        let apart = usually_nearest(100, place);
        assert!((apart - 0.5f64.sqrt()).abs() < 1e-12, "{apart}");
        let with_copies = |n_copies: usize| {
            usually_nearest(100, |idx| if idx < n_copies { vec![0.0; 2] } else { place(idx) })
        };
        assert!((with_copies(3) - apart).abs() < 1e-12 && with_copies(10) < 1e-12);
    }

    #[test]
    fn of_one_song_nothing_is_usual() {
        assert!(
            usually_nearest(1, |_| vec![1.0]) < 1e-12 && usually_nearest(0, |_| vec![]) < 1e-12
        );
    }
}
