//! How do many callers share one sync of the disk, and what happens when the disk fails?
//!
//! One thread applies the steps that wait, commits them together and only then answers each of their
//! callers. When applying or committing fails, all of the group are told that nothing was confirmed,
//! the handle is dropped and opened again, at first at once and then ever more rarely: a full disk
//! leaves a handle useless for good, while a fresh one works.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use super::engine::{Engine, FolderLock};
use super::error::Error;
use super::settings::Settings;
use super::txn::Txn;
use crate::panic_text::panic_text;

/// The most steps that one sync confirms.
const MAX_GROUP: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long to wait for a job at a time; the thread has nothing else to do.
const IDLE: Duration = Duration::from_secs(3600);

/// A step that waits to be done, and its caller that waits for the answer.
pub(super) trait Job: Send {
    /// Collects the writes.
    fn run(&mut self, txn: &mut Txn<'_>) -> Result<(), Error>;
    /// Answers the caller.
    fn answer(self: Box<Self>, result: Result<(), Error>);
}

/// What a reader sends that met a failure: the handle is dropped and opened again.
pub(super) struct Reopen {
    pub(super) cause: String,
}

impl Job for Reopen {
    fn run(&mut self, _: &mut Txn<'_>) -> Result<(), Error> {
        Err(Error::Read { cause: std::mem::take(&mut self.cause) })
    }

    fn answer(self: Box<Self>, _: Result<(), Error>) {}
}

/// The open store, or why it is closed just now.
pub(super) struct Shared {
    folder: PathBuf,
    settings: Settings,
    engine: RwLock<Result<Engine, String>>,
    lock: FolderLock,
    /// How often the disk was asked to confirm.
    #[cfg(test)]
    pub(super) n_commits: std::sync::atomic::AtomicU64,
}

impl Shared {
    pub(super) fn new(
        folder: &Path,
        settings: &Settings,
        engine: Engine,
        lock: FolderLock,
    ) -> Self {
        let engine = RwLock::new(Ok(engine));
        Self {
            folder: folder.into(),
            settings: settings.clone(),
            engine,
            lock,
            #[cfg(test)]
            n_commits: std::sync::atomic::AtomicU64::new(0),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the store was created before it was opened now.
    pub(super) fn was_created(&self) -> bool {
        self.lock.was_created()
    }

    /// # Errors
    /// [`Error::Open`] when that cannot be noted.
    pub(super) fn note_created(&self) -> Result<(), Error> {
        let noted = self.lock.note_created();
        noted.map_err(|e| Error::Open { path: self.folder.clone(), cause: e.to_string() })
    }

    /// Runs `read` on the open store; no write is applied meanwhile.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Engine) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &*self.engine() {
            Ok(engine) => read(engine),
            Err(cause) => Err(Error::Unavailable { cause: cause.clone() }),
        }
    }

    /// # Errors
    /// [`Error::NoSpace`] when less than the reserve is free.
    pub(super) fn check_space(&self) -> Result<(), Error> {
        let stat = rustix::fs::statvfs(&self.folder)
            .map_err(|errno| Error::Read { cause: errno.to_string() })?;
        let free_mb = stat.f_bavail.saturating_mul(stat.f_frsize) >> 20;
        let reserve_mb = self.settings.free_space_reserve_mb;
        if free_mb >= reserve_mb {
            return Ok(());
        }
        Err(Error::NoSpace { path: self.folder.clone(), free_mb, reserve_mb })
    }

    /// Drops the handle as after a failure.
    pub(super) fn fail(&self, cause: &str) {
        tracing::warn!(cause, "the store failed and is opened again");
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(engine) = std::mem::replace(&mut *engine, Err(cause.to_owned())) {
            engine.close();
        }
    }

    fn engine(&self) -> RwLockReadGuard<'_, Result<Engine, String>> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.engine().is_err()
    }

    fn reopen(&self) {
        let result = Engine::open(&self.folder, self.settings.cache_mb);
        match &result {
            Ok(_) => tracing::info!("the store is open again"),
            Err(error) => tracing::error!(%error, "the store cannot be opened again yet"),
        }
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        *engine = result.map_err(|error| error.to_string());
    }

    fn close(&self) {
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        if let Ok(engine) = std::mem::replace(&mut *engine, Err("it was closed".to_owned())) {
            engine.close();
        }
    }
}

/// Does the jobs until every sender is gone, then closes the store.
pub(super) fn run(shared: &Shared, jobs: &Receiver<Box<dyn Job>>) {
    let (mut pause, mut next_try) = (FIRST_PAUSE, Instant::now());
    loop {
        let until_try = next_try.saturating_duration_since(Instant::now());
        match jobs.recv_timeout(if shared.is_closed() { until_try } else { IDLE }) {
            Ok(job) => group(shared, job, jobs),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if !shared.is_closed() {
            (pause, next_try) = (FIRST_PAUSE, Instant::now());
        } else if Instant::now() >= next_try {
            shared.reopen();
            next_try = Instant::now() + pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
    shared.close();
}

fn group(shared: &Shared, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
    let mut waiting = vec![first];
    waiting.extend(jobs.try_iter().take(MAX_GROUP - 1));
    if let Err(error) = shared.check_space() {
        return waiting.into_iter().for_each(|job| job.answer(Err(error.clone())));
    }
    let mut applied = Vec::with_capacity(waiting.len());
    let mut failure = None;
    for mut job in waiting {
        match failure.clone().map_or_else(|| step(shared, &mut *job), Err) {
            Ok(()) => applied.push(job),
            Err(error) => {
                // After a failure sled also refuses to read, and only a new handle helps.
                if let Error::NotConfirmed { cause } | Error::Read { cause } = &error {
                    failure = Some(Error::NotConfirmed { cause: cause.clone() });
                }
                job.answer(Err(error));
            }
        }
    }
    if failure.is_none() && !applied.is_empty() {
        #[cfg(test)]
        shared.n_commits.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        failure = shared
            .read(|engine| engine.commit().map_err(|cause| Error::NotConfirmed { cause }))
            .err();
    }
    if let Some(Error::NotConfirmed { cause }) = &failure {
        shared.fail(cause);
    }
    for job in applied {
        job.answer(failure.clone().map_or(Ok(()), Err));
    }
}

/// Collects a job's writes and applies them in memory. Readers wait only for the second half.
fn step(shared: &Shared, job: &mut dyn Job) -> Result<(), Error> {
    let writes = shared.read(|engine| {
        let mut txn = Txn::new(engine);
        match catch_unwind(AssertUnwindSafe(|| job.run(&mut txn))) {
            Ok(result) => result.map(|()| txn.into_writes()),
            Err(panic) => Err(Error::NotConfirmed { cause: panic_text(&*panic) }),
        }
    })?;
    let engine = shared.engine.write().unwrap_or_else(PoisonError::into_inner);
    match &*engine {
        Ok(engine) => engine.apply(&writes).map_err(|cause| Error::NotConfirmed { cause }),
        Err(cause) => Err(Error::Unavailable { cause: cause.clone() }),
    }
}
