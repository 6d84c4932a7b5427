//! How far along is a training, and how long will it still take?
//!
//! Pure: seconds come from outside. A training ends when its steps or its time are used up, whichever
//! comes first.

/// The speed of a training and its time.
pub(super) struct Pace {
    /// Seconds that it may take.
    budget: f64,
    /// Seconds that it had taken when this process resumed it.
    before: f64,
    /// Steps and seconds at the start of the previous epoch and of this one: the current pace is
    /// measured from the former.
    marks: [(usize, f64); 2],
}

impl Pace {
    /// A training that may take `budget` seconds, of which it took `before` for `step` steps.
    pub(super) fn new(budget: f64, before: f64, step: usize) -> Self {
        Self { budget, before, marks: [(step, 0.0); 2] }
    }

    /// An epoch begins, `now` seconds after this process began or resumed the training.
    pub(super) fn begin_epoch(&mut self, step: usize, now: f64) {
        self.marks = [self.marks[1], (step, now)];
    }

    /// Seconds used up.
    pub(super) fn used(&self, now: f64) -> f64 {
        self.before + now
    }

    /// The share of the time that is used up, 0 to 1.
    pub(super) fn time_share(&self, now: f64) -> f64 {
        (self.used(now) / self.budget).min(1.0)
    }

    /// Seconds left after `step` of `n_steps`.
    pub(super) fn left(&self, step: usize, n_steps: usize, now: f64) -> f64 {
        let (first, since) = self.marks[0];
        let by_time = (self.budget - self.used(now)).max(0.0);
        match step.saturating_sub(first) {
            0 => by_time,
            n => by_time.min((now - since) / n as f64 * n_steps.saturating_sub(step) as f64),
        }
    }

    /// The share of the whole that is over after `step` of `n_steps`, 0 to 1.
    pub(super) fn share(&self, step: usize, n_steps: usize, now: f64) -> f64 {
        (step as f64 / n_steps.max(1) as f64).clamp(self.time_share(now), 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(number: f64, expected: f64) {
        assert!((number - expected).abs() < 1e-9, "{number} is not {expected}");
    }

    #[test]
    fn whichever_ends_first_counts() {
        let pace = Pace::new(1000.0, 0.0, 0);
        is(pace.left(0, 500, 0.0), 1000.0);
        is(pace.left(100, 500, 50.0), 200.0);
        is(pace.left(100, 5000, 50.0), 950.0);
        is(pace.share(100, 500, 50.0), 0.2);
        is(pace.share(100, 5000, 50.0), 0.05);
        is(pace.left(500, 500, 1200.0), 0.0);
        is(pace.share(500, 5000, 1200.0), 1.0);
    }

    #[test]
    fn the_present_pace_is_that_of_the_last_epochs() {
        let mut pace = Pace::new(1e6, 0.0, 0);
        pace.begin_epoch(100, 1000.0);
        is(pace.left(150, 300, 1050.0), 150.0 * 7.0);
        pace.begin_epoch(200, 1100.0);
        is(pace.left(200, 300, 1100.0), 100.0);
    }

    #[test]
    fn time_before_a_stop_counts() {
        let pace = Pace::new(100.0, 80.0, 40);
        is(pace.left(40, 1000, 0.0), 20.0);
        is(pace.left(50, 60, 5.0), 5.0);
        is(pace.used(5.0), 85.0);
        is(pace.time_share(5.0), 0.85);
    }
}
