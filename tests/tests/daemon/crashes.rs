//! Does a kill lose or duplicate anything?

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use daemon::config::Config;
use daemon::context::Context;
use daemon::store::{Move, SongId};
use tests::process::{Daemon, Home, Signal, song, songs};

use crate::{home, track, trained};

#[test]
fn every_dropped_file_is_somewhere_exactly_once_after_kills() {
    let home = home().set("schedule.min_songs", 100);
    fs::create_dir(home.path("inbox")).expect("can be made");
    let mut dropped = Vec::new();
    // Each time a little later, so that the kills hit every stage from the start to the last move.
    for (round, songs) in songs().chunks(3).enumerate() {
        let daemon = Daemon::start_only(home.command(&["run"]));
        for (name, bytes) in songs {
            dropped.push(bytes.clone());
            home.put(&format!("inbox/hardstyle/{name}"), bytes);
        }
        let wrong = format!("round {round}: no song").into_bytes();
        home.put(&format!("inbox/hardstyle/wrong-{round}.mid"), &wrong);
        dropped.push(wrong);
        kill_at(daemon, Duration::from_millis(40 + 45 * round as u64));
    }
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));

    let times = |all: Vec<Vec<u8>>| {
        let mut times = BTreeMap::new();
        for bytes in all {
            *times.entry(bytes).or_insert(0) += 1;
        }
        times
    };
    let kept = [contents(&home, "library"), contents(&home, "rejected")].concat();
    assert!(times(kept) == times(dropped), "files were lost or duplicated: {:?}", home.files(""));
    let rows = home.rows(&["library"]);
    let mut paths: Vec<&str> = rows.iter().filter_map(|row| row["path"].as_str()).collect();
    paths.sort_unstable();
    let expected = home.files("library");
    let expected: Vec<String> =
        expected.iter().map(|file| home.path("library").join(file).display().to_string()).collect();
    assert_eq!(paths, expected, "the store and the folder disagree");
    let explained = home.files("rejected").iter().filter(|f| f.ends_with(".reason.txt")).count();
    assert_eq!(explained, contents(&home, "rejected").len());
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
}

#[test]
fn a_move_that_a_crash_interrupted_is_finished_where_the_file_lies() {
    let home = home().set("schedule.min_songs", 100);
    home.put("inbox/hardstyle/x.mid", &song(0));
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    // As if the daemon had been killed right after it moved a second song of this name.
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    let (_, first) = context.store.songs().expect("readable").pop().expect("a song");
    let id = SongId::of(&song(1));
    let (from, to) = ("inbox/hardstyle/x.mid".into(), "library/hardstyle/x.mid".into());
    let unfinished = Move { song: Some(id), from, to, reason: None };
    context.store.take_in(Some((id, first)), Some(unfinished)).expect("noted");
    drop(context);
    home.put("library/hardstyle/x (2).mid", &song(1));

    let daemon = home.daemon();
    let rows = home.rows(&["library"]);
    let second = rows.iter().find(|row| row["song"] == id.to_string()).expect("it is listed");
    let path = second["path"].as_str().expect("a path");
    assert_eq!(fs::read(path).expect("it is there"), song(1), "{path} is the other song");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_vote_that_was_acknowledged_survives_a_kill() {
    let home = trained();
    let track = track(&home, 1).to_string();
    for n_listeners in 1..=4 {
        let daemon = home.daemon();
        let by = format!("listener {n_listeners}");
        let row = home.row(&["rate", &track, "🔥", "--by", &by]);
        assert_eq!(row["votes"], n_listeners);
        daemon.kill();
        let kept = home.row(&["tracks", "hardstyle"]);
        assert_eq!(kept["listeners"], n_listeners, "{kept}");
    }
}

#[test]
fn a_training_that_was_killed_leaves_a_home_that_trains() {
    let home = home().set("training.epochs", 10_000).set("training.patience", 10_000);
    home.drop_songs("hardstyle", 0..6);
    let daemon = home.daemon();
    daemon.wait_for_log("epoch   2/");
    daemon.kill();
    let home = home.set("training.epochs", 2);
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
    let rows = home.rows(&["train", "hardstyle"]);
    assert_eq!(rows.last().expect("a row")["version"], 1);
    home.put("inbox/hardstyle/one more.mid", &song(7));
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

/// Kills a daemon after `age`, whatever it is doing then.
fn kill_at(daemon: Daemon, age: Duration) {
    let deadline = Instant::now() + age;
    while let Some(left) = deadline.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
    daemon.kill();
}

/// The contents of all files below a folder of the home but the explanations.
fn contents(home: &Home, folder: &str) -> Vec<Vec<u8>> {
    let files = home.files(folder).into_iter().filter(|file| !file.ends_with(".reason.txt"));
    files.map(|file| fs::read(home.path(folder).join(file)).expect("readable")).collect()
}
