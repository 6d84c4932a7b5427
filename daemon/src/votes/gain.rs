//! What do votes gain, over all communities and in each?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::like_rates::{ArmBallot, LikeRates};

/// Communities that people are told of at most: those with the most votes.
const MAX_TOLD: usize = 5;

/// How often tracks are liked that a taste chose, and how often plain ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gain {
    /// Of all communities together; `None` before the first vote on a track that takes part in the
    /// comparison.
    like_rates: Option<LikeRates>,
    /// The same of each community.
    communities: Vec<OfCommunity>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OfCommunity {
    community: String,
    like_rates: LikeRates,
}

impl Gain {
    /// What these ballots say.
    pub(crate) fn of<'a>(ballots: impl IntoIterator<Item = &'a ArmBallot>) -> Self {
        let ballots: Vec<&ArmBallot> = ballots.into_iter().collect();
        let mut by_community: BTreeMap<&str, Vec<&ArmBallot>> = BTreeMap::new();
        for ballot in &ballots {
            if let Some(community) = &ballot.community {
                by_community.entry(community).or_default().push(ballot);
            }
        }
        let of_community = |(community, own): (&str, Vec<&ArmBallot>)| {
            let (community, like_rates) = (community.to_owned(), LikeRates::of(own)?);
            Some(OfCommunity { community, like_rates })
        };
        let communities = by_community.into_iter().filter_map(of_community).collect();
        Self { like_rates: LikeRates::of(ballots), communities }
    }

    /// For people, line by line: all together, then those communities with the most votes if there are
    /// several.
    pub(crate) fn lines(&self) -> Vec<String> {
        let all = self.like_rates.iter().map(LikeRates::in_words);
        if self.communities.len() < 2 {
            return all.collect();
        }
        let mut told: Vec<&OfCommunity> = self.communities.iter().collect();
        told.sort_by_key(|own| std::cmp::Reverse(own.like_rates.n_votes()));
        let told = told.into_iter().take(MAX_TOLD);
        let each = told.map(|own| format!("in {}: {}", own.community, own.like_rates.in_words()));
        all.chain(each).collect()
    }

    /// For somebody of a community, in words that begin with a small letter: its own, or all together as
    /// long as its votes compare nothing.
    pub(crate) fn told_in(&self, community: Option<&str>) -> Option<String> {
        let all = self.like_rates.as_ref()?;
        let own = self.communities.iter().find(|own| Some(own.community.as_str()) == community);
        if let Some(own) = own.filter(|own| own.like_rates.is_compared()) {
            return Some(format!("here, {}", own.like_rates.in_words()));
        }
        let is_all_own = own.is_some_and(|own| own.like_rates.n_votes() == all.n_votes());
        let whose = if is_all_own { "" } else { "in all communities together, " };
        Some(format!("{whose}{}", all.in_words()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Arm;

    /// As many ballots of a community on either arm.
    fn of(community: &str, chosen: u32, plain: u32) -> Vec<ArmBallot> {
        let of_arm = |arm, n| (0..n).map(move |idx| ArmBallot::fixture(arm, idx, idx % 2 == 0));
        let both = of_arm(Arm::Chosen, chosen).chain(of_arm(Arm::Plain, plain));
        let placed = |mut ballot: ArmBallot| {
            ballot.community = Some(community.to_owned());
            ballot
        };
        both.map(placed).collect()
    }

    #[test]
    fn communities_are_told_apart_only_where_there_are_several() {
        let one = of("here", 2, 2);
        assert_eq!(Gain::of(&one).lines().len(), 1);
        let many: Vec<ArmBallot> =
            (1..9).flat_map(|idx| of(&format!("server {idx}"), idx, idx)).collect();
        let lines = Gain::of(&many).lines();
        assert_eq!(lines.len(), 1 + MAX_TOLD);
        assert!(lines[0].starts_with("chosen tracks are liked by "), "{lines:?}");
        assert!(lines[1].starts_with("in server 8: chosen tracks are liked by 50 % (8 votes)"));
        assert_eq!(Gain::default().lines(), Vec::<String>::new());
    }

    #[test]
    fn a_community_hears_of_itself_where_its_votes_compare_something() {
        let both = [of("here", 4, 2), of("there", 6, 6), of("quiet", 3, 0)].concat();
        let gain = Gain::of(&both);
        let told = |community| gain.told_in(community).expect("there are votes");
        assert!(told(Some("here")).starts_with("here, chosen tracks are liked by 50 % (4 votes)"));
        let all = "in all communities together, chosen tracks are liked by 54 % (13 votes)";
        for other in [Some("quiet"), Some("unheard"), None] {
            assert!(told(other).starts_with(all), "{}", told(other));
        }
        let alone = Gain::of(&of("here", 1, 0)).told_in(Some("here"));
        assert!(alone.is_some_and(|told| told.starts_with("chosen tracks are liked by 100 %")));
        assert_eq!(Gain::default().told_in(Some("here")), None);
    }
}
