//! `restore`: how does a home come back from a backup?

use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::backup::copied::{Copied, KEY, STORE, folders, remark, sync};
use crate::config::Config;
use crate::context::now_ms;
use crate::control;
use crate::control::failure::{Misused, NotNow};
use crate::control::line::{Line, Out, shown};
use crate::home::Home;
use crate::listeners::copy_key;
use crate::store::{SongStatus, Store};
use crate::track::track_file;

/// What to restore.
#[derive(Clone, Debug, Args)]
pub(crate) struct Restore {
    /// The backup's folder, which is only read
    #[arg(value_name = "DIR")]
    pub(crate) from: PathBuf,
}

/// What came back.
#[derive(Debug, Serialize)]
struct Row {
    from: String,
    home: String,
    files: u64,
    bytes: u64,
    songs: usize,
    tracks: usize,
    #[serde(skip)]
    size: String,
}

impl Restore {
    /// Fills a home that has no store yet from a backup. Files that are in the home already under the
    /// same name are replaced, but not `kickback.toml`.
    ///
    /// # Errors
    /// [`NotNow`] if a daemon runs on the home, [`Misused`] if it has a store or this is not a backup;
    /// else what could not be read or written. As the store is made last, it can then be repeated.
    pub(crate) fn run(
        &self,
        home: &Home,
        config: &Config,
        out: &mut Out<'_>,
    ) -> anyhow::Result<()> {
        let from = std::path::absolute(&self.from)?;
        require_no_store(home)?;
        let mut export = open(&from.join(STORE), &from)?;
        let mut copied = copy(&from, home, out)?;
        copied.add(export.metadata()?.len());
        let store = Store::import(&home.store(), &config.store, now_ms(), &mut export)
            .with_context(|| format!("making the store from {}", from.join(STORE).display()))?;
        remark(&copied, out);
        let songs = store.songs()?;
        let accepted = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted);
        out(Line::row(&Row {
            from: shown(&from),
            home: shown(home.root()),
            files: copied.n_files,
            bytes: copied.n_bytes,
            songs: accepted.count(),
            tracks: store.tracks()?.len(),
            size: copied.to_string(),
        }));
        Ok(())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { home, songs, tracks, size, .. } = self;
        write!(f, "{songs} songs and {tracks} tracks are back, {size}: {home}")
    }
}

fn require_no_store(home: &Home) -> anyhow::Result<()> {
    let root = home.root().display();
    if control::is_answering(&home.socket()) {
        let hint = "stop it or give another --home";
        return Err(NotNow(format!("a daemon runs on {root}: {hint}")).into());
    }
    if home.store().symlink_metadata().is_ok() {
        let hint = "give another --home, or move its folder `store` away";
        return Err(Misused(format!("{root} has a store, which is not replaced: {hint}")).into());
    }
    Ok(())
}

/// Opens the copy of the store in the backup `from`.
fn open(store: &Path, from: &Path) -> anyhow::Result<File> {
    match File::open(store) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Misused(format!("{} is not a backup: it has no {STORE}", from.display())).into())
        }
        file => file.with_context(|| format!("reading {}", store.display())),
    }
}

/// Copies all but the store.
fn copy(from: &Path, home: &Home, out: &mut Out<'_>) -> anyhow::Result<Copied> {
    home.create()?;
    let mut copied = Copied::default();
    for to in folders(home) {
        if let Some(name) = to.file_name().filter(|name| from.join(name).is_dir()) {
            copied.folder(&from.join(name), &to, &|| Ok(()))?;
        }
    }
    settings(&from.join("kickback.toml"), home, &mut copied, out)?;
    let key = from.join(KEY);
    if key.is_file() {
        copied.add(copy_key(&key, &home.listener_key())?);
    }
    sync(home.root())?;
    Ok(copied)
}

/// Restores `kickback.toml`, unless the home has one.
fn settings(
    from: &Path,
    home: &Home,
    copied: &mut Copied,
    out: &mut Out<'_>,
) -> anyhow::Result<()> {
    if !from.is_file() {
        return Ok(());
    }
    let to = home.config();
    let text = fs::read(from).with_context(|| format!("reading {}", from.display()))?;
    match fs::read(&to) {
        Ok(own) if own != text => {
            let (own, other) = (to.display(), from.display());
            out(Line::Remark(format!("{own} was kept; that of the backup is {other}")));
            return Ok(());
        }
        Ok(_) => {}
        Err(_) => track_file::write(&to, &text)?,
    }
    copied.add(text.len() as u64);
    Ok(())
}
