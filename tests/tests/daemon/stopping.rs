//! Does a stop lose nothing, however busy the daemon is?

use std::time::Duration;

use tests::process::{Answer, Home, Signal, eventually};

use crate::home;

/// A daemon has to end within this time after a signal.
const PROMPT: Duration = Duration::from_secs(3);

#[test]
fn a_stop_in_the_middle_of_a_drop_loses_no_file() {
    let home = home().set("schedule.min_songs", 100);
    let daemon = home.daemon();
    let dropped = home.drop_songs("hardstyle", 0..24);
    eventually("a first song", || (!home.files("library").is_empty()).then_some(()));
    let ended = daemon.stop(Signal::TERM);
    assert!(ended.code == Some(0) && ended.took < PROMPT, "{ended:?}");
    let mut there = [home.files("inbox"), home.files("library")].concat();
    there.sort();
    assert_eq!(there, dropped);
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library"), dropped);
    assert_eq!(daemon.stop(Signal::INT).code, Some(0));
}

/// A home whose training would take hours.
fn endless() -> Home {
    let home = home().set("training.epochs", 10_000).set("training.patience", 10_000);
    home.drop_songs("hardstyle", 0..6);
    home
}

#[test]
fn a_training_that_was_stopped_leaves_no_version_and_is_resumed() {
    for signal in [Signal::TERM, Signal::INT] {
        let home = endless();
        let daemon = home.daemon();
        daemon.wait_for_log("epoch   2/");
        assert_eq!(home.rows(&["status"])[0]["training"], "hardstyle");
        let ended = daemon.stop(signal);
        assert_eq!(ended.code, Some(0), "{}", ended.log);
        assert!(ended.took < PROMPT, "{signal:?} took {:?}: {}", ended.took, ended.log);
        assert!(!ended.log.contains("ERROR"), "a stop is not an error: {}", ended.log);
        assert_eq!(home.files("models"), Vec::<String>::new());
        assert!(!home.path("kickback.sock").exists());
        assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
        assert_eq!(home.status("hardstyle")["songs"], 6);

        let home = home.set("training.epochs", 2);
        let daemon = home.daemon();
        eventually("a first version", || (home.status("hardstyle")["version"] == 1).then_some(()));
        assert_eq!(home.row(&["versions", "hardstyle"])["version"], 1);
        assert_eq!(daemon.stop(signal).code, Some(0));
    }
}

#[test]
fn whoever_waits_for_a_training_is_told_that_it_was_stopped() {
    let home = endless().set("schedule.quiet_seconds", 86_400.0);
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    let waiting = home.start(&["--json", "train", "hardstyle"]);
    daemon.wait_for_log("epoch   1/");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    let told = Answer::of_child(waiting);
    assert_eq!(told.code, Some(1), "{told:#?}");
    assert!(told.err.contains("stopped"), "{told:#?}");
    assert!(told.objects().iter().all(|row| row["event"] == "epoch"), "{told:#?}");
}

#[test]
fn the_daemon_answers_and_takes_songs_in_while_it_trains() {
    let home = endless();
    let daemon = home.daemon();
    daemon.wait_for_log("epoch   1/");
    home.drop_songs("trance", 6..8);
    home.wait_for_empty_inbox();
    let songs = || (home.status("trance")["songs"] == 2).then_some(());
    eventually("two songs of another genre", songs);
    assert_eq!(home.rows(&["status"])[0]["training"], "hardstyle");
    let ended = daemon.stop(Signal::TERM);
    assert!(ended.code == Some(0) && ended.took < PROMPT, "{ended:?}");
}
