//! Who hears which track, and how does each listener vote?

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// How somebody votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    /// Likes or dislikes, by what is heard.
    Honest,
    /// The same, always with the strongest emoji.
    Strong,
    /// Likes everything.
    Pleased,
    /// As the first, but rarely.
    Rare,
    /// Throws votes.
    Random,
}

/// In the order in which they join: of six listeners two are honest, and one has each other habit.
const HABITS: [Habit; 6] =
    [Habit::Honest, Habit::Strong, Habit::Pleased, Habit::Rare, Habit::Random, Habit::Honest];
/// How often one votes who votes rarely, where others vote once.
const RARELY: f64 = 0.15;
/// The most listeners of one track.
const MOST_LISTENERS: usize = 3;

/// A member of a community.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) name: String,
    habit: Habit,
}

/// The members of a community.
pub(super) fn community(guild: Option<&str>, n_listeners: usize) -> Vec<Listener> {
    let listener = |idx: usize| {
        let name =
            format!("{}listener-{}", guild.map_or(String::new(), |g| format!("{g}-")), idx + 1);
        Listener { name, habit: HABITS[idx % HABITS.len()] }
    };
    (0..n_listeners).map(listener).collect()
}

/// How many listeners vote on each track, one to three, so that there are `n_votes` in all.
pub(super) fn audiences(n_votes: usize, n_listeners: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let mut left = n_votes;
    let mut audiences = Vec::new();
    while left > 0 {
        let n = rng.random_range(1..=MOST_LISTENERS).min(n_listeners).min(left);
        audiences.push(n);
        left -= n;
    }
    audiences
}

/// Different listeners for one track.
pub(super) fn audience<'a>(
    community: &'a [Listener],
    n_listeners: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<&'a Listener> {
    let diligence = |listener: &Listener| if listener.habit == Habit::Rare { RARELY } else { 1.0 };
    let drawn = community.choose_multiple_weighted(rng, n_listeners, diligence);
    drawn.expect("every listener votes at some time").collect()
}

impl Listener {
    /// The vote on a track by whether it is to this community's liking (`None`: nobody has a liking), which
    /// is mistaken with the probability `wrong`.
    pub(super) fn vote(
        &self,
        is_liked: Option<bool>,
        wrong: f64,
        rng: &mut ChaCha8Rng,
    ) -> &'static str {
        // Drawn in any case, so that all hear the same coins.
        let (coin, is_wrong) = (rng.random_bool(0.5), rng.random_bool(wrong));
        let says_so = is_liked.map_or(coin, |is_liked| is_liked != is_wrong);
        let says_so = match self.habit {
            Habit::Honest | Habit::Rare | Habit::Strong => says_so,
            Habit::Pleased => true,
            Habit::Random => coin,
        };
        match (self.habit == Habit::Strong, says_so) {
            (false, true) => "👍",
            (false, false) => "👎",
            (true, true) => "🔥",
            (true, false) => "💩",
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn there_are_as_many_votes_as_wanted_and_one_of_each_listener_a_track() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let members = community(Some("A"), 6);
        let audiences = audiences(61, members.len(), &mut rng);
        assert_eq!(audiences.iter().sum::<usize>(), 61);
        let mut n_rare = 0;
        for n in audiences.repeat(20) {
            let mut heard = audience(&members, n, &mut rng);
            n_rare += heard.iter().filter(|listener| listener.habit == Habit::Rare).count();
            heard.dedup_by_key(|listener| &listener.name);
            assert_eq!(heard.len(), n);
        }
        assert!(n_rare > 0 && n_rare < 61 * 20 / 12, "{n_rare} of {}", 61 * 20);
        assert!(members.iter().all(|listener| listener.name.starts_with("A-")));
    }

    #[test]
    fn votes_follow_habits_and_mistakes() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut votes = |habit, is_liked, wrong| {
            let listener = Listener { name: String::new(), habit };
            let votes: std::collections::BTreeSet<&str> =
                (0..50).map(|_| listener.vote(is_liked, wrong, &mut rng)).collect();
            votes.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(votes(Habit::Honest, Some(true), 0.0), ["👍"]);
        assert_eq!(votes(Habit::Honest, Some(true), 1.0), ["👎"]);
        assert_eq!(votes(Habit::Strong, Some(false), 0.0), ["💩"]);
        assert_eq!(votes(Habit::Pleased, Some(false), 0.0), ["👍"]);
        assert_eq!(votes(Habit::Random, Some(true), 0.0), ["👍", "👎"]);
        assert_eq!(votes(Habit::Honest, None, 0.0), ["👍", "👎"]);
    }
}
