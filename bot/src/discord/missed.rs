//! Which events were missed, and how often is that told?
//!
//! An event that cannot be read leaves no other trace. Where one kind fails, it fails each time, so that it
//! is told at most once a minute.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two reports.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Counts the events that could not be read.
#[derive(Debug, Default)]
pub(super) struct Missed(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_kind: BTreeMap<String, u64>,
    /// Kinds of which some came since the last report.
    is_new: bool,
    reported_at: Option<Instant>,
}

impl Missed {
    /// One more of this kind.
    pub(super) fn count(&self, kind: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.by_kind.entry(kind.to_owned()).or_default() += 1;
        counts.is_new = true;
    }

    /// Reports what came since the last report, unless that was just now.
    pub(super) fn report(&self) {
        if let Some(text) = self.news(Instant::now()) {
            tracing::warn!(events = text, "events of Discord could not be read and were missed");
        }
    }

    /// What to report, at most once a minute: all kinds with how many of each there were in all.
    fn news(&self, now: Instant) -> Option<String> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let just_now = counts.reported_at.is_some_and(|at| now - at < REPORT_EVERY);
        if !counts.is_new || just_now {
            return None;
        }
        counts.is_new = false;
        counts.reported_at = Some(now);
        let kinds = counts.by_kind.iter().map(|(kind, n)| format!("{n} {kind}"));
        Some(kinds.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_reported_once_a_minute() {
        let missed = Missed::default();
        let now = Instant::now();
        assert_eq!(missed.news(now), None);
        missed.count("GUILD_CREATE");
        assert_eq!(missed.news(now).as_deref(), Some("1 GUILD_CREATE"));
        missed.count("GUILD_CREATE");
        missed.count("READY");
        assert_eq!(missed.news(now + REPORT_EVERY / 2), None);
        assert_eq!(missed.news(now + REPORT_EVERY).as_deref(), Some("2 GUILD_CREATE, 1 READY"));
        assert_eq!(missed.news(now + REPORT_EVERY * 3), None);
    }
}
