//! Does a training resume where it was stopped, and end as if it had never been?

use std::fs;

use serde_json::Value;
use tests::process::{Daemon, Home, Signal, eventually};

use crate::home;

/// Long enough to be stopped in the middle, short enough to wait for.
const EPOCHS: usize = 150;
/// Takes hours.
const ENDLESS: usize = 10_000;

/// A home with six songs in its inbox, whose training takes them all and so many epochs.
fn slow(n_epochs: usize) -> Home {
    let home = home()
        .set("training.epochs", n_epochs)
        .set("training.patience", n_epochs)
        .set("schedule.min_songs", 6)
        .set("schedule.snapshot_seconds", 0);
    home.drop_songs("hardstyle", 0..6);
    home
}

/// The only version, without what differs from run to run.
fn version(home: &Home) -> Value {
    eventually("a first version", || (home.status("hardstyle")["version"] == 1).then_some(()));
    let text = fs::read(home.path("models/hardstyle/v1/manifest.json")).expect("a version");
    let mut manifest: Value = serde_json::from_slice(&text).expect("a manifest");
    let fields = manifest.as_object_mut().expect("an object");
    fields.retain(|key, _| key != "created_ms" && key != "tokens_per_second");
    assert_eq!(fields["curve"].as_array().map(Vec::len), Some(EPOCHS));
    // The version is played a moment before its snapshots are deleted.
    eventually("no snapshot of a complete training", || (!unfinished(home)).then_some(()));
    manifest
}

fn unfinished(home: &Home) -> bool {
    home.path("models/hardstyle/.training").exists()
}

/// The number after some words in a log.
fn number_after(log: &str, words: &str) -> u64 {
    let (_, rest) = log.split_once(words).unwrap_or_else(|| panic!("no {words:?} in {log}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}

#[test]
fn a_training_in_pieces_makes_the_version_that_it_makes_in_one() {
    let through = slow(EPOCHS);
    through.rows(&["train", "hardstyle"]);

    let home = slow(EPOCHS);
    let daemon = home.daemon();
    daemon.wait_for_log("epoch   5/");
    assert!(unfinished(&home));
    daemon.kill();
    let daemon = home.daemon();
    daemon.wait_for_log("epoch  20/");
    assert!(number_after(&daemon.log(), "it resumes at step ") > 0);
    let ended = daemon.stop(Signal::TERM);
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let stopped_at = number_after(&ended.log, "hardstyle was stopped at step ");
    let daemon = home.daemon();
    daemon.wait_for_log("it resumes at step ");
    assert_eq!(number_after(&daemon.log(), "it resumes at step "), stopped_at);
    assert_eq!(version(&home), version(&through));
    assert!(!daemon.log().contains("begins anew"), "{}", daemon.log());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn what_cannot_be_resumed_is_reported_and_begins_anew() {
    let home = slow(ENDLESS);
    let stopped = || {
        let daemon = home.daemon();
        daemon.wait_for_log("epoch   2/");
        assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
        assert!(unfinished(&home));
    };
    stopped();
    let file = home.path("models/hardstyle/.training");
    let mut bytes = fs::read(&file).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // Its note is not believed either then.
    let noted = br#"epochs\\\":null"#;
    let at =
        bytes.windows(noted.len()).position(|here| here == noted).expect("no epochs are noted");
    bytes[at + noted.len() - 4..][..4].copy_from_slice(b"  50");
    fs::write(&file, bytes).expect("writable");
    let daemon = home.daemon();
    daemon.wait_for_log("cannot be resumed");
    daemon.wait_for_log("is lost; an ordinary one takes its place");
    daemon.wait_for_log("training hardstyle because");
    assert!(!daemon.log().contains("resumes at step"), "{}", daemon.log());
    daemon.wait_for_log("epoch   2/10000 ");
    daemon.kill();

    let home = home.set("training.learning_rate", 0.005).set("training.epochs", 3);
    let daemon = home.daemon();
    daemon.wait_for_log("begins anew: its settings, its starting point or the genres have changed");
    eventually("a first version", || (home.status("hardstyle")["version"] == 1).then_some(()));
    assert!(!unfinished(&home));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn without_a_daemon_it_resumes_too_unless_a_fresh_one_is_asked_for() {
    let home = slow(ENDLESS);
    let stop_of = |arguments: &[&str]| {
        let training = Daemon::start_only(home.command(arguments));
        // It is on its way then, and listens to signals.
        training.wait_for_log("training hardstyle because");
        training.stop(Signal::INT)
    };
    let stop = || stop_of(&["train", "hardstyle"]);
    // The second asks for nothing in particular, so it resumes this one.
    let first = stop_of(&["train", "hardstyle", "--epochs", "9000"]);
    assert_eq!(first.code, Some(1), "{}", first.log);
    let stopped_at = number_after(&first.log, "hardstyle was stopped at step ");
    let second = stop();
    assert_eq!(number_after(&second.log, "it resumes at step "), stopped_at);
    home.drop_songs("hardstyle", 6..8);
    let third = stop();
    assert!(third.log.contains("songs or votes have come in since"), "{}", third.log);
    assert!(third.log.contains("it resumes at step "), "{}", third.log);
    assert!(third.log.contains("hardstyle was stopped at step "), "{}", third.log);
    let fresh = home.ask(&["train", "hardstyle", "--fresh", "--epochs", "1"]);
    assert_eq!(fresh.code, Some(0), "{fresh:#?}");
    assert!(!fresh.err.contains("resumes at step"), "{fresh:#?}");
    assert!(!unfinished(&home));
}

#[test]
fn a_status_says_how_far_a_training_is_and_what_waits() {
    let home = slow(ENDLESS);
    let daemon = home.daemon();
    daemon.wait_for_log("epoch   1/");
    home.row(&["retrain", "hardstyle"]);
    let row = home.rows(&["status"]).swap_remove(0);
    assert_eq!(row["waiting"], serde_json::json!(["hardstyle"]), "{row}");
    let progress = &row["progress"];
    let number = |key: &str| progress[key].as_f64().unwrap_or_else(|| panic!("no {key}: {row}"));
    assert!(number("epoch") >= 1.0 && progress["epochs"] == ENDLESS, "{row}");
    assert!(number("step") > 0.0 && number("step") < number("steps"), "{row}");
    assert!(number("share") > 0.0 && number("share") < 1.0, "{row}");
    assert!(number("nll") > 0.0 && number("seconds_left") >= 0.0, "{row}");
    let told = home.ask(&["status"]).out;
    assert!(told.contains("training hardstyle: ") && told.contains(" left"), "{told}");
    assert!(told.contains("waiting to be trained: hardstyle"), "{told}");
    assert!(daemon.log().contains(" left"), "{}", daemon.log());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}
