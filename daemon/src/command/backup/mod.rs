//! `backup` and `restore`: how does a home outlive its disk?
//!
//! A backup is a folder with a copy of the store (`store.kickback`), of the songs, models, tracks,
//! library and rejected files and of `kickback.toml`. The inbox is not in it, as nothing there was
//! taken in yet, nor is the Discord token. Nothing here compresses, or deletes older backups.

mod copied;

use std::fs::{self, DirBuilder, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use crate::config::Config;
use crate::context::{Context, now_ms};
use crate::control::answer::{Line, Misused, NotNow, Out};
use crate::home::Home;
use crate::store::{Exported, SongStatus, Store};
use crate::track::track_file;

use copied::{Copied, sync};

/// The copy of the store in a backup.
const STORE: &str = "store.kickback";

/// Copies the home into the new folder `to`, which appears only when all of it is on the disk. The
/// home may be in use meanwhile.
///
/// # Errors
/// [`Misused`] for a folder that cannot be taken; else what could not be read or written, and then
/// nothing is left behind.
pub fn backup(context: &Context, to: &Path, out: &mut Out<'_>) -> anyhow::Result<()> {
    let to = place(&context.home, to)?;
    let mut partial = to.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    match DirBuilder::new().mode(0o700).create(&partial) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let what = "another backup makes it now, or one did not end; if so, remove it";
            return Err(Misused(format!("{} is there: {what}", partial.display())).into());
        }
        Err(error) => {
            let hint = "a daemon under systemd may write only below its home";
            return Err(error).context(format!("making {} ({hint})", partial.display()));
        }
        Ok(()) => {}
    }
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
    let (n_songs, n_tracks) = (exported.n_songs, exported.n_tracks);
    out(Line::row(
        json!({"to": to.display().to_string(), "files": copied.n_files,
            "bytes": copied.n_bytes, "songs": n_songs, "tracks": n_tracks}),
        format!("{n_songs} songs and {n_tracks} tracks are safe, {copied}: {}", to.display()),
    ));
    Ok(())
}

/// Fills a home that has no store yet from the backup `from`, which is only read. Files that are in
/// the home already under the same name are replaced, but not `kickback.toml`.
///
/// # Errors
/// [`NotNow`] if the home has a store or a daemon runs on it, [`Misused`] if `from` is no backup;
/// else what could not be read or written. As the store is made last, it can then be repeated.
pub fn restore(home: &Home, config: &Config, from: &Path, out: &mut Out<'_>) -> anyhow::Result<()> {
    let root = home.root().display();
    if UnixStream::connect(home.socket()).is_ok() {
        return Err(
            NotNow(format!("a daemon runs on {root}: stop it or give another --home")).into()
        );
    }
    if home.store().symlink_metadata().is_ok() {
        let hint = "give another --home, or move its folder `store` away";
        return Err(NotNow(format!("{root} has a store, which is not replaced: {hint}")).into());
    }
    let store = from.join(STORE);
    let mut export = match File::open(&store) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(
                Misused(format!("{} is no backup: it has no {STORE}", from.display())).into()
            );
        }
        export => export.with_context(|| format!("reading {}", store.display()))?,
    };
    home.create()?;
    let mut copied = Copied::default();
    for to in folders(home) {
        if let Some(name) = to.file_name().filter(|name| from.join(name).is_dir()) {
            copied.folder(&from.join(name), &to, &|| Ok(()))?;
        }
    }
    settings(&from.join("kickback.toml"), home, &mut copied, out)?;
    sync(home.root())?;
    copied.add(export.metadata()?.len());
    let store = Store::import(&home.store(), &config.store, now_ms(), &mut export)
        .with_context(|| format!("making the store from {}", store.display()))?;
    remark(&copied, out);
    let songs = store.songs()?;
    let n_songs = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted).count();
    let n_tracks = store.tracks()?.len();
    out(Line::row(
        json!({"from": from.display().to_string(), "home": root.to_string(),
            "files": copied.n_files, "bytes": copied.n_bytes, "songs": n_songs, "tracks": n_tracks}),
        format!("{n_songs} songs and {n_tracks} tracks are back, {copied}: {root}"),
    ));
    Ok(())
}

/// The folders of a home that are copied. Files move from the library to the rejected ones, never
/// back, so in this order none is missed.
fn folders(home: &Home) -> [PathBuf; 5] {
    [home.songs(), home.models(), home.tracks(), home.library(), home.rejected()]
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
    sync(partial)?;
    Ok((exported, copied))
}

fn remark(copied: &Copied, out: &mut Out<'_>) {
    for path in &copied.left_out {
        let why = "it is neither a file nor a folder";
        out(Line::Remark(format!("{} was left out: {why}", path.display())));
    }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::cycle::request::TrainingRequest;
    use crate::cycle::training::cycle;
    use crate::demo::starter::SONGS;
    use crate::intake;
    use crate::store::{self, Track, TrackId, TrackState, Vote};

    const N_SONGS: usize = 4;

    fn config() -> Config {
        let mut config = Config::default();
        config.inbox.settle_ms = 50;
        config.schedule.min_songs = 2;
        config.store = store::Settings { free_space_reserve_mb: 16, cache_mb: 16 };
        let training = &mut config.training;
        (training.hidden, training.embedding, training.epochs) = (8, 4, 1);
        config
    }

    /// A home with songs, a rejected file, a version, a rated track and settings.
    fn used(root: PathBuf) -> Context {
        let context = Context::open(Home::new(root), config()).expect("a home");
        let inbox = context.home.inbox().join("hardstyle");
        fs::create_dir(&inbox).expect("a folder");
        for (name, bytes) in &SONGS[..N_SONGS] {
            fs::write(inbox.join(name), bytes).expect("dropped");
        }
        fs::write(inbox.join("bad.mid"), b"no music").expect("dropped");
        let taken = intake::take_in_now(&context).expect("taken in");
        assert_eq!((taken.n_accepted, taken.n_rejected), (N_SONGS, 1));
        let wanted = TrainingRequest::by_person("hardstyle".to_owned(), true, None);
        cycle(&context, &wanted, &AtomicBool::new(false), &mut |_| ()).expect("trained");
        let song = watch::intake::examine(SONGS[0].1, &context.config.intake).song.expect("a song");
        let features = taste::features(&song);
        track_file::keep(&context.home, "hardstyle", "one", &song, &features).expect("kept");
        let id = context.store.add_new_track(|_| track()).expect("noted");
        let (listener, emoji) = ("ann".to_owned(), "🔥".to_owned());
        let vote = Vote { listener, emoji, value: 1.0, at_ms: 3, removed_at_ms: None };
        context.store.add_vote(id, vote).expect("rated");
        fs::write(context.home.config(), "[schedule]\nmin_songs = 2\n").expect("settings");
        fs::write(context.home.token(), "secret").expect("a token");
        fs::write(context.home.tracks().join(".half"), "").expect("an unfinished file");
        context
    }

    fn track() -> Track {
        Track {
            genre: "hardstyle".to_owned(),
            version: 1,
            seed: 7,
            settings: "{}".to_owned(),
            stem: "one".to_owned(),
            tempo_bpm: 150.0,
            key_index: 0,
            n_bars: 16,
            created_at_ms: 2,
            candidates: Vec::new(),
            copied_notes: Some(7),
            state: TrackState::Rendered,
        }
    }

    fn row(
        work: impl FnOnce(&mut Out<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<serde_json::Value> {
        let mut rows = Vec::new();
        work(&mut |line| {
            if let Line::Row { json, .. } = line {
                rows.push(json);
            }
        })?;
        assert_eq!(rows.len(), 1);
        Ok(rows.remove(0))
    }

    #[test]
    fn a_restored_home_is_the_one_that_was_backed_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let context = used(folder.path().join("home"));
        let to = folder.path().join("backup");
        let made = row(|out| backup(&context, &to, out)).expect("a backup");
        assert_eq!((&made["songs"], &made["tracks"]), (&json!(N_SONGS), &json!(1)));
        assert!(!to.join("discord-token").exists() && !to.join("tracks/.half").exists());
        assert!(!folder.path().join("backup.partial").exists());
        let other = Home::new(folder.path().join("other"));
        let back = row(|out| restore(&other, &config(), &to, out)).expect("restored");
        for what in ["files", "bytes", "songs", "tracks"] {
            assert_eq!(back[what], made[what], "{what}");
        }
        let restored = Context::open(other, config()).expect("it opens");
        super::super::doctor::doctor(&restored, &mut |_| ()).expect("nothing is wrong");
        assert_eq!(restored.store.songs(), context.store.songs());
        assert_eq!(restored.store.tracks(), context.store.tracks());
        assert_eq!(restored.store.votes_of(TrackId(1)), context.store.votes_of(TrackId(1)));
        let version = restored.store.current_version("hardstyle");
        assert!(version.is_ok_and(|version| version.is_some_and(|v| v.version == 1)));
        for name in
            ["library/hardstyle/01-iron-sunrise.mid", "rejected/hardstyle/bad.mid", "kickback.toml"]
        {
            let [was, is] =
                [&context.home, &restored.home].map(|home| fs::read(home.root().join(name)));
            assert_eq!(was.expect("there"), is.expect("restored"), "{name}");
        }
    }

    #[test]
    fn what_would_overwrite_something_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let context =
            Context::open(Home::new(folder.path().join("home")), config()).expect("a home");
        let misused = |to: PathBuf| {
            let error = row(|out| backup(&context, &to, out)).expect_err("refused");
            assert!(error.is::<Misused>(), "{error:#}");
        };
        misused(folder.path().to_owned());
        misused(folder.path().join("none/backup"));
        misused(context.home.tracks().join("backup"));
        let to = context.home.root().join("backup");
        let partial = context.home.root().join("backup.partial");
        fs::create_dir(&partial).expect("of another backup");
        misused(to.clone());
        fs::remove_dir(&partial).expect("there");
        row(|out| backup(&context, &to, out)).expect("a backup in the home");
        let error = row(|out| restore(&context.home, &config(), &to, out)).expect_err("a store");
        assert!(error.is::<NotNow>(), "{error:#}");
        let other = Home::new(folder.path().join("other"));
        let error =
            row(|out| restore(&other, &config(), folder.path(), out)).expect_err("no backup");
        assert!(error.is::<Misused>(), "{error:#}");
        fs::create_dir(other.root()).expect("a folder");
        let daemon = std::os::unix::net::UnixListener::bind(other.socket()).expect("a socket");
        let error = row(|out| restore(&other, &config(), &to, out)).expect_err("a daemon");
        assert!(error.is::<NotNow>(), "{error:#}");
        drop(daemon);
        row(|out| restore(&other, &config(), &to, out)).expect("the daemon is gone");
    }

    #[test]
    fn a_restore_that_failed_can_be_repeated() {
        let folder = tempfile::tempdir().expect("a folder");
        let context =
            Context::open(Home::new(folder.path().join("home")), config()).expect("a home");
        fs::write(context.home.tracks().join("a.mid"), "whole").expect("a file");
        let to = folder.path().join("backup");
        row(|out| backup(&context, &to, out)).expect("a backup");
        let whole = fs::read(to.join(STORE)).expect("a copy of the store");
        fs::write(to.join(STORE), &whole[..whole.len() - 9]).expect("cut");
        let other = Home::new(folder.path().join("other"));
        let error = row(|out| restore(&other, &config(), &to, out)).expect_err("damaged");
        assert!(format!("{error:#}").contains("damaged"), "{error:#}");
        assert!(!other.store().exists());
        fs::write(to.join(STORE), whole).expect("mended");
        fs::write(other.tracks().join("a.mid"), "half").expect("a half restore");
        fs::write(other.config(), "").expect("settings of one's own");
        row(|out| restore(&other, &config(), &to, out)).expect("restored");
        assert_eq!(fs::read(other.tracks().join("a.mid")).expect("there"), b"whole");
        Context::open(other, config()).expect("it opens");
    }
}
