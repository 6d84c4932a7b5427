//! What are the votes on tracks worth?
//!
//! Gathers the votes that stand and the tracks that they are on; the crate `taste` says what follows
//! from them.

use std::collections::BTreeSet;
use std::sync::Arc;

use bot::reaction::Emoji;
use music::features::Vector;
use taste::{Ballots, Boldness, Liked, Posterior, Statistics};

use crate::context::Context;
use crate::store::{SongId, TrackId, Vote};
use crate::track::track_file;

const MS_A_DAY: f64 = 86_400_000.0;

/// The score of a track, −1 to 1, and how many listeners count in it.
pub(crate) fn score_of(votes: &[Vote]) -> (f64, usize) {
    let standing = each_once(votes.iter().filter(|vote| vote.stands()));
    let say = |vote: &Vote| (f64::from(vote.value), f64::from(vote.weight));
    let says = standing.into_iter().map(|vote| (vote.listener.as_str(), say(vote).0, say(vote).1));
    let score = taste::track_score(says);
    (score.value, score.n_listeners)
}

/// The votes without those that repeat what their listener says of a track with the same emoji in another
/// form.
pub(super) fn each_once<'a>(votes: impl Iterator<Item = &'a Vote>) -> Vec<&'a Vote> {
    let mut said = BTreeSet::new();
    let mut is_new =
        |vote: &'a Vote| said.insert((vote.listener.as_str(), Emoji::new(&vote.emoji).plain()));
    votes.filter(|vote| is_new(vote)).collect()
}

/// A track whose rating counts, and its music.
pub(crate) struct Rated {
    /// Which.
    pub(crate) id: TrackId,
    /// −1 to 1.
    pub(crate) score: f64,
    /// Its song.
    pub(crate) song: music::song::Song,
    /// What the library would know it by, if it is a file that was made elsewhere.
    pub(crate) file: Option<SongId>,
}

/// The tracks of a genre with votes that count. One whose music is lost is left out, with a
/// warning in the log.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn rated(context: &Context, genre: &str) -> anyhow::Result<Vec<Rated>> {
    let mut rated = Vec::new();
    for (id, votes) in context.store.votes_of_genre(genre)? {
        let (score, n_listeners) = score_of(&votes);
        let Some(track) = context.store.track(id)?.filter(|_| n_listeners > 0) else { continue };
        match track_file::read(&context.home, genre, &track.stem) {
            Ok(song) => rated.push(Rated { id, score, song, file: track.song_id() }),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(%id, error, "the music of a rated track is lost: it is not learned from");
            }
        }
    }
    Ok(rated)
}

/// The taste of a community in a genre, or of all together, against what is usual among the tracks with
/// votes and, as ten more, in the genre's library.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn posterior(
    context: &Context,
    statistics: &Statistics,
    genre: &str,
    community: Option<&str>,
) -> anyhow::Result<Posterior> {
    Ok(Posterior::fit(statistics, &poll(context, u64::MAX)?.ballots, genre, community))
}

/// A vote that stands, of a track in a genre and a community.
struct Standing {
    track: usize,
    genre: String,
    community: Option<String>,
    vote: Vote,
}

impl Standing {
    /// As the taste counts it.
    fn counted(&self, ordinal: u64, latest_ms: u64) -> taste::Vote<'_> {
        taste::Vote {
            track: self.track,
            listener: &self.vote.listener,
            community: self.community.as_deref(),
            genre: &self.genre,
            value: f64::from(self.vote.value),
            weight: f64::from(self.vote.weight),
            age_days: latest_ms.saturating_sub(self.vote.at_ms) as f64 / MS_A_DAY,
            ordinal,
        }
    }
}

/// What all listeners say of all tracks.
pub(crate) struct Poll {
    /// Their ballots.
    pub(crate) ballots: Ballots,
    /// The tracks, by their places among those that the ballots are on.
    pub(crate) tracks: Vec<TrackId>,
    /// How boldly each of them was drawn, where that was chosen.
    boldness: Vec<Option<Boldness>>,
}

impl Poll {
    /// How much tracks are liked by how boldly they were drawn, in the order of [`Boldness::ALL`].
    pub(crate) fn liked_by_boldness(&self) -> [Liked; 3] {
        let place = |own: Boldness| Boldness::ALL.iter().position(|other| *other == own);
        self.ballots.liked_by_kind(|track| self.boldness[track].and_then(place))
    }
}

/// What all listeners said of all tracks at a time, in milliseconds since 1970; `u64::MAX` stands for now. The
/// age of a vote counts from the latest one, so that the same votes always say the same.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn poll(context: &Context, at_ms: u64) -> anyhow::Result<Poll> {
    let (mut ids, mut boldness) = (Vec::new(), Vec::new());
    let (mut tracks, mut standing) = (Vec::new(), Vec::new());
    for genre in context.store.genres()? {
        for (id, votes) in context.store.votes_of_genre(&genre)? {
            let votes = each_once(votes.iter().filter(|vote| vote.stood_at(at_ms)));
            let Some(track) = context.store.track(id)?.filter(|_| !votes.is_empty()) else {
                continue;
            };
            let Some(features) = features(context, id, &genre, &track.stem) else { continue };
            let community = &track.wish.community;
            standing.extend(votes.into_iter().map(|vote| Standing {
                track: tracks.len(),
                genre: genre.clone(),
                community: community.clone(),
                vote: vote.clone(),
            }));
            tracks.push((*features).clone());
            ids.push(id);
            boldness.push(track.boldness);
        }
    }
    standing.sort_by_key(|own| own.vote.at_ms);
    let latest = standing.last().map_or(0, |own| own.vote.at_ms);
    let votes = (0..).zip(&standing).map(|(ordinal, own)| own.counted(ordinal, latest));
    let votes: Vec<taste::Vote<'_>> = votes.collect();
    let ballots = Ballots::of(tracks, &votes, context.config.taste.half_life_days);
    Ok(Poll { ballots, tracks: ids, boldness })
}

/// The features of a track; `None`, with a warning, if its music is lost.
pub(crate) fn features(
    context: &Context,
    id: TrackId,
    genre: &str,
    stem: &str,
) -> Option<Arc<Vector>> {
    let measure = || track_file::read(&context.home, genre, stem).map(|song| taste::measure(&song));
    match context.measured.track(id, measure) {
        Ok(features) => Some(features),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(%id, error, "the music of a track is lost: nothing follows from what it is like");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};
    use crate::store::Track;

    #[test]
    fn each_listener_says_once_how_a_track_that_was_drawn_by_choice_is_liked() {
        let (_folder, context) = context();
        let add = |boldness| {
            let track = |id: TrackId| Track { boldness, stem: format!("{id}"), ..track() };
            let id = context.store.add_new_track(track).expect("added");
            let stem = context.store.track(id).expect("readable").expect("it is there").stem;
            let song = music::song::Song::new(150.0, 4, 4, []);
            track_file::keep(&context.home, "hardstyle", &stem, &song).expect("kept");
            id
        };
        let [safer, wilder, other] = [Some(Boldness::Safer), Some(Boldness::Wilder), None].map(add);
        let give = |id, listener: &str, emoji: &str, value| {
            let vote = Vote { emoji: emoji.to_owned(), ..vote(listener, value) };
            context.store.add_vote(id, vote).expect("voted");
        };
        give(safer, "ann", "👎", -1.0);
        give(wilder, "ann", "👍", 1.0);
        give(wilder, "ann", "🔥", 2.0);
        give(wilder, "bob", "👎", -1.0);
        give(wilder, "eve", "👍", 1.0);
        give(wilder, "eve", "👎", -1.0);
        give(other, "ann", "👍", 1.0);
        let liked = poll(&context, u64::MAX).expect("readable").liked_by_boldness();
        assert_eq!(
            liked.map(|own| (own.liked, own.disliked)),
            [(0.0, 1.0), (0.0, 0.0), (1.0, 1.0)]
        );
    }

    fn vote(listener: &str, value: f32) -> Vote {
        Vote {
            listener: listener.into(),
            emoji: "x".into(),
            value,
            weight: 1.0,
            at_ms: 1,
            removed_at_ms: None,
        }
    }

    #[test]
    fn an_emoji_in_several_forms_says_no_more_than_in_one() {
        let with = |emoji: &str| Vote { emoji: emoji.to_owned(), ..vote("a", 1.0) };
        let hands = ["👍", "👍🏿", "👍🏿 burst", "👍 any"].map(with);
        assert_eq!(score_of(&hands), score_of(&hands[..1]));
        let other = [with("👍"), with("🎵"), Vote { listener: "b".into(), ..with("👍") }];
        assert!(score_of(&other[..2]) > score_of(&hands) && score_of(&other).1 == 2);
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let taken_back = Vote { removed_at_ms: Some(2), ..vote("a", 2.0) };
        assert_eq!(score_of(&[taken_back]), (0.0, 0));
    }

    #[test]
    fn a_vote_stood_from_when_it_was_given_until_it_was_taken_back() {
        let taken_back = Vote { at_ms: 10, removed_at_ms: Some(20), ..vote("a", 2.0) };
        let stood = [9, 10, 19, 20, u64::MAX].map(|at_ms| taken_back.stood_at(at_ms));
        assert_eq!(stood, [false, true, true, false, false]);
        assert!(vote("a", 2.0).stood_at(u64::MAX));
    }
}
