//! Which taste is explained, and on which votes does it rest?

use std::collections::BTreeSet;

use composer::version;
use serde::Serialize;
use taste::{Posterior, Statistics};

use crate::context::Context;
use crate::cycle::material;
use crate::store::Vote;
use crate::votes::rating::{self, score_of};

/// Today's taste of a community in a genre, or of all together, against what is [`usual`].
///
/// # Errors
/// When the store or the version cannot be read.
pub(super) fn posterior(
    context: &Context,
    genre: &str,
    community: Option<&str>,
) -> anyhow::Result<Posterior> {
    rating::posterior(context, &usual(context, genre)?, genre, community)
}

/// What is usual among the songs of a genre: among those of the version that is played, or of the library
/// before there is one.
///
/// # Errors
/// When the store or the version cannot be read.
pub(super) fn usual(context: &Context, genre: &str) -> anyhow::Result<Statistics> {
    Ok(match context.store.current_version(genre)? {
        Some(played) => {
            let manifest = version::manifest(&context.home.version(genre, played.version))?;
            material::usual(context, &manifest)?
        }
        None => material::statistics(context, genre)?,
    })
}

/// How many votes there are on the tracks of a genre.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Turnout {
    /// What one listener says of one track is one.
    pub(super) votes: usize,
    /// Who gave them.
    pub(super) listeners: usize,
    /// Tracks that they are on.
    pub(super) tracks: usize,
    /// The communities that voted, whichever is asked for.
    pub(super) communities: BTreeSet<String>,
}

impl Turnout {
    /// That of a community, or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn of(
        context: &Context,
        genre: &str,
        community: Option<&str>,
    ) -> anyhow::Result<Self> {
        let (mut turnout, mut listeners) = (Self::default(), BTreeSet::new());
        for (id, votes) in context.store.votes_of_genre(genre)? {
            let (_, n_listeners) = score_of(&votes);
            let Some(track) = context.store.track(id)?.filter(|_| n_listeners > 0) else {
                continue;
            };
            let of_track = track.wish.community;
            if community.is_none() || community == of_track.as_deref() {
                turnout.votes += n_listeners;
                turnout.tracks += 1;
                let standing = votes.into_iter().filter(Vote::stands);
                listeners.extend(standing.map(|vote| vote.listener));
            }
            turnout.communities.extend(of_track);
        }
        turnout.listeners = listeners.len();
        Ok(turnout)
    }
}

/// A count with its noun: "1 vote", "3 votes".
pub(super) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};

    #[test]
    fn a_listener_is_counted_once_and_only_where_the_vote_stands() {
        let (_folder, context) = context();
        let community = |name: Option<&str>| {
            let mut track = track();
            track.wish.community = name.map(str::to_owned);
            context.store.add_new_track(|_| track).expect("added")
        };
        let vote = |listener: &str| Vote {
            listener: listener.to_owned(),
            emoji: "🔥".to_owned(),
            value: 2.0,
            weight: 1.0,
            at_ms: 1,
            removed_at_ms: None,
        };
        let (here, there, nowhere) =
            (community(Some("here")), community(Some("there")), community(None));
        for (track, listener) in [(here, "ann"), (here, "bob"), (there, "ann"), (nowhere, "ann")] {
            context.store.add_vote(track, vote(listener)).expect("added");
        }
        context.store.take_back_vote(here, "bob", "🔥", 2).expect("taken back");
        let turnout = |name| Turnout::of(&context, "hardstyle", name).expect("read");
        let (all, one) = (turnout(None), turnout(Some("here")));
        assert_eq!((all.votes, all.listeners, all.tracks), (3, 1, 3));
        assert_eq!((one.votes, one.listeners, one.tracks), (1, 1, 1));
        assert_eq!(one.communities.into_iter().collect::<Vec<_>>(), ["here", "there"]);
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!((counted(1, "vote"), counted(0, "vote")), ("1 vote".into(), "0 votes".into()));
    }
}
