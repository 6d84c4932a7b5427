//! What does each listener say of each track, and how much does it count?
//!
//! A ballot is one listener's say on one track: yes or no, with a weight. Its weight is how strongly
//! it was said, fades with age, and is held so that one loud listener, or a crowd that comes at once,
//! does not drown the others ([`influence`](crate::influence)).

use std::collections::BTreeMap;

use music::features::Vector;

use crate::influence::{Influence, held};

/// The sum of one listener's votes from which on they count as a full yes or no: one thumb. A stronger
/// emoji says no more of whether a track is liked; a thumb that counts half would throw away half of what
/// is known.
const FULL: f64 = 1.0;
/// Days in which a ballot loses half its weight, unless set otherwise.
pub const HALF_LIFE_DAYS: f64 = 120.0;

/// A vote that stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vote<'a> {
    /// Which track it is on: its place among those given to [`Ballots::of`].
    pub track: usize,
    /// Who gave it, by a name that nothing is read from.
    pub listener: &'a str,
    /// Where it was given, such as a server; `None` where there is only one place.
    pub community: Option<&'a str>,
    /// The genre of the track.
    pub genre: &'a str,
    /// −5 to 5; what a listener says of a track in several votes is added up.
    pub value: f64,
    /// How much the say of its listener on the track counts, 0 to 1; the same in all its votes.
    pub weight: f64,
    /// How old it is.
    pub age_days: f64,
    /// Its place in time among all votes; only the order counts.
    pub ordinal: u64,
}

/// What all listeners say of the tracks with votes.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    pub(crate) tracks: Vec<Vector>,
    pub(crate) groups: Vec<Group>,
}

/// How much something is liked: the weights of the ballots for and against it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Liked {
    /// For it.
    pub liked: f64,
    /// Against it.
    pub disliked: f64,
}

/// The ballots of one community on the tracks of one genre, in the order of time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) genre: String,
    pub(crate) community: Option<String>,
    pub(crate) ballots: Vec<Ballot>,
    pub(crate) n_listeners: usize,
}

/// One listener's say on one track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ballot {
    pub(crate) track: usize,
    /// Counted within the group.
    pub(crate) listener: usize,
    pub(crate) is_liked: bool,
    /// 0 to 1.
    pub(crate) weight: f64,
    pub(crate) ordinal: u64,
}

/// What one listener says of one track in one group, before weights.
#[derive(Clone, Copy)]
struct Say {
    value: f64,
    weight: f64,
    age_days: f64,
    ordinal: u64,
}

type Place<'a> = (&'a str, Option<&'a str>);

impl Ballots {
    /// The ballots that these votes make. A listener whose votes on a track cancel out says nothing
    /// of it; votes on a track that is not given are left out.
    pub fn of(tracks: Vec<Vector>, votes: &[Vote<'_>], half_life_days: f64) -> Self {
        let mut says: BTreeMap<Place<'_>, BTreeMap<(&str, usize), Say>> = BTreeMap::new();
        let mut first_seen: BTreeMap<(Option<&str>, &str), f64> = BTreeMap::new();
        for vote in votes.iter().filter(|vote| vote.track < tracks.len()) {
            let age_days = vote.age_days.max(0.0);
            let seen = first_seen.entry((vote.community, vote.listener)).or_insert(age_days);
            *seen = seen.max(age_days);
            let of_group = says.entry((vote.genre, vote.community)).or_default();
            let weight = vote.weight.clamp(0.0, 1.0);
            let new = Say { value: 0.0, weight, age_days, ordinal: vote.ordinal };
            let say = of_group.entry((vote.listener, vote.track)).or_insert(new);
            say.value += vote.value;
            say.weight = say.weight.min(weight);
            say.age_days = say.age_days.min(age_days);
            say.ordinal = say.ordinal.max(vote.ordinal);
        }
        let fade = |age_days: f64| (-age_days / half_life_days.max(1e-3)).exp2();
        let groups = says.into_iter().filter_map(|((genre, community), says)| {
            let seen = |listener: &str| first_seen[&(community, listener)];
            let (ballots, n_listeners) = ballots(&says, seen, fade);
            let community = community.map(str::to_owned);
            (!ballots.is_empty()).then(|| Group {
                genre: genre.to_owned(),
                community,
                ballots,
                n_listeners,
            })
        });
        Self { groups: groups.collect(), tracks }
    }

    /// Those of a community in a genre; `None` stands for all communities together, as if they were one, in
    /// which who votes in two of them is two listeners.
    pub(crate) fn of_community(&self, genre: &str, community: Option<&str>) -> Group {
        let mut own = Group::empty(genre, community);
        for group in self.groups.iter().filter(|group| group.is_within(genre, community)) {
            let listener = |ballot: &Ballot| own.n_listeners + ballot.listener;
            let moved = group.ballots.iter().map(|own| Ballot { listener: listener(own), ..*own });
            own.ballots.extend(moved.collect::<Vec<_>>());
            own.n_listeners += group.n_listeners;
        }
        own.ballots.sort_by_key(|ballot| (ballot.ordinal, ballot.listener, ballot.track));
        own
    }

    /// How much tracks of each of `N` kinds are liked in all genres and communities; `kind_of` says of which
    /// kind a track is, by its place among those given to [`Ballots::of`], if of any.
    pub fn liked_by_kind<const N: usize>(
        &self,
        kind_of: impl Fn(usize) -> Option<usize>,
    ) -> [Liked; N] {
        let mut kinds = [Liked::default(); N];
        for ballot in self.groups.iter().flat_map(|group| &group.ballots) {
            let Some(kind) = kind_of(ballot.track).and_then(|kind| kinds.get_mut(kind)) else {
                continue;
            };
            *(if ballot.is_liked { &mut kind.liked } else { &mut kind.disliked }) += ballot.weight;
        }
        kinds
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.ballots.len()).sum()
    }

    /// Whether nobody says anything.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Group {
    /// Of nobody.
    pub(crate) fn empty(genre: &str, community: Option<&str>) -> Self {
        let community = community.map(str::to_owned);
        Self { genre: genre.to_owned(), community, ballots: Vec::new(), n_listeners: 0 }
    }

    /// Whether it belongs to this community and genre, or with `None` to the genre.
    pub(crate) fn is_within(&self, genre: &str, community: Option<&str>) -> bool {
        self.genre == genre && (community.is_none() || self.community.as_deref() == community)
    }

    /// Whether it is the one of this community and genre.
    pub(crate) fn is(&self, genre: &str, community: Option<&str>) -> bool {
        self.genre == genre && self.community.as_deref() == community
    }
}

fn ballots(
    says: &BTreeMap<(&str, usize), Say>,
    first_seen_days: impl Fn(&str) -> f64,
    fade: impl Fn(f64) -> f64,
) -> (Vec<Ballot>, usize) {
    let mut influences: Vec<Influence> = Vec::new();
    let mut ballots: Vec<Ballot> = Vec::new();
    let mut previous = None;
    for ((listener, track), say) in says {
        let strength = (say.value / FULL).clamp(-1.0, 1.0);
        if strength == 0.0 || say.weight == 0.0 {
            continue;
        }
        if previous.replace(*listener) != Some(*listener) {
            let first_seen_days = first_seen_days(listener);
            influences.push(Influence { total: 0.0, first_seen_days });
        }
        let weight = strength.abs() * say.weight * fade(say.age_days);
        let listener = influences.len() - 1;
        influences[listener].total += weight;
        let is_liked = strength > 0.0;
        ballots.push(Ballot { track: *track, listener, is_liked, weight, ordinal: say.ordinal });
    }
    let factors = held(&influences);
    for ballot in &mut ballots {
        ballot.weight *= factors[ballot.listener];
    }
    ballots.sort_by_key(|ballot| (ballot.ordinal, ballot.listener, ballot.track));
    (ballots, influences.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(track: usize, listener: &'static str, value: f64, age_days: f64) -> Vote<'static> {
        let ordinal = (1000.0 - age_days) as u64;
        let (community, genre, weight) = (None, "trance", 1.0);
        Vote { track, listener, community, genre, value, weight, age_days, ordinal }
    }

    fn ballots(votes: &[Vote<'_>]) -> Vec<Ballot> {
        let ballots = Ballots::of(vec![Vector::default(); 3], votes, 100.0);
        ballots.groups.into_iter().flat_map(|group| group.ballots).collect()
    }

    #[test]
    fn votes_of_a_listener_on_a_track_are_one_say() {
        let loud = [vote(0, "a", 2.0, 0.0), vote(0, "a", 1.0, 0.0)];
        let found = ballots(&loud);
        assert_eq!(found.len(), 1);
        assert!(found[0].is_liked && (found[0].weight - 1.0).abs() < 1e-12);
        assert_eq!(ballots(&[vote(0, "a", 1.0, 0.0), vote(0, "a", -1.0, 0.0)]), []);
    }

    #[test]
    fn half_a_yes_that_is_a_half_life_old_counts_a_quarter() {
        let found = ballots(&[vote(2, "a", 0.5, 100.0), vote(1, "b", -2.0, 0.0)]);
        assert!((found[0].weight - 0.25).abs() < 1e-12 && found[0].is_liked);
        assert!((found[1].weight - 1.0).abs() < 1e-12 && !found[1].is_liked);
    }

    #[test]
    fn a_say_that_counts_less_weighs_less_however_strong_it_is() {
        let less = |value| Vote { weight: 0.5, ..vote(0, "a", value, 0.0) };
        for votes in [&[less(1.0)][..], &[less(2.0)], &[less(2.0), less(1.0)]] {
            assert!((ballots(votes)[0].weight - 0.5).abs() < 1e-12, "{votes:?}");
        }
        assert_eq!(ballots(&[Vote { weight: 0.0, ..less(2.0) }]), []);
    }

    #[test]
    fn tracks_of_a_kind_are_liked_as_their_ballots_weigh() {
        let votes = [
            vote(0, "a", 2.0, 0.0),
            vote(0, "b", -1.0, 100.0),
            vote(1, "a", 1.0, 0.0),
            vote(2, "a", 1.0, 0.0),
            vote(2, "b", 1.0, 0.0),
            vote(2, "b", -1.0, 0.0),
        ];
        let ballots = Ballots::of(vec![Vector::default(); 3], &votes, 100.0);
        let kinds = ballots.liked_by_kind::<2>(|track| [Some(1), None, Some(0)][track]);
        assert_eq!(kinds[0], Liked { liked: 1.0, disliked: 0.0 });
        assert_eq!(kinds[1].liked.to_bits(), 1.0f64.to_bits());
        assert!((kinds[1].disliked - 0.5).abs() < 1e-12);
    }

    #[test]
    fn communities_and_genres_vote_apart_and_unknown_tracks_are_left_out() {
        let here = Vote { community: Some("here"), ..vote(0, "a", 2.0, 0.0) };
        let there = Vote { community: Some("there"), ..here };
        let other = Vote { genre: "pop", ..here };
        let votes = [here, there, other, vote(7, "a", 2.0, 0.0)];
        let found = Ballots::of(vec![Vector::default()], &votes, 100.0);
        assert_eq!((found.groups.len(), found.len()), (3, 3));
    }
}
