//! Which questions of the chat wait for their answer?
//!
//! A question is noted before it is acknowledged and struck off when it is answered, in the same step as
//! what the answer changes. What a crash leaves in [`Store::jobs`] is taken up at the next start.

use bot::chat::{InvocationId, Posted, ReplyTo};
use bot::command::Question;
use serde::{Deserialize, Serialize};

use super::codec::{Record, Tree};
use super::error::Error;
use super::handle::Store;
use super::ids::{TrackId, last_number, with_number};
use super::track::{Track, TrackState};
use super::tracks;
use super::txn::Txn;
use super::view::Read;

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// What is asked.
    pub question: Question,
    /// Who asks; `None` for a track of an earlier release that was being posted.
    pub asker: Option<Asker>,
    /// The community in which it was asked.
    pub community: Option<String>,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// The track that answers, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<TrackId>,
    /// How often work on it was begun.
    #[serde(default)]
    pub n_begun: u32,
}

/// Who asks, in a form that does not tell it to whoever reads the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// The name under which votes are kept.
    pub name: String,
    /// The id, sealed with the key of the home, for calling them.
    pub sealed: u64,
}

impl Record for Job {}

impl Store {
    /// Notes a question; whether it is a new one.
    ///
    /// # Errors
    /// [`Error::TooLarge`] or a failed write.
    pub fn add_job(&self, id: InvocationId, job: Job) -> Result<bool, Error> {
        self.write(move |txn| {
            if txn.get::<Job>(Tree::Jobs, &key(id))?.is_some() {
                return Ok(false);
            }
            txn.put(Tree::Jobs, key(id), &job)?;
            Ok(true)
        })
    }

    /// Notes that work on a question begins; how often it has begun by now.
    ///
    /// # Errors
    /// [`Error::NotFound`], or a failed write.
    pub fn begin_job(&self, id: InvocationId) -> Result<u32, Error> {
        self.write(move |txn| {
            let mut job = existing(txn, id)?;
            job.n_begun += 1;
            txn.put(Tree::Jobs, key(id), &job)?;
            Ok(job.n_begun)
        })
    }

    /// Notes the track that answers a question.
    ///
    /// # Errors
    /// [`Error::NotFound`], what [`Store::add_track`] fails with, or a failed write.
    pub fn add_track_of_job(
        &self,
        job: InvocationId,
        id: TrackId,
        track: Track,
    ) -> Result<(), Error> {
        self.write(move |txn| {
            let mut noted = existing(txn, job)?;
            let asker = noted.asker.as_ref().map(|asker| asker.name.clone());
            tracks::insert(txn, id, &Track { asker, ..track })?;
            noted.track = Some(id);
            txn.put(Tree::Jobs, key(job), &noted)
        })
    }

    /// Strikes off a question whose track is posted.
    ///
    /// # Errors
    /// A failed write.
    pub fn finish_post(
        &self,
        job: InvocationId,
        track: TrackId,
        posted: Posted,
    ) -> Result<(), Error> {
        let Posted { channel, message } = posted;
        self.write(move |txn| {
            tracks::set_state(txn, track, TrackState::Posted { channel, message })?;
            txn.delete(Tree::Jobs, key(job));
            Ok(())
        })
    }

    /// Strikes off a question that is answered otherwise, or not at all; its track, if one was being posted,
    /// is not.
    ///
    /// # Errors
    /// A failed write.
    pub fn end_job(&self, id: InvocationId) -> Result<(), Error> {
        self.write(move |txn| {
            let track =
                txn.get::<Job>(Tree::Jobs, &key(id)).ok().flatten().and_then(|job| job.track);
            if let Some(track) = track
                && let Ok(TrackState::Posting { .. }) =
                    tracks::existing(txn, track).map(|it| it.state)
            {
                tracks::set_state(txn, track, TrackState::Rendered)?;
            }
            txn.delete(Tree::Jobs, key(id));
            Ok(())
        })
    }

    /// A question that waits.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn job(&self, id: InvocationId) -> Result<Option<Job>, Error> {
        self.read(|view| view.get(Tree::Jobs, &key(id)))
    }

    /// The questions that wait, the oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn jobs(&self) -> Result<Vec<(InvocationId, Job)>, Error> {
        let jobs = self.read(|view| view.list(Tree::Jobs, &[]))?;
        Ok(jobs.into_iter().map(|(key, job)| (InvocationId(last_number(&key)), job)).collect())
    }
}

fn existing(txn: &Txn<'_>, id: InvocationId) -> Result<Job, Error> {
    let job = txn.get(Tree::Jobs, &key(id))?;
    job.ok_or_else(|| Error::NotFound { what: "question", id: id.to_string() })
}

fn key(id: InvocationId) -> Vec<u8> {
    with_number(Vec::new(), id.0)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bot::chat::{ChannelId, MessageId};
    use bot::wish::Wish;

    use super::super::fixtures::{open, scratch, track};
    use super::*;

    fn job(listener: u64) -> Job {
        Job {
            question: Question::Generate(Wish::any("hardstyle")),
            asker: Some(Asker { name: listener.to_string(), sealed: listener }),
            community: Some("7".to_owned()),
            reply_to: ReplyTo::channel(ChannelId(5), SystemTime::UNIX_EPOCH),
            track: None,
            n_begun: 0,
        }
    }

    #[test]
    fn a_question_waits_until_its_track_is_posted_and_is_noted_once() {
        let (folder, store) = scratch();
        let (first, second) = (InvocationId(20), InvocationId(3));
        assert_eq!(store.add_job(first, job(1)), Ok(true));
        assert_eq!(store.add_job(second, job(2)), Ok(true));
        assert_eq!(store.add_job(first, job(9)), Ok(false));
        assert_eq!((store.begin_job(first), store.begin_job(first)), (Ok(1), Ok(2)));
        let id = store.reserve_track().expect("reserved");
        store.add_track_of_job(first, id, track("hardstyle", 1)).expect("added");
        drop(store);
        let store = open(&folder.path().join("store"));
        let made = Job { track: Some(id), n_begun: 2, ..job(1) };
        assert_eq!(store.jobs(), Ok(vec![(second, job(2)), (first, made)]));
        let posted = Posted { channel: ChannelId(5), message: MessageId(6) };
        store.finish_post(first, id, posted).expect("written");
        let noted = store.track(id).expect("readable").expect("there");
        let state = TrackState::Posted { channel: ChannelId(5), message: MessageId(6) };
        assert_eq!((noted.state, noted.asker.as_deref()), (state, Some("1")));
        store.end_job(second).expect("written");
        assert_eq!(store.jobs(), Ok(Vec::new()));
        let late = store.add_track_of_job(first, TrackId(9), track("hardstyle", 2));
        assert!(matches!(late, Err(Error::NotFound { .. })), "{late:?}");
        assert_eq!(store.track(TrackId(9)), Ok(None), "all of a step or nothing");
    }
}
