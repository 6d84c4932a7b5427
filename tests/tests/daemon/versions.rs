//! Is the version that is played always one that exists and that people would choose?

use serde_json::{Value, json};
use tests::process::{Home, Signal};

use crate::{home, track};

/// A home whose first version learned for a while, and in which a worse one is not promoted.
fn learned() -> Home {
    let home = home().set("schedule.promotion_margin", 0.05);
    let home = home.set("training.epochs", 25).set("training.patience", 25);
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    home
}

fn made_by(home: &Home, track: u64) -> Value {
    let tracks = home.rows(&["tracks", "hardstyle"]);
    let made = tracks.into_iter().find(|row| row["track"] == track).expect("it is listed");
    made["version"].clone()
}

#[test]
fn a_worse_version_is_kept_with_its_reason_and_not_played() {
    // The second hardly moves from where it begins.
    let home = learned().set("training.learning_rate", 1e-5);
    let daemon = home.daemon();
    let rows = home.rows(&["train", "hardstyle", "--fresh", "--epochs", "1"]);
    let trained = rows.last().expect("a row");
    assert_eq!(
        (&trained["version"], &trained["promoted"]),
        (&json!(2), &json!(false)),
        "{trained}"
    );
    assert_eq!(home.status("hardstyle")["version"], 1);
    assert_eq!(made_by(&home, track(&home, 1)), 1);
    let versions = home.rows(&["versions", "hardstyle"]);
    let (first, second) = (&versions[0], &versions[1]);
    let curve = first["curve"].as_array().expect("a curve");
    assert_eq!((curve.len(), &second["curve"][0]["epoch"]), (25, &json!(1)));
    let losses = curve.iter().map(|loss| loss["valid_nll"].as_f64().expect("a loss"));
    let (best, first_loss) = (losses.clone().fold(f64::INFINITY, f64::min), losses.clone().next());
    assert_eq!(first["valid_nll"], best);
    assert_eq!((&first["layers"], &first["hidden"]), (&json!(1), &json!(16)));
    assert!(second["outcome"]["kept"]["why"].as_str().is_some(), "{second}");
    let told = home.ask(&["versions", "hardstyle"]).out;
    let first_loss = first_loss.expect("one");
    assert!(told.contains(&format!("{first_loss:.3} after the first, {best:.3} after epoch ")));
    assert!(told.contains("1×16 units") && told.contains("(the last)"), "{told}");
    assert!(told.contains("was not promoted: ") && told.contains("worse by more than"), "{told}");
    // A person may choose it all the same.
    home.row(&["rollback", "hardstyle", "v2"]);
    assert_eq!(made_by(&home, track(&home, 1)), 2);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn versions_are_switched_and_deleted_while_the_daemon_serves_and_trains() {
    let home = learned().set("training.continue_epochs", 10_000);
    let home = home.set("training.patience", 10_000).set("schedule.promotion_margin", 10.0);
    let daemon = home.daemon();
    home.rows(&["train", "hardstyle", "--epochs", "1"]);
    assert_eq!(made_by(&home, track(&home, 1)), 2);
    home.row(&["retrain", "hardstyle"]);
    home.row(&["rollback", "hardstyle", "1"]);
    assert_eq!(made_by(&home, track(&home, 1)), 1);
    assert_eq!(home.row(&["discard", "hardstyle", "2"])["deleted"], true);
    assert_eq!(made_by(&home, track(&home, 2)), 1);
    home.ask(&["rollback", "hardstyle", "2"]).fails(3, "kept are v1");
    home.ask(&["discard", "hardstyle", "1"]).fails(3, "the one that is played");
    let versions = home.rows(&["versions", "hardstyle"]);
    assert_eq!((versions.len(), &versions[0]["current"]), (1, &json!(true)));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
}

#[test]
fn size_and_length_that_are_left_open_are_chosen_reported_and_kept() {
    let keys = ["layers", "hidden", "embedding", "sequence_length", "batch"];
    let open = |home: Home, key: &&str| home.set(&format!("training.{key}"), "\"auto\"");
    let home = keys.iter().fold(home(), open);
    home.drop_songs("hardstyle", 0..6);
    let first = home.ask(&["train", "hardstyle"]);
    assert!(first.err.contains("2×64 units, embedding 32, 8×64 tokens a step"), "{first:#?}");
    home.rows(&["train", "hardstyle"]);
    // A size that is set applies to a new network, not to one that continues to learn.
    let home = home.set("training.hidden", 24);
    home.rows(&["train", "hardstyle", "--fresh"]);
    let home = home.set("training.hidden", "\"auto\"");
    home.rows(&["train", "hardstyle"]);
    let versions = home.rows(&["versions", "hardstyle"]);
    let of = |idx: usize| keys.map(|key| versions[idx][key].as_u64().expect("a number"));
    assert_eq!((of(0), of(1)), ([2, 64, 32, 64, 8], [2, 64, 32, 64, 8]));
    assert_eq!((of(2), of(3)), ([2, 24, 12, 64, 8], [2, 24, 12, 64, 8]));
    let parents: Vec<&Value> = versions.iter().map(|version| &version["parent"]).collect();
    assert_eq!(parents, [&Value::Null, &json!(1), &Value::Null, &json!(3)]);
}
