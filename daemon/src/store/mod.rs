//! What does Kickback remember, and can it be trusted to be there after a crash?
//!
//! Every function that writes returns only when the disk has confirmed the write; if it returns an
//! error, nothing of the step may be relied on, and doing it again is harmless. A step is applied
//! wholly or not at all. Functions block for a few milliseconds, so async code calls them through
//! `spawn_blocking`; callers that write at the same time share one sync.
//!
//! Songs, tracks and models are files; the store holds only what is known about them, in values of
//! at most 4 KiB. It never reads the clock: times are given, in milliseconds since 1970 (UTC). It is
//! the only place that knows sled.

mod codec;
mod cycles;
mod engine;
mod error;
mod export;
mod ids;
mod path_text;
mod songs;
#[cfg(test)]
mod survival;
mod tracks;
mod txn;
mod versions;
mod votes;
mod writer;

use std::path::Path;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bounds::{OutOfRange, require};
use serde::{Deserialize, Serialize};

use codec::{Record, Tree};
use engine::Engine;
use txn::{Read, Txn};
use writer::{Job, Mend, Shared};

pub use cycles::{Cycle, KEPT_WEIGHTS, Outcome, Weighted};
pub use error::Error;
pub use export::{ExportError, Exported};
pub use ids::{MAX_NAME, SongId, TrackId};
pub use songs::{Move, MoveId, Music, Reason, Song, SongCounts, SongStatus};
pub use tracks::{Candidate, Track, TrackState};
pub use versions::Promotion;
pub use votes::Vote;

/// The version of the layout of tables and keys; a store with a later one is not opened.
pub const SCHEMA: u32 = 1;

/// How the store treats disk and memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Mebibytes that must stay free on the disk; with less, nothing is written. A full disk can
    /// cost what is being written, so the reserve is what a training and its track may need.
    pub free_space_reserve_mb: u64,
    /// Mebibytes of memory for pages of the store. Larger makes listing many tracks faster.
    pub cache_mb: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { free_space_reserve_mb: 256, cache_mb: 8 }
    }
}

impl Settings {
    /// # Errors
    /// The first value that is out of range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let (reserve, cache) = (self.free_space_reserve_mb, self.cache_mb);
        let allowed = "a whole number from 16 to 1048576 (mebibytes)";
        require((16..=1 << 20).contains(&reserve), "free_space_reserve_mb", reserve, allowed)?;
        let allowed = "a whole number from 8 to 4096 (mebibytes)";
        require((8..=4096).contains(&cache), "cache_mb", cache, allowed)
    }
}

/// The open store. Clones share it; the last one to be dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    jobs: Option<Sender<Box<dyn Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    schema: u32,
    created_at_ms: u64,
}

impl Record for Meta {}

impl Store {
    /// Opens the store in `folder`, or creates it there as of `now_ms`.
    ///
    /// # Errors
    /// [`Error::InUse`] by another process; [`Error::NewerSchema`]; [`Error::Open`] otherwise;
    /// [`Error::NoSpace`] when it must be created on a full disk.
    pub fn open(folder: &Path, settings: &Settings, now_ms: u64) -> Result<Self, Error> {
        let lock = engine::lock(folder)?;
        let engine = Engine::open(folder, settings.cache_mb)?;
        let shared = Arc::new(Shared::new(folder, settings, engine, lock));
        let (jobs, waiting) = mpsc::channel();
        let writer = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn({
                let shared = shared.clone();
                move || writer::run(&shared, &waiting)
            })
            .map_err(|error| Error::Open { path: folder.into(), cause: error.to_string() })?;
        let writer = Mutex::new(Some(writer));
        let store = Self { inner: Arc::new(Inner { shared, jobs: Some(jobs), writer }) };
        store.check_schema(now_ms)?;
        Ok(store)
    }

    /// When the store was created.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn created_at_ms(&self) -> Result<u64, Error> {
        let meta = self.read(|view| view.get::<Meta>(Tree::Meta, b"schema"))?;
        Ok(meta.map_or(0, |meta| meta.created_at_ms))
    }

    /// Whether the disk has more than the reserve free. The store asks before each write; larger
    /// work (training, rendering) should ask before it begins.
    ///
    /// # Errors
    /// [`Error::NoSpace`] when not.
    pub fn check_space(&self) -> Result<(), Error> {
        self.inner.shared.check_space()
    }

    /// Reads everything and returns each value that is damaged, and how many values there are.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    pub fn verify(&self) -> Result<(usize, Vec<Error>), Error> {
        self.read(|view| {
            let mut n_values = 0;
            let mut damaged = Vec::new();
            for tree in Tree::ALL {
                for (key, bytes) in view.raw_range(tree, &[], &[])? {
                    n_values += 1;
                    damaged.extend(codec::verify(tree, &key, &bytes).err());
                }
            }
            Ok((n_values, damaged))
        })
    }

    fn check_schema(&self, now_ms: u64) -> Result<(), Error> {
        match self.read(|view| view.get::<Meta>(Tree::Meta, b"schema"))? {
            None => self.write(move |txn| {
                let meta = Meta { schema: SCHEMA, created_at_ms: now_ms };
                txn.put(Tree::Meta, b"schema".to_vec(), &meta)
            }),
            Some(meta) if meta.schema > SCHEMA => {
                Err(Error::NewerSchema { found: meta.schema, known: SCHEMA })
            }
            Some(_) => Ok(()),
        }
    }

    /// Reads while no step is applied, so all that is read belongs together.
    fn read<T>(&self, read: impl FnOnce(&Engine) -> Result<T, Error>) -> Result<T, Error> {
        let result = self.inner.shared.read(read);
        if let (Err(Error::Read { cause }), Some(jobs)) = (&result, &self.inner.jobs) {
            // A writer that is gone mends nothing, and the error is reported all the same.
            let _ = jobs.send(Box::new(Mend { cause: cause.clone() }));
        }
        result
    }

    /// Does `step` on the writer thread and returns when it is durable.
    fn write<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job = Waiting { step: Some(step), value: None, answer };
        let closed = || Error::Unavailable { cause: "it was closed".to_owned() };
        let jobs = self.inner.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Box::new(job)).map_err(|_| closed())?;
        answered.recv().map_err(|_| closed())?
    }
}

struct Waiting<F, T> {
    step: Option<F>,
    value: Option<T>,
    answer: SyncSender<Result<T, Error>>,
}

impl<F, T> Job for Waiting<F, T>
where
    F: FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, txn: &mut Txn<'_>) -> Result<(), Error> {
        if let Some(step) = self.step.take() {
            self.value = Some(step(txn)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), Error>) {
        let lost = Error::NotConfirmed { cause: "the step was not done".to_owned() };
        let Self { value, answer, .. } = *self;
        // A caller that is gone does not need its answer.
        let _ = answer.send(result.and_then(|()| value.ok_or(lost)));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the store's thread panicked");
        }
    }
}
