//! What can go wrong with the store, and what is one to do then?
//!
//! Every variant can be cloned, since one failed group of writes is reported to each of its callers.

use std::path::PathBuf;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another process has the store open.
    #[error(
        "the store at {} is in use by another kickback, such as a `kickback train` without a daemon: \
         wait until it is done; `kickback run` answers also while it trains",
        path.display()
    )]
    InUse {
        /// Its folder.
        path: PathBuf,
    },
    /// The store cannot be opened.
    #[error(
        "cannot open the store at {}: {cause}; see that the folder is writable and the disk not full; \
         if it is damaged, restore a backup",
        path.display()
    )]
    Open {
        /// Its folder.
        path: PathBuf,
        /// What the file system or sled said.
        cause: String,
    },
    /// Nothing is left of a store that was there: the head of its log is damaged.
    #[error("the store at {} is damaged so that nothing of it can be read: restore a backup", path.display())]
    Emptied {
        /// Its folder.
        path: PathBuf,
    },
    /// The store was written by a later version of the program.
    #[error("the store has schema {found}, this program knows up to {known}: use a newer kickback")]
    NewerSchema {
        /// The schema version on disk.
        found: u32,
        /// The latest one known here.
        known: u32,
    },
    /// A value does not match its checksum or cannot be read.
    #[error("the value {key} in {tree} is damaged ({what}): restore a backup")]
    Damaged {
        /// The table that holds it.
        tree: &'static str,
        /// Its key, printable.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// A record is larger than a value may be; nothing was written.
    #[error(
        "a value of {bytes} bytes is too large for {tree}: shorten its texts (at most {most} bytes)"
    )]
    TooLarge {
        /// The table it was meant for.
        tree: &'static str,
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
    /// A name cannot be part of a key, or a number cannot be stored; nothing was written.
    #[error("{what} {value:?} cannot be stored: give {allowed}")]
    BadValue {
        /// What it is: "genre", "listener".
        what: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        allowed: &'static str,
    },
    /// There is no such record.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for: "track".
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The record is there already; nothing was written.
    #[error("{what} {id} is there already")]
    Exists {
        /// What it is: "track".
        what: &'static str,
        /// Which one.
        id: String,
    },
    /// The disk is nearly full, so nothing was written.
    #[error(
        "only {free_mb} MiB are free at {}, of which {reserve_mb} are kept in reserve: free some space",
        path.display()
    )]
    NoSpace {
        /// The store's folder.
        path: PathBuf,
        /// Free mebibytes for this user.
        free_mb: u64,
        /// The reserve from the settings.
        reserve_mb: u64,
    },
    /// The write was not confirmed by the disk; it may or may not be there later.
    #[error("the write was not confirmed by the disk: {cause}; try again")]
    NotConfirmed {
        /// What the file system or sled said.
        cause: String,
    },
    /// Reading failed.
    #[error("cannot read the store: {cause}; try again")]
    Read {
        /// What the file system or sled said.
        cause: String,
    },
    /// The store is closed after a failure and could not be opened again yet.
    #[error("the store is closed after a failure ({cause}); it is tried again by itself")]
    Unavailable {
        /// The failure.
        cause: String,
    },
}
