//! How many wishes may wait at a time?

use bot::command::Question;
use bot::post;

use super::Wishes;
use crate::store::Job;

impl Wishes {
    /// Why a wish is not taken although it could be granted: too many wait.
    pub(super) fn enough(&self, job: &Job) -> Option<String> {
        if !matches!(job.question, Question::Generate(_)) {
            return None;
        }
        let settings = &self.worker.context.config.discord;
        let waiting = |same: &dyn Fn(&Job) -> bool| {
            let wishes = self.open.values().map(|open| &open.job);
            wishes.filter(|job| matches!(job.question, Question::Generate(_)) && same(job)).count()
        };
        let of_listener = waiting(&|other| {
            other.asker.as_ref().map(|a| &a.name) == job.asker.as_ref().map(|a| &a.name)
        });
        let of_community = waiting(&|other| other.community == job.community);
        if of_listener >= settings.waiting_by_listener {
            return Some(post::enough_waiting(of_listener, self.minutes(self.queue.len())));
        }
        (of_community >= settings.waiting_by_community)
            .then(|| post::community_waits(of_community, self.minutes(self.queue.len())))
    }

    /// How long so many tracks take, in minutes, at least one.
    fn minutes(&self, n_tracks: usize) -> u64 {
        (n_tracks as f64 * self.seconds_a_track / 60.0).ceil().max(1.0) as u64
    }
}
