//! Which questions did an earlier process leave?
//!
//! Those that are noted, and tracks that were being posted by a release that noted no questions.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use bot::chat::{InvocationId, ReplyTo};
use bot::command::Question;

use crate::context::Context;
use crate::store::{Job, Track, TrackState};

/// A question is open for a quarter of an hour, and its answer is as old as the question.
const OPEN_FOR: Duration = Duration::from_secs(16 * 60);

/// All questions that wait for their answers.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) fn unposted(context: &Context) -> anyhow::Result<Vec<(InvocationId, Job)>> {
    let store = &context.store;
    let noted = store.jobs()?;
    let tracks: BTreeSet<_> = noted.iter().filter_map(|(_, job)| job.track).collect();
    for (id, track) in store.tracks_being_posted()? {
        if let (false, Some(job)) = (tracks.contains(&id), job_of(&track)) {
            // Ids of questions are far greater than numbers of tracks.
            store.add_job(InvocationId(id.0), Job { track: Some(id), ..job })?;
        }
    }
    Ok(store.jobs()?)
}

fn job_of(track: &Track) -> Option<Job> {
    let TrackState::Posting { channel } = track.state else { return None };
    let made_at = UNIX_EPOCH + Duration::from_millis(track.created_at_ms);
    let since = made_at.checked_sub(OPEN_FOR).unwrap_or(UNIX_EPOCH);
    Some(Job {
        question: Question::Generate(track.wish.clone()),
        asker: None,
        community: track.wish.community.clone(),
        reply_to: ReplyTo::channel(channel, since),
        track: None,
        n_begun: 0,
    })
}
