//! How is a folder copied so that it is on the disk and counted?
//!
//! Every file and folder is synced. Links and devices are named, not followed or copied.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::control::line::{Line, Out};
use crate::home::Home;

/// The copy of the store in a backup.
pub(crate) const STORE: &str = "store.kickback";
/// The copy of the key that names the chat's listeners. Backups of releases that named none have none.
pub(crate) const KEY: &str = "listener.key";

/// What was copied.
#[derive(Default)]
pub(crate) struct Copied {
    pub(crate) n_files: u64,
    pub(crate) n_bytes: u64,
    /// Neither files nor folders.
    pub(crate) left_out: Vec<PathBuf>,
}

impl std::fmt::Display for Copied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files of {:.1} MB", self.n_files, self.n_bytes as f64 / 1e6)
    }
}

impl Copied {
    /// Counts a file.
    pub(crate) fn add(&mut self, n_bytes: u64) {
        self.n_files += 1;
        self.n_bytes += n_bytes;
    }

    /// Copies what is in a folder, asking `may_go_on` before each file; but not what has a hidden
    /// name, as unfinished files do.
    pub(crate) fn folder(
        &mut self,
        from: &Path,
        to: &Path,
        may_go_on: &dyn Fn() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
        let reading = || format!("reading {}", from.display());
        for entry in fs::read_dir(from).with_context(reading)? {
            let entry = entry.with_context(reading)?;
            let (path, to) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type().with_context(reading)?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            may_go_on()?;
            if kind.is_dir() {
                self.folder(&path, &to, may_go_on)?;
            } else if kind.is_file() {
                self.file(&path, &to)?;
            } else {
                self.left_out.push(path);
            }
        }
        sync(to)
    }

    /// Copies a file, unless it is gone: then it has just moved to a folder that is copied later.
    /// One that is there is removed first, as it may be another name of a file that is not ours.
    pub(crate) fn file(&mut self, from: &Path, to: &Path) -> anyhow::Result<()> {
        let copy = || -> io::Result<Option<u64>> {
            let mut source = match File::open(from) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                source => source?,
            };
            match fs::remove_file(to) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut copy = File::create_new(to)?;
            let n_bytes = io::copy(&mut source, &mut copy)?;
            copy.sync_all()?;
            Ok(Some(n_bytes))
        };
        let n_bytes =
            copy().with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
        if let Some(n_bytes) = n_bytes {
            self.add(n_bytes);
        }
        Ok(())
    }
}

/// Makes what a folder lists durable.
pub(crate) fn sync(folder: &Path) -> anyhow::Result<()> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("syncing {}", folder.display()))
}

/// The folders of a home that are copied. Files move from the library to the rejected ones, never
/// back, so in this order none is missed.
pub(crate) fn folders(home: &Home) -> [PathBuf; 5] {
    [home.songs(), home.models(), home.tracks(), home.library(), home.rejected()]
}

/// Says what was left out.
pub(crate) fn remark(copied: &Copied, out: &mut Out<'_>) {
    for path in &copied.left_out {
        let why = "it is neither a file nor a folder";
        out(Line::Remark(format!("{} was left out: {why}", path.display())));
    }
}
