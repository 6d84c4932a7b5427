//! How alike are two sets of songs, measure by measure?

use crate::measures::{MEASURES, Measures, N_MEASURES};
use crate::overlap;

/// How often the real songs are halved.
const N_HALVINGS: usize = 20;

/// A song's name and measures.
pub(crate) type Measured = (String, Measures);

/// Prints how far `others` overlap with `real`, against two halves of `whole`, the set that `real`
/// comes from.
pub(crate) fn print(whole: &[Measured], real: &[Measured], others: &[Measured]) {
    println!(
        "{:<20} {:>10} {:>10} {:>8} {:>8} {:>8}",
        "", "real", "others", "halves", "overlap", "ratio"
    );
    let mut sums = [0.0; 3];
    for (idx, (_, name)) in MEASURES.iter().enumerate() {
        let against = overlap::area(&column(real, idx), &column(others, idx));
        let halves = halved(whole, idx);
        let ratio = against / halves;
        for (sum, value) in sums.iter_mut().zip([halves, against, ratio]) {
            *sum += value / N_MEASURES as f64;
        }
        println!(
            "{name:<20} {:>10.3} {:>10.3} {halves:>8.3} {against:>8.3} {ratio:>8.3}",
            mean(&column(real, idx)),
            mean(&column(others, idx)),
        );
    }
    let [halves, against, ratio] = sums;
    println!("{:<42} {halves:>8.3} {against:>8.3} {ratio:>8.3}", "mean");
    let [a, b] = [real, others].map(|songs| {
        100.0 * songs.iter().map(|(_, song)| song.repeated_bars).sum::<f64>() / songs.len() as f64
    });
    println!("bars that repeat an earlier one: real {a:.1} %, others {b:.1} %");
}

/// The mean overlap of two halves of the songs.
fn halved(songs: &[Measured], idx: usize) -> f64 {
    let half = |salt: usize, side: bool| -> Vec<Vec<f64>> {
        let of_side = songs.iter().filter(|(name, _)| {
            blake3::hash(format!("{salt} {name}").as_bytes()).as_bytes()[0].is_multiple_of(2)
                == side
        });
        of_side.map(|(_, song)| song.values[idx].clone()).collect()
    };
    let overlap = |salt| overlap::area(&half(salt, true), &half(salt, false));
    (0..N_HALVINGS).map(overlap).sum::<f64>() / N_HALVINGS as f64
}

fn column(songs: &[Measured], idx: usize) -> Vec<Vec<f64>> {
    songs.iter().map(|(_, song)| song.values[idx].clone()).collect()
}

fn mean(values: &[Vec<f64>]) -> f64 {
    let all: Vec<f64> = values.iter().flatten().copied().collect();
    all.iter().sum::<f64>() / all.len().max(1) as f64
}
