//! How large is a step of the optimiser?

use super::settings::Hyperparameters;

/// The learning rate after a share of the run's steps and a share of its time, 0 to 1 each: up to its
/// peak over the warm-up, then down along half a cosine to a twentieth of it. Whichever runs out first
/// leads, so that a run whose time is short ends with small steps too.
pub(super) fn rate_at(steps: f64, time: f64, settings: &Hyperparameters) -> f64 {
    let over = steps.max(time).clamp(0.0, 1.0);
    let factor = if over < settings.warmup {
        // Not from nothing: the first step counts too.
        (over / settings.warmup).max(0.02)
    } else {
        let share = (over - settings.warmup) / (1.0 - settings.warmup);
        0.05 + 0.95 * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    };
    settings.learning_rate * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_to_its_peak_and_falls() {
        let settings = Hyperparameters { warmup: 0.1, ..Hyperparameters::default() };
        let rates: Vec<f64> =
            (0..100).map(|n| rate_at(f64::from(n) / 100.0, 0.0, &settings)).collect();
        assert!(rates[..10].is_sorted() && rates[10..].is_sorted_by(|a, b| a >= b));
        assert!((rates[10] - settings.learning_rate).abs() < 1e-12);
        assert!(rates[0] > 0.0 && rates[99] < settings.learning_rate * 0.06);
        assert!((rate_at(0.2, 0.7, &settings) - rate_at(0.7, 0.1, &settings)).abs() < 1e-12);
    }
}
