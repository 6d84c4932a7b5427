//! Are the tracks that a taste chose liked more often than those made plainly?
//!
//! Counted are the tracks of the chat between whose arms chance decided, so that nothing but the choice
//! tells them apart. One listener has one ballot on a track, whatever reactions it is the sum of.
//!
//! Over all versions together the arms are not quite alike: plain tracks become rarer with time, so that
//! more of them are by early versions. Compare within a version where versions differ much.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::rating::each_once;
use crate::context::Context;
use crate::store::{Arm, Vote};

/// Ballots on an arm from which on a comparison says something.
pub(crate) const ENOUGH: u32 = 40;

/// The standard normal quantile of an interval of 95 %, and its share.
const Z: f64 = 1.96;
const SHARE: f64 = 0.95;
const N_RESAMPLES: usize = 1000;

/// What one listener says of one track that takes part in the comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArmBallot {
    /// How the track came to be.
    pub(crate) arm: Arm,
    /// The version that made it.
    pub(crate) version: u32,
    /// For whom it was made.
    pub(crate) community: Option<String>,
    listener: String,
    is_liked: bool,
}

/// How often the tracks of both arms are liked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LikeRates {
    chosen: Likes,
    plain: Likes,
    /// The share of likes of chosen tracks less that of plain ones; `None` unless both have votes.
    more: Option<More>,
}

/// How often the tracks of an arm are liked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Likes {
    /// One for each listener and track.
    votes: u32,
    /// Those whose reactions add up to more than 0.
    liked: u32,
}

/// A difference of two shares and its interval of 95 %, −1 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct More {
    low: f64,
    estimate: f64,
    high: f64,
}

/// The ballots on the tracks of a genre that take part in the comparison.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn arm_ballots(context: &Context, genre: &str) -> anyhow::Result<Vec<ArmBallot>> {
    let mut ballots = Vec::new();
    for (id, votes) in context.store.votes_of_genre(genre)? {
        let verdicts = verdicts(&votes);
        if verdicts.is_empty() {
            continue;
        }
        let Some(track) = context.store.track(id)? else { continue };
        let Some(arm) = track.arm else { continue };
        ballots.extend(verdicts.into_iter().map(|(listener, is_liked)| ArmBallot {
            arm,
            version: track.version,
            community: track.wish.community.clone(),
            listener: listener.to_owned(),
            is_liked,
        }));
    }
    Ok(ballots)
}

/// Whether each listener with a standing vote on a track likes it.
fn verdicts(votes: &[Vote]) -> BTreeMap<&str, bool> {
    let mut sums: BTreeMap<&str, f32> = BTreeMap::new();
    for vote in each_once(votes.iter().filter(|vote| vote.stands())) {
        *sums.entry(&vote.listener).or_default() += vote.value;
    }
    sums.into_iter().map(|(listener, sum)| (listener, sum > 0.0)).collect()
}

impl LikeRates {
    /// What the ballots say; `None` without any. The interval is the wider one of Newcombe's, which
    /// knows how few ballots there are, and the bootstrap by listener, which knows how few minds.
    pub(crate) fn of<'a>(ballots: impl IntoIterator<Item = &'a ArmBallot>) -> Option<Self> {
        let mut by_listener: BTreeMap<&str, [taste::Arm; 2]> = BTreeMap::new();
        let mut pooled = [taste::Arm::default(); 2];
        for ballot in ballots {
            let idx = usize::from(ballot.arm == Arm::Plain);
            let own = by_listener.entry(&ballot.listener).or_default();
            for arm in [&mut own[idx], &mut pooled[idx]] {
                arm.n += 1;
                arm.n_liked += u32::from(ballot.is_liked);
            }
        }
        if by_listener.is_empty() {
            return None;
        }
        let [chosen, plain] = pooled;
        let listeners: Vec<[taste::Arm; 2]> = by_listener.into_values().collect();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let by_mind = taste::bootstrap(&listeners, SHARE, N_RESAMPLES, &mut rng);
        let more = by_mind.map(|by_mind| {
            let by_ballot = taste::difference(chosen, plain, Z);
            More {
                low: by_ballot.low.min(by_mind.low),
                estimate: by_ballot.estimate,
                high: by_ballot.high.max(by_mind.high),
            }
        });
        Some(Self { chosen: chosen.into(), plain: plain.into(), more })
    }

    /// How many ballots they rest on.
    pub(super) fn n_votes(&self) -> u32 {
        self.chosen.votes + self.plain.votes
    }

    /// Whether both arms have ballots.
    pub(super) fn is_compared(&self) -> bool {
        self.more.is_some()
    }

    /// For people: a sentence without its full stop, in lower case.
    pub(crate) fn in_words(&self) -> String {
        let Self { chosen, plain, more } = self;
        let Some(more) = more else {
            let (known, name, other) = match plain.votes {
                0 => (chosen, "chosen", "plain"),
                _ => (plain, "plain", "chosen"),
            };
            let votes = if known.votes == 1 { "vote" } else { "votes" };
            return format!(
                "{name} tracks are liked by {} ({} {votes}), {other} ones have none yet",
                known.percent(),
                known.votes
            );
        };
        let votes = if chosen.votes == 1 { "vote" } else { "votes" };
        format!(
            "chosen tracks are liked by {} ({} {votes}), plain ones by {} ({}): {}{}",
            chosen.percent(),
            chosen.votes,
            plain.percent(),
            plain.votes,
            more.in_points(),
            self.caution(*more)
        )
    }

    /// What is to be said where the difference may be none.
    fn caution(&self, more: More) -> &'static str {
        let has_enough = self.chosen.votes.min(self.plain.votes) >= ENOUGH;
        match (more.low > 0.0, has_enough) {
            (true, _) => "",
            (false, false) => "; too few votes to tell",
            (false, true) if more.estimate > 0.0 => "; no sure gain by the votes so far",
            (false, true) => "; no gain by the votes so far",
        }
    }
}

#[cfg(test)]
impl ArmBallot {
    /// One of a listener who votes on this arm alone.
    pub(super) fn fixture(arm: Arm, listener: u32, is_liked: bool) -> Self {
        let listener = format!("{arm:?} {listener}");
        Self { arm, version: 1, community: None, listener, is_liked }
    }
}

impl From<taste::Arm> for Likes {
    fn from(arm: taste::Arm) -> Self {
        Self { votes: arm.n, liked: arm.n_liked }
    }
}

impl Likes {
    fn percent(self) -> String {
        let arm = taste::Arm { n: self.votes, n_liked: self.liked };
        format!("{:.0} %", 100.0 * arm.rate())
    }
}

impl More {
    fn in_points(self) -> String {
        let Self { low, estimate, high } = self;
        let (word, low, estimate, high) = match (100.0 * estimate).round() {
            points if points < 0.0 => ("less", -high, -estimate, -low),
            _ => ("more", low, estimate, high),
        };
        let points = |share: f64| format!("{:.0}", (100.0 * share).round() + 0.0).replace('-', "−");
        format!("{} points {word} ({} to {})", points(estimate), points(low), points(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};
    use crate::store::Track;

    /// Ballots of so many listeners, one each, of whom the first `n_liked` like what they heard.
    fn ballots(arm: Arm, n: u32, n_liked: u32) -> impl Iterator<Item = ArmBallot> {
        (0..n).map(move |idx| ArmBallot::fixture(arm, idx, idx < n_liked))
    }

    fn rates(chosen: (u32, u32), plain: (u32, u32)) -> Option<LikeRates> {
        let chosen = ballots(Arm::Chosen, chosen.0, chosen.1);
        let all: Vec<_> = chosen.chain(ballots(Arm::Plain, plain.0, plain.1)).collect();
        LikeRates::of(&all)
    }

    fn words(chosen: (u32, u32), plain: (u32, u32)) -> String {
        rates(chosen, plain).expect("ballots").in_words()
    }

    #[test]
    fn a_gain_is_told_in_points_with_its_interval() {
        let said = words((200, 142), (100, 52));
        let begin =
            "chosen tracks are liked by 71 % (200 votes), plain ones by 52 % (100): 19 points more";
        assert!(said.starts_with(begin) && said.ends_with(')'), "{said}");
        let more = rates((200, 142), (100, 52)).and_then(|rates| rates.more).expect("both");
        assert!(more.low > 0.0 && more.low < 0.12 && more.high > 0.26, "{more:?}");
    }

    #[test]
    fn without_a_gain_it_is_said_whether_that_is_for_want_of_votes() {
        let none = words((60, 30), (60, 33));
        assert!(
            none.contains(": 5 points less (−") && none.ends_with("no gain by the votes so far")
        );
        let unsure = words((60, 33), (60, 30));
        assert!(unsure.contains(": 5 points more (−"), "{unsure}");
        assert!(unsure.ends_with("; no sure gain by the votes so far"), "{unsure}");
        assert!(words((60, 33), (ENOUGH - 1, 20)).ends_with("; too few votes to tell"));
        let one = "chosen tracks are liked by 100 % (1 vote), plain ones have none yet";
        assert_eq!(words((1, 1), (0, 0)), one);
        let other = "plain tracks are liked by 50 % (2 votes), chosen ones have none yet";
        assert_eq!(words((0, 0), (2, 1)), other);
        assert_eq!(rates((0, 0), (0, 0)), None);
    }

    #[test]
    fn many_ballots_of_few_minds_are_less_sure_than_of_many() {
        let many = rates((200, 120), (200, 80)).and_then(|rates| rates.more).expect("both");
        let of_few = |mut ballot: ArmBallot| {
            let mind = if ballot.is_liked { "a" } else { "b" };
            let idx: usize = ballot.listener.len() % 2;
            ballot.listener = format!("{mind}{idx}");
            ballot
        };
        let chosen = ballots(Arm::Chosen, 200, 120);
        let few: Vec<_> = chosen.chain(ballots(Arm::Plain, 200, 80)).map(of_few).collect();
        let few = LikeRates::of(&few).and_then(|rates| rates.more).expect("both");
        assert!(few.estimate.to_bits() == many.estimate.to_bits());
        assert!(many.low > 0.0 && few.low < 0.0, "{many:?} {few:?}");
    }

    #[test]
    fn a_listener_counts_once_a_track_and_tracks_without_an_arm_do_not() {
        let (_folder, context) = context();
        let arms = [Some(Arm::Chosen), Some(Arm::Plain), None];
        let [chosen, plain, neither] = arms
            .map(|arm| context.store.add_new_track(|_| Track { arm, ..track() }).expect("added"));
        let vote = |id, listener: &str, emoji: &str, value| {
            let (listener, emoji) = (listener.to_owned(), emoji.to_owned());
            let vote = Vote { listener, emoji, value, weight: 1.0, at_ms: 1, removed_at_ms: None };
            context.store.add_vote(id, vote).expect("voted");
        };
        vote(chosen, "ann", "👍", 1.0);
        vote(chosen, "ann", "💩", -2.0);
        vote(chosen, "bob", "👍", 1.0);
        vote(plain, "ann", "👍", 1.0);
        vote(plain, "bob", "👍", 1.0);
        vote(neither, "ann", "👍", 1.0);
        context.store.take_back_vote(plain, "bob", "👍", 2).expect("taken back");
        let rates = LikeRates::of(&arm_ballots(&context, "hardstyle").expect("readable"));
        let rates = rates.expect("ballots");
        assert_eq!(rates.chosen, Likes { votes: 2, liked: 1 });
        assert_eq!(rates.plain, Likes { votes: 1, liked: 1 });
    }
}
