//! How often are tracks liked, by how boldly they were drawn?

use taste::{Arm, Boldness};

use super::like_rates::verdicts;
use crate::context::Context;

/// How often the tracks of every genre that were chosen by taste are liked, in the order of
/// [`Boldness::ALL`]: one ballot for each listener and track.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn liked_by_boldness(context: &Context) -> anyhow::Result<[Arm; 3]> {
    let mut liked = [Arm::default(); 3];
    for genre in context.store.genres()? {
        for (id, votes) in context.store.votes_of_genre(&genre)? {
            let verdicts = verdicts(&votes);
            if verdicts.is_empty() {
                continue;
            }
            let boldness = context.store.track(id)?.and_then(|track| track.boldness);
            let arm = boldness.and_then(|own| Boldness::ALL.iter().position(|other| *other == own));
            let Some(arm) = arm.map(|place| &mut liked[place]) else { continue };
            arm.n += verdicts.len() as u32;
            arm.n_liked += verdicts.values().filter(|is_liked| **is_liked).count() as u32;
        }
    }
    Ok(liked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};
    use crate::store::{Track, Vote};

    #[test]
    fn each_listener_has_one_ballot_on_a_track_that_was_drawn_by_choice() {
        let (_folder, context) = context();
        let add = |boldness| {
            context.store.add_new_track(|_| Track { boldness, ..track() }).expect("added")
        };
        let [safer, wilder, other] = [Some(Boldness::Safer), Some(Boldness::Wilder), None].map(add);
        let vote = |id, listener: &str, emoji: &str, value| {
            let (listener, emoji) = (listener.to_owned(), emoji.to_owned());
            let vote = Vote { listener, emoji, value, at_ms: 1, removed_at_ms: None };
            context.store.add_vote(id, vote).expect("voted");
        };
        vote(safer, "ann", "👎", -1.0);
        vote(wilder, "ann", "👍", 1.0);
        vote(wilder, "ann", "🔥", 2.0);
        vote(wilder, "bob", "👎", -1.0);
        vote(other, "ann", "👍", 1.0);
        let liked = liked_by_boldness(&context).expect("readable");
        assert_eq!(liked.map(|arm| (arm.n_liked, arm.n)), [(0, 1), (0, 0), (1, 2)]);
    }
}
