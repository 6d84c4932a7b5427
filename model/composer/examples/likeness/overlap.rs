//! How far do two distributions overlap?

/// Points at which densities are compared.
const N_POINTS: usize = 512;

/// The area under both densities, 0 (nothing in common) to 1 (the same). Each song has one vote,
/// however many values it has. Densities are Gaussian kernel estimates with one bandwidth for both
/// sets, Silverman's rule on all values; whole-numbered measures get at least half a unit.
pub(crate) fn area(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let all: Vec<f64> = a.iter().chain(b).flatten().copied().collect();
    let n_songs = (a.len() + b.len()) as f64;
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
    let whole = all.iter().all(|x| x.fract() == 0.0);
    let least = if whole { 0.5 } else { 1e-3 };
    let bandwidth = (1.06 * variance.sqrt() * (n_songs / 2.0).powf(-0.2)).max(least);
    let low = all.iter().copied().fold(f64::INFINITY, f64::min) - 4.0 * bandwidth;
    let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 4.0 * bandwidth;
    let step = (high - low) / N_POINTS as f64;
    let density = |songs: &[Vec<f64>]| -> Vec<f64> {
        let mut density = vec![0.0; N_POINTS];
        for song in songs.iter().filter(|song| !song.is_empty()) {
            let weight = 1.0 / (songs.len() * song.len()) as f64;
            for x in song {
                let center = (x - low) / step;
                let reach = 4.0 * bandwidth / step;
                let from = (center - reach).max(0.0) as usize;
                let to = ((center + reach) as usize + 1).min(N_POINTS);
                for (point, sum) in density.iter_mut().enumerate().take(to).skip(from) {
                    let z = (point as f64 - center) * step / bandwidth;
                    *sum += weight * (-0.5 * z * z).exp();
                }
            }
        }
        let total: f64 = density.iter().sum();
        for value in &mut density {
            *value /= total.max(1e-12);
        }
        density
    };
    density(a).iter().zip(density(b)).map(|(a, b)| a.min(b)).sum()
}
