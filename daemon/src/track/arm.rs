//! Is a track chosen by taste, or made plainly, so that there is something to compare with?
//!
//! Chance decides, and nobody is told beforehand: whoever votes on both kinds says whether the choice
//! is of use. It follows from the seed, so that the same seed and votes give the same track.

use bot::chat::InvocationId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::context::Context;
use crate::store::Arm;
use crate::votes::like_rates::{ENOUGH, arm_ballots};

/// Which of the random streams of a track's seed decides.
const ARM_STREAM: u64 = 3;

/// For whom a track is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The listeners of the chat, some of whose tracks are plain; one of them asked this.
    Listeners(InvocationId),
    /// A person at the command line, who gets what they ask for.
    Person,
}

/// The arm of a track for listeners that a taste could choose.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn arm_of(context: &Context, genre: &str, seed: u64) -> anyhow::Result<Arm> {
    let ballots = arm_ballots(context, genre)?;
    let n_plain = ballots.iter().filter(|ballot| ballot.arm == Arm::Plain).count();
    Ok(drawn(seed, plain_share(&context.config.taste, n_plain)))
}

/// The share of plain tracks where they have so many ballots.
fn plain_share(settings: &taste::Settings, n_plain: usize) -> f64 {
    if n_plain < ENOUGH as usize { settings.plain_share_at_first } else { settings.plain_share }
}

fn drawn(seed: u64, plain_share: f64) -> Arm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(ARM_STREAM);
    if rng.random::<f64>() < plain_share { Arm::Plain } else { Arm::Chosen }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::{context, track};
    use crate::store::{Track, Vote};

    fn n_plain(of: impl Fn(u64) -> Arm) -> usize {
        (0..300).filter(|seed| of(*seed) == Arm::Plain).count()
    }

    #[test]
    fn the_share_of_plain_tracks_is_the_one_that_is_set() {
        let settings = taste::Settings::default();
        let n_of = |n_ballots| n_plain(|seed| drawn(seed, plain_share(&settings, n_ballots)));
        // Three standard deviations of 300 draws are 24 of 90, and 16 of 30.
        assert!((66..=114).contains(&n_of(0)), "{}", n_of(0));
        assert_eq!(n_of(39), n_of(0));
        assert!((14..=46).contains(&n_of(40)), "{}", n_of(40));
        assert_eq!([0.0, 1.0].map(|share| n_plain(|seed| drawn(seed, share))), [0, 300]);
        // What is plain at the smaller share is so at the larger one.
        assert!(
            (0..300).all(|seed| drawn(seed, 0.1) == Arm::Chosen || drawn(seed, 0.3) == Arm::Plain)
        );
    }

    #[test]
    fn enough_votes_on_plain_tracks_make_them_rarer_and_the_seed_decides() {
        let (_folder, context) = context();
        let n_now = || n_plain(|seed| arm_of(&context, "hardstyle", seed).expect("readable"));
        let at_first = n_now();
        let vote = |id, listener: u32| {
            let (listener, emoji) = (listener.to_string(), "👍".to_owned());
            let vote =
                Vote { listener, emoji, value: 1.0, weight: 1.0, at_ms: 1, removed_at_ms: None };
            context.store.add_vote(id, vote).expect("voted");
        };
        let add = |arm| context.store.add_new_track(|_| Track { arm, ..track() }).expect("added");
        let (chosen, plain) = (add(Some(Arm::Chosen)), add(Some(Arm::Plain)));
        (0..ENOUGH).for_each(|listener| vote(chosen, listener));
        (1..ENOUGH).for_each(|listener| vote(plain, listener));
        assert_eq!(n_now(), at_first);
        vote(plain, 0);
        assert!(n_now() < at_first / 2 && n_now() > 0, "{} of {at_first}", n_now());
    }
}
