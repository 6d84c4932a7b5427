//! How far is it, and how long will it take?

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Characters of the bar.
const WIDTH: usize = 24;

/// Says where things stand, a line each time.
pub(crate) struct Progress {
    say: fn(&str),
    state: Mutex<State>,
}

struct State {
    n_done: usize,
    n_steps: usize,
    since: Instant,
}

impl Progress {
    /// That is said with `say`.
    pub(crate) fn new(say: fn(&str)) -> Self {
        let state = State { n_done: 0, n_steps: 0, since: Instant::now() };
        Self { say, state: Mutex::new(state) }
    }

    /// Says something for which there is no bar.
    pub(super) fn say(&self, what: &str) {
        (self.say)(what);
    }

    /// The steps begin, of which there will be so many.
    pub(super) fn expect(&self, n_steps: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { n_done: 0, n_steps, since: Instant::now() };
    }

    /// A step begins.
    pub(super) fn begins(&self, what: &str) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (self.say)(&state.line(what));
    }

    /// Steps ended.
    pub(super) fn ended(&self, n_steps: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).n_done += n_steps;
    }
}

impl State {
    fn line(&self, what: &str) -> String {
        let filled = self.n_done * WIDTH / self.n_steps.max(1);
        let bar = "#".repeat(filled) + &".".repeat(WIDTH.saturating_sub(filled));
        let left = if self.n_done == 0 {
            String::new()
        } else {
            let each = self.since.elapsed().as_secs_f64() / self.n_done as f64;
            let minutes = each * self.n_steps.saturating_sub(self.n_done) as f64 / 60.0;
            format!(", {minutes:.1} min left")
        };
        format!("[{bar}] {}/{} {what}{left}", self.n_done, self.n_steps)
    }
}
