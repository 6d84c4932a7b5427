//! `backup`: how does a home outlive its disk?
//!
//! A backup is a folder with a copy of the store (`store.kickback`), of the songs, models, tracks,
//! library and rejected files, of `kickback.toml` and of the key that names the chat's listeners. The inbox is not in it, as nothing there was
//! taken in yet, nor is the Discord token. Nothing here compresses, or deletes older backups.

pub(super) mod copied;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};

use self::copied::{Copied, KEY, STORE, folders, remark, sync};
use crate::context::Context;
use crate::control::failure::Misused;
use crate::control::line::{Line, Out, shown};
use crate::home::Home;
use crate::listeners::copy_key;
use crate::store::Exported;
use bot::wish::AbsolutePath;

/// Where to copy the home to.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// A new folder; the daemon under systemd can write only below its home
    #[arg(value_name = "DIR")]
    pub(crate) to: AbsolutePath,
}

/// What a backup holds.
#[derive(Debug, Serialize)]
struct Row {
    to: String,
    files: u64,
    bytes: u64,
    songs: u64,
    tracks: u64,
    #[serde(skip)]
    size: String,
}

impl Backup {
    /// Copies the home into a new folder, which appears only when all of it is on the disk. The home
    /// may be in use meanwhile.
    ///
    /// # Errors
    /// [`Misused`] for a folder that cannot be taken; else what could not be read or written, and then
    /// nothing is left behind.
    pub(super) fn run(&self, context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
        let to = place(&context.home, &self.to)?;
        let partial = make_partial(&to)?;
        let filled = fill(context, &partial).and_then(|filled| {
            fs::rename(&partial, &to).with_context(|| format!("renaming to {}", to.display()))?;
            to.parent().map_or(Ok(()), sync)?;
            Ok(filled)
        });
        if filled.is_err() {
            // What cannot be removed is named by the next backup to this place.
            let _ = fs::remove_dir_all(&partial);
        }
        let (exported, copied) = filled?;
        remark(&copied, out);
        if exported.n_damaged > 0 {
            let n = exported.n_damaged;
            let hint = "keep older backups; `kickback doctor` names them";
            out(Line::Remark(format!(
                "{n} damaged values of the store were copied as they are: {hint}"
            )));
        }
        out(Line::row(&Row {
            to: shown(&to),
            files: copied.n_files,
            bytes: copied.n_bytes,
            songs: exported.n_songs,
            tracks: exported.n_tracks,
            size: copied.to_string(),
        }));
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { to, songs, tracks, size, .. } = self;
        write!(f, "{songs} songs and {tracks} tracks are safe, {size}: {to}")
    }
}

/// Makes the folder that is filled before it is given its name.
fn make_partial(to: &Path) -> anyhow::Result<PathBuf> {
    let mut partial = to.to_owned().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    match DirBuilder::new().mode(0o700).create(&partial) {
        Ok(()) => Ok(partial),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let what = "another backup is filling it, or one was cut short; if so, remove it";
            Err(Misused(format!("{} is there: {what}", partial.display())).into())
        }
        Err(error) => {
            let hint = "a daemon under systemd may write only below its home";
            Err(error).context(format!("making {} ({hint})", partial.display()))
        }
    }
}

/// Where a backup can be made: a new name in a folder that is there, outside of what is copied.
fn place(home: &Home, to: &Path) -> anyhow::Result<PathBuf> {
    let misused = |why: &str| Misused(format!("cannot make a backup at {}: {why}", to.display()));
    let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
        return Err(misused("give the name of a new folder").into());
    };
    if to.symlink_metadata().is_ok() {
        return Err(misused("it is there already; give the name of a new folder").into());
    }
    let parent = parent.canonicalize();
    let parent = parent.map_err(|error| misused(&format!("{error}; make its folder first")))?;
    for folder in folders(home).into_iter().chain([home.inbox(), home.store()]) {
        if folder.canonicalize().is_ok_and(|folder| parent.starts_with(folder)) {
            return Err(misused("that folder of the home has another use").into());
        }
    }
    Ok(parent.join(name))
}

fn fill(context: &Context, partial: &Path) -> anyhow::Result<(Exported, Copied)> {
    let mut copied = Copied::default();
    // The store comes first: songs, versions and the music of tracks are written before the store
    // notes them and are never deleted, so all that this copy of it names is there to be copied.
    let path = partial.join(STORE);
    let at = || format!("writing {}", path.display());
    let mut file = BufWriter::new(File::create_new(&path).with_context(at)?);
    let exported = context.store.export(&mut file).with_context(at)?;
    file.flush().and_then(|()| file.get_ref().sync_all()).with_context(at)?;
    copied.add(file.get_ref().metadata()?.len());
    for from in folders(&context.home) {
        if let Some(name) = from.file_name() {
            // It may be the home's own disk that fills up.
            copied.folder(&from, &partial.join(name), &|| Ok(context.store.check_space()?))?;
        }
    }
    let settings = context.home.config();
    if settings.is_file() {
        copied.file(&settings, &partial.join("kickback.toml"))?;
    }
    // It is older than every name in the store.
    let key = context.home.listener_key();
    copied.add(copy_key(&key, &partial.join(KEY))?);
    sync(partial)?;
    Ok((exported, copied))
}
