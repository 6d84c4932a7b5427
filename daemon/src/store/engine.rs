//! How is sled 0.34 opened, written and synced so that nothing acknowledged is ever lost?
//!
//! On Linux sled's `flush` starts the write of its pages (`sync_file_range`) but asks the disk for
//! nothing, a snapshot that was being written when the power went makes it refuse to open, and pages
//! over 128 KiB become files it never syncs. So here: half-written snapshots are deleted before
//! opening; files and folders are synced when opened; every flush is followed by a `sync_all` on a
//! handle of our own; values are small (see `codec`) and the folder `blobs` is checked to be empty.
//!
//! This is one open handle. What to do when it fails is the writer's business.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::FlockOperation;
use sled::transaction::{TransactionError, Transactional};

use super::codec::Tree;
use super::error::Error;
use super::view::{Pair, Pairs, Read, Writes};
use crate::panic_text::panic_text;

/// A lock may be held for a moment longer than its owner lived: sled's threads let go of its file a
/// little after it was closed, and a process that is being started holds all files of its parent.
const LOCK_TRIES: u32 = 10;
const SLED_LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// sled and a second handle of its file.
pub(super) struct Engine {
    folder: PathBuf,
    file: File,
    trees: Vec<sled::Tree>,
    db: sled::Db,
}

/// What the lock's file says once the store has been created.
const CREATED: &[u8] = b"created\n";

/// Keeps other processes out of a store's folder as long as it lives.
///
/// Its file also says whether the store was ever created: sled opens a log whose head is damaged as
/// an empty one.
pub(super) struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Whether a store was created in this folder.
    pub(super) fn was_created(&self) -> bool {
        self.file.metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Notes that the store has been created.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn note_created(&self) -> std::io::Result<()> {
        if self.was_created() {
            return Ok(());
        }
        self.file.write_all_at(CREATED, 0)?;
        self.file.sync_all()
    }
}

/// Makes the folder and takes its lock.
///
/// # Errors
/// [`Error::InUse`] or [`Error::Open`].
pub(super) fn lock(folder: &Path) -> Result<FolderLock, Error> {
    let failed =
        |error: std::io::Error| Error::Open { path: folder.into(), cause: error.to_string() };
    fs::create_dir_all(folder).map_err(failed)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
        .map_err(failed)?;
    for _ in 0..LOCK_TRIES {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(FolderLock { file }),
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
            Err(errno) => return Err(failed(errno.into())),
        }
    }
    Err(Error::InUse { path: folder.into() })
}

impl Engine {
    /// Opens or creates the store in `folder`, whose lock must be held.
    ///
    /// # Errors
    /// [`Error::Open`]: the file system's or sled's error; a panic of sled is reported as one.
    pub(super) fn open(folder: &Path, cache_mb: u64) -> Result<Self, Error> {
        let failed = |cause: String| Error::Open { path: folder.into(), cause };
        delete_half_snapshots(folder).map_err(|error| failed(error.to_string()))?;
        let opened = catch_unwind(|| open_trees(folder, cache_mb));
        let (db, trees) = match opened {
            Ok(result) => result.map_err(|error| failed(error.to_string()))?,
            Err(panic) => return Err(failed(panic_text(&*panic))),
        };
        let file = sync_everything(folder).map_err(|error| failed(error.to_string()))?;
        let engine = Self { folder: folder.into(), file, trees, db };
        engine.commit().map_err(failed)?;
        Ok(engine)
    }

    /// Applies `writes` in memory, all or none; they are durable only after [`Self::commit`].
    ///
    /// # Errors
    /// What sled said. The handle is then of no more use.
    pub(super) fn apply(&self, writes: &Writes) -> Result<(), String> {
        let mut touched: Vec<Tree> = writes.keys().map(|(tree, _)| *tree).collect();
        touched.dedup();
        let trees: Vec<&sled::Tree> = touched.iter().map(|tree| self.tree(*tree)).collect();
        if trees.is_empty() {
            return Ok(());
        }
        let transaction = || {
            trees.as_slice().transaction(|views| {
                for ((tree, key), value) in writes {
                    let Ok(i) = touched.binary_search(tree) else { continue };
                    match value {
                        Some(value) => views[i].insert(key.as_slice(), value.as_slice())?,
                        None => views[i].remove(key.as_slice())?,
                    };
                }
                Ok(())
            })
        };
        match catch_unwind(AssertUnwindSafe(transaction)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(TransactionError::Abort(()))) => Err("the transaction was aborted".to_owned()),
            Ok(Err(TransactionError::Storage(error))) => Err(error.to_string()),
            Err(panic) => Err(panic_text(&*panic)),
        }
    }

    /// Makes everything applied so far durable.
    ///
    /// # Errors
    /// What sled or the file system said. The handle is then of no more use.
    pub(super) fn commit(&self) -> Result<(), String> {
        match catch_unwind(AssertUnwindSafe(|| self.db.flush())) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error.to_string()),
            Err(panic) => return Err(panic_text(&*panic)),
        }
        self.file.sync_all().map_err(|error| error.to_string())?;
        let mut blobs =
            fs::read_dir(self.folder.join("blobs")).map_err(|error| error.to_string())?;
        match blobs.next() {
            None => Ok(()),
            Some(_) => Err("sled wrote a value beside its log, in blobs".to_owned()),
        }
    }

    /// Closes sled; a panic while doing so is swallowed, as all that counts is synced already.
    pub(super) fn close(self) {
        let closed = catch_unwind(AssertUnwindSafe(|| drop(self)));
        if closed.is_err() {
            tracing::warn!("sled panicked while it was closed");
        }
    }

    fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.trees[tree as usize]
    }
}

impl Read for Engine {
    fn raw(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        guarded(|| Ok(self.tree(tree).get(key)?.map(|value| value.to_vec())))
    }

    fn raw_range(&self, tree: Tree, prefix: &[u8], from: &[u8]) -> Result<Pairs, Error> {
        guarded(|| {
            let pairs = self.tree(tree).range(from..).map(|pair| pair.map(to_vecs));
            pairs.take_while(|pair| !matches!(pair, Ok((k, _)) if !k.starts_with(prefix))).collect()
        })
    }

    fn raw_last(&self, tree: Tree, prefix: &[u8]) -> Result<Option<Pair>, Error> {
        guarded(|| {
            self.tree(tree).scan_prefix(prefix).next_back().map(|p| p.map(to_vecs)).transpose()
        })
    }
}

fn to_vecs((key, value): (sled::IVec, sled::IVec)) -> Pair {
    (key.to_vec(), value.to_vec())
}

/// Runs a read; sled panics on some damaged files where it could return an error.
fn guarded<T>(read: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::Read { cause: error.to_string() }),
        Err(panic) => Err(Error::Read { cause: panic_text(&*panic) }),
    }
}

fn open_trees(folder: &Path, cache_mb: u64) -> sled::Result<(sled::Db, Vec<sled::Tree>)> {
    let open = || sled::Config::new().path(folder).cache_capacity(cache_mb << 20).open();
    let mut opened = open();
    for _ in 1..SLED_LOCK_TRIES {
        // Nobody else has the folder's lock, so this one is about to be let go of.
        if !matches!(&opened, Err(error) if error.to_string().contains("could not acquire lock")) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        opened = open();
    }
    let db = opened?;
    let trees: sled::Result<Vec<_>> =
        Tree::ALL.iter().map(|tree| db.open_tree(tree.name())).collect();
    Ok((db, trees?))
}

fn delete_half_snapshots(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %name, "deleting a half-written snapshot");
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Syncs what sled made, from the inside out, and returns a handle of its log.
fn sync_everything(folder: &Path) -> std::io::Result<File> {
    let log = OpenOptions::new().read(true).write(true).open(folder.join("db"))?;
    log.sync_all()?;
    File::open(folder.join("conf"))?.sync_all()?;
    File::open(folder.join("blobs"))?.sync_all()?;
    File::open(folder)?.sync_all()?;
    let parent = folder.canonicalize()?;
    if let Some(parent) = parent.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(log)
}
