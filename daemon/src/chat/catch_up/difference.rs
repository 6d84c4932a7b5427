//! Which emoji below a post have to be looked at more closely?

use std::collections::{BTreeMap, BTreeSet};

use bot::chat::Below;
use bot::reaction::Emoji;

use crate::store::{CHAT, Vote};

/// How many votes from the chat stand on a track with each emoji.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeMap<Emoji, u64>);

impl Held {
    pub(super) fn of(votes: &[Vote]) -> Self {
        let mut held = Self::default();
        for vote in votes.iter().filter(|vote| vote.stands() && vote.listener.starts_with(CHAT)) {
            *held.0.entry(Emoji::new(&vote.emoji)).or_default() += 1;
        }
        held
    }

    /// The emoji whose people must be known for all votes on a track to be right: those that count for
    /// something, or did.
    pub(super) fn all(&self, below: &Below, counts: impl Fn(&Emoji) -> bool) -> Vec<Emoji> {
        let shown = below.counts.iter().map(|(emoji, _)| emoji);
        let is_asked = |emoji: &&Emoji| self.0.keys().any(|held| held.is(emoji)) || counts(emoji);
        let held = self.0.keys().filter(|emoji| !emoji.is_of_any_form());
        let all: BTreeSet<&Emoji> = shown.filter(is_asked).chain(held).collect();
        all.into_iter().cloned().collect()
    }

    /// The emoji of which there are not as many votes as people, or `None` if that cannot be said of some
    /// votes.
    pub(super) fn differing(
        &self,
        below: &Below,
        counts: impl Fn(&Emoji) -> bool,
    ) -> Option<Vec<Emoji>> {
        if self.0.keys().any(Emoji::is_of_any_form) {
            return None;
        }
        let shown: BTreeMap<&Emoji, u64> = below.counts.iter().map(|(e, n)| (e, *n)).collect();
        let all: BTreeSet<&Emoji> = shown.keys().copied().chain(self.0.keys()).collect();
        let differs = |emoji: &&&Emoji| {
            let (people, votes) = (shown.get(**emoji), self.0.get(**emoji));
            people != votes && (votes.is_some() || counts(emoji))
        };
        Some(all.iter().filter(differs).map(|emoji| (*emoji).clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use bot::chat::MessageId;

    use super::*;

    fn below(counts: &[(&str, u64)]) -> Below {
        let counts = counts.iter().map(|(emoji, n)| (Emoji::new(emoji), *n)).collect();
        Below { message: MessageId(1), counts }
    }

    fn held(votes: &[&str]) -> Held {
        let vote = |emoji: &&str| Vote {
            listener: format!("{CHAT}a"),
            emoji: (*emoji).to_owned(),
            value: 1.0,
            weight: 1.0,
            at_ms: 1,
            removed_at_ms: None,
        };
        Held::of(&votes.iter().map(vote).collect::<Vec<_>>())
    }

    #[test]
    fn only_what_differs_and_counts_is_asked_for() {
        let is_counting = |emoji: &Emoji| emoji.as_str() != "🤔";
        let asked = |votes: &[&str], counts: &[(&str, u64)]| {
            let emoji = held(votes).differing(&below(counts), is_counting)?;
            Some(emoji.iter().map(Emoji::to_string).collect::<Vec<_>>())
        };
        let some = |emoji: &[&str]| Some(emoji.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(asked(&["👍", "👍", "👍🏿"], &[("👍", 2), ("👍🏿", 1), ("🤔", 9)]), some(&[]));
        assert_eq!(asked(&["👍", "👍"], &[("👍", 1), ("👍🏿", 1)]), some(&["👍", "👍🏿"]));
        assert_eq!(asked(&["👍", "🤔"], &[("👍", 1)]), some(&["🤔"]), "it counted once");
        assert_eq!(asked(&["🔥"], &[("🔥", 1), ("🔥 burst", 1)]), some(&["🔥 burst"]));
        assert_eq!(asked(&["👍 any"], &[("👍", 1)]), None);
        assert_eq!(
            held(&["👎"]).all(&below(&[("👎", 3), ("🤔", 1), ("👍", 1)]), is_counting),
            [Emoji::new("👍"), Emoji::new("👎")]
        );
    }
}
