//! How is the store opened, and how does a read or a step reach what is open?
//!
//! Reads run on the caller's thread, steps on the store's own, which commits them in groups
//! ([`super::writer`]).

use std::path::Path;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use super::codec::{self, Record, Tree};
use super::engine::{self, Engine};
use super::error::Error;
use super::settings::Settings;
use super::txn::Txn;
use super::view::Read;
use super::writer::{self, Job, Reopen, Shared};

/// The version of the layout of tables, keys and names; a store with a later one is not opened. Until 2 the
/// names of the chat's listeners told their ids ([`Store::name_listeners`]).
pub(super) const SCHEMA: u32 = 2;

/// The open store. Clones share it; the last one to be dropped closes it.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) shared: Arc<Shared>,
    jobs: Option<Sender<Box<dyn Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Meta {
    pub(super) schema: u32,
    pub(super) created_at_ms: u64,
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
        let is_new = store.check_schema(now_ms)?;
        match store.inner.shared.note_created() {
            // A home from before there was such a note must be readable on a full disk, too.
            Err(error) if !is_new => {
                tracing::warn!(%error, "it could not be noted that the store was created");
            }
            noted => noted?,
        }
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

    /// Whether the store is new, and was given its schema now.
    fn check_schema(&self, now_ms: u64) -> Result<bool, Error> {
        match self.read(|view| view.get::<Meta>(Tree::Meta, b"schema"))? {
            // An empty store that is not new has lost everything, which nobody must take for a start.
            None if self.inner.shared.was_created() => {
                Err(Error::Emptied { path: self.inner.shared.folder().into() })
            }
            None => self.write(move |txn| {
                let meta = Meta { schema: SCHEMA, created_at_ms: now_ms };
                txn.put(Tree::Meta, b"schema".to_vec(), &meta)?;
                Ok(true)
            }),
            Some(meta) if meta.schema > SCHEMA => {
                Err(Error::NewerSchema { found: meta.schema, known: SCHEMA })
            }
            Some(_) => Ok(false),
        }
    }

    /// Reads while no step is applied, so all that is read belongs together.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Engine) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let result = self.inner.shared.read(read);
        if let (Err(Error::Read { cause }), Some(jobs)) = (&result, &self.inner.jobs) {
            // A writer that is gone mends nothing, and the error is reported all the same.
            let _ = jobs.send(Box::new(Reopen { cause: cause.clone() }));
        }
        result
    }

    /// Does `step` on the writer thread and returns when it is durable.
    pub(super) fn write<T: Send + 'static>(
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
