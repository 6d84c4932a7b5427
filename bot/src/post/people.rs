//! What is said of the votes and the privacy of those who listen?

use super::text::count;

/// What is kept of people, and what becomes of it.
pub fn privacy() -> String {
    "**What I keep of you**\n\
     - Which emoji you put below my tracks and took back, and when; for each wish, what was asked for. You \
     are kept under a name made from your id with a key that stays where I run, not under your id.\n\
     - I read no messages. Nothing that anybody uploads or writes here is learned from; votes only decide how \
     much the songs of my library, and my own tracks, count.\n\
     - `/forget-me` deletes all your votes. What was learned from them goes with the next training."
        .to_owned()
}

/// What `/forget-me` does, for those who have not said that they are sure.
pub fn before_forgetting() -> String {
    "This deletes all your votes for good, in every community, also those that still stand below posts. \
     Choose `sure` to do it: `/forget-me sure: yes`."
        .to_owned()
}

/// All votes of a listener are deleted.
pub fn forgotten(n_votes: u64) -> String {
    if n_votes == 0 {
        return "You have not voted: there is nothing to delete.".to_owned();
    }
    format!(
        "{} of yours deleted. Reactions that still stand below posts count no more, and what was learned \
         from them goes with the next training.",
        count(n_votes as usize, "vote")
    )
}
