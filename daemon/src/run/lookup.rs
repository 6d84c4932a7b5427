//! Is something being looked up, and does that have to be done again?

/// How far a lookup is that is started by news, of which more may come meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lookup {
    #[default]
    Idle,
    Underway,
    /// Under way, while there is news that it may not have seen.
    Outdated,
}

impl Lookup {
    /// There is news; whether a lookup is to be started.
    pub(super) fn begin(&mut self) -> bool {
        let is_idle = *self == Self::Idle;
        *self = if is_idle { Self::Underway } else { Self::Outdated };
        is_idle
    }

    /// The lookup has ended; whether it is to be done again.
    pub(super) fn end(&mut self) -> bool {
        std::mem::take(self) == Self::Outdated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_during_a_lookup_call_for_one_more_and_not_for_two() {
        let mut lookup = Lookup::default();
        assert!(lookup.begin() && !lookup.begin() && !lookup.begin());
        assert!(lookup.end(), "there was news");
        assert!(lookup.begin());
        assert!(!lookup.end());
    }
}
