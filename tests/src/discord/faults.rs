//! How does a test let things go wrong?
//!
//! `part` is a piece of the requests that something shall happen to, written "METHOD path".

use std::time::Duration;

use super::Discord;
use super::trouble::{Bucket, Fault, Limit, Troubles};

impl Discord {
    /// The next `n` requests are answered with 429. Coming back before `seconds` are over is a
    /// violation.
    pub fn limit(&self, part: &str, n: u32, seconds: f64) {
        self.state.lock().troubles.limits.push(Limit::new(part, n, seconds, false));
    }

    /// The next request is answered with 429 for all of them: any other within `seconds` is a violation.
    pub fn limit_all(&self, part: &str, seconds: f64) {
        self.state.lock().troubles.limits.push(Limit::new(part, 1, seconds, true));
    }

    /// From now on these requests are counted, `size` in `seconds`; the answers say how many are left.
    pub fn count(&self, part: &str, size: u32, seconds: f64) {
        self.state.lock().troubles.buckets.push(Bucket::new(part, size, seconds));
    }

    /// How many requests were answered with 429.
    pub fn n_limited(&self) -> usize {
        self.state.lock().troubles.n_limited
    }

    /// From now on events and answers lack everything that may be missing.
    pub fn be_sloppy(&self) {
        self.state.lock().sloppy = true;
    }

    /// The next `n` requests fail with status 502.
    pub fn break_down(&self, part: &str, n: u32) {
        self.plan(part, n, Fault::BrokenDown);
    }

    /// The next `n` requests are refused with this status and Discord's code for the reason.
    pub fn refuse(&self, part: &str, n: u32, status: u16, code: u32) {
        self.plan(part, n, Fault::Refused(status, code));
    }

    /// The next `n` requests are not done, and get no answer.
    pub fn cut_off(&self, part: &str, n: u32) {
        self.plan(part, n, Fault::CutOff);
    }

    /// The next `n` requests are done, but their answer gets lost: the bot sees status 502.
    pub fn lose_answers(&self, part: &str, n: u32) {
        self.plan(part, n, Fault::AnswerLost);
    }

    /// The next `n` requests are done, and get no answer.
    pub fn cut_off_answers(&self, part: &str, n: u32) {
        self.plan(part, n, Fault::AnswerCutOff);
    }

    /// The next `n` requests are done, but nobody can read the answers.
    pub fn garble_answers(&self, part: &str, n: u32) {
        self.plan(part, n, Fault::Garbled);
    }

    /// The next `n` requests are done after `time`.
    pub fn delay(&self, part: &str, n: u32, time: Duration) {
        self.plan(part, n, Fault::Late(time));
    }

    /// Nothing is broken, lost or limited any more.
    pub fn mend(&self) {
        self.state.lock().troubles = Troubles::default();
    }

    fn plan(&self, part: &str, n: u32, fault: Fault) {
        self.state.lock().troubles.faults.push((part.to_owned(), n, fault));
    }
}
