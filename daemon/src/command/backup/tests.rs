//! Is a restored home the one that was backed up?

use std::os::unix::net::UnixListener;
use std::sync::atomic::AtomicBool;

use bot::chat::ListenerId;
use bot::wish::Wish;
use serde_json::json;

use super::*;
use crate::command::doctor::Doctor;
use crate::command::restore::Restore;
use crate::config::Config;
use crate::control::failure::NotNow;
use crate::cycle::training::cycle;
use crate::cycle::training_request::TrainingRequest;
use crate::demo::starter::SONGS;
use crate::intake;
use crate::store::{self, Track, TrackId, TrackState, Vote};
use crate::track::track_file;

const N_SONGS: usize = 4;

fn config() -> Config {
    let mut config = Config::default();
    config.inbox.settle_ms = 50;
    config.schedule.min_songs = 2;
    config.store = store::Settings { free_space_reserve_mb: 16, cache_mb: 16 };
    let training = &mut config.training.hyperparameters;
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
    let request = TrainingRequest::by_person("hardstyle".to_owned(), true, None);
    cycle(&context, &request, &AtomicBool::new(false), &mut |_| ()).expect("trained");
    let song = watch::examine::examine(SONGS[0].1, &context.config.intake).song.expect("a song");
    track_file::keep(&context.home, "hardstyle", "one", &song).expect("kept");
    let id = context.store.add_new_track(|_| track()).expect("noted");
    let (listener, emoji) = ("ann".to_owned(), "🔥".to_owned());
    let vote = Vote { listener, emoji, value: 1.0, weight: 1.0, at_ms: 3, removed_at_ms: None };
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
        file: None,
        wish: Wish::any("hardstyle"),
        stem: "one".to_owned(),
        tempo_bpm: 150.0,
        key_index: 0,
        n_bars: 16,
        created_at_ms: 2,
        n_candidates: None,
        candidates: Vec::new(),
        posterior: None,
        arm: None,
        boldness: None,
        copied_notes: Some(7),
        not_reached: Vec::new(),
        asker: None,
        gone_at_ms: None,
        read_at_ms: None,
        state: TrackState::Rendered,
    }
}

/// Backs the home up to a folder.
fn backup(context: &Context, to: &Path, out: &mut Out<'_>) -> anyhow::Result<()> {
    Backup { to: AbsolutePath::new(to.to_owned())? }.run(context, out)
}

/// Restores the home from a folder.
fn restore(home: &Home, config: &Config, from: &Path, out: &mut Out<'_>) -> anyhow::Result<()> {
    Restore { from: from.to_owned() }.run(home, config, out)
}

fn row(work: impl FnOnce(&mut Out<'_>) -> anyhow::Result<()>) -> anyhow::Result<serde_json::Value> {
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
    Doctor::run(&restored, &mut |_| ()).expect("nothing is wrong");
    assert_eq!(restored.store.songs(), context.store.songs());
    assert_eq!(restored.store.tracks(), context.store.tracks());
    assert_eq!(restored.store.votes_of(TrackId(1)), context.store.votes_of(TrackId(1)));
    let name = |context: &Context| context.listeners.name(ListenerId(5));
    assert_eq!(name(&restored), name(&context), "who voted is known again");
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
    let context = Context::open(Home::new(folder.path().join("home")), config()).expect("a home");
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
    assert!(error.is::<Misused>(), "{error:#}");
    let other = Home::new(folder.path().join("other"));
    let error = row(|out| restore(&other, &config(), folder.path(), out)).expect_err("no backup");
    assert!(error.is::<Misused>(), "{error:#}");
    fs::create_dir(other.root()).expect("a folder");
    let daemon = UnixListener::bind(other.socket()).expect("a socket");
    let error = row(|out| restore(&other, &config(), &to, out)).expect_err("a daemon");
    assert!(error.is::<NotNow>(), "{error:#}");
    drop(daemon);
    row(|out| restore(&other, &config(), &to, out)).expect("the daemon is gone");
}

#[test]
fn a_restore_that_failed_can_be_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let context = Context::open(Home::new(folder.path().join("home")), config()).expect("a home");
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
