//! How large is a step of the optimiser?

use super::Hyperparameters;

/// The learning rate at step `step` of `n_steps`: up to its peak over the warm-up, then down along
/// half a cosine to a twentieth of it.
pub(super) fn rate_at(step: usize, n_steps: usize, settings: &Hyperparameters) -> f64 {
    let n_warm = (settings.warmup * n_steps as f64).ceil();
    let step = step as f64;
    let factor = if step < n_warm {
        (step + 1.0) / n_warm
    } else {
        let share = (step - n_warm) / (n_steps as f64 - n_warm).max(1.0);
        0.05 + 0.95 * 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos())
    };
    settings.learning_rate * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls() {
        let settings = Hyperparameters { warmup: 0.1, ..Hyperparameters::default() };
        let rates: Vec<f64> = (0..100).map(|step| rate_at(step, 100, &settings)).collect();
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert!((rates[9] - settings.learning_rate).abs() < 1e-12);
        assert!(rates[99] < settings.learning_rate * 0.06);
    }
}
