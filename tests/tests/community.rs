//! Does the program that plays communities get through a cycle and say what came of it?

#[path = "../examples/community/experiment/mod.rs"]
mod experiment;

use clap::Parser;
use experiment::{Options, Progress, play, preferences};
use serde_json::Value;

/// Settings under which everything is quick.
const QUICK: [&str; 12] = [
    "schedule.min_songs=4",
    "schedule.promotion_margin=10.0",
    "inbox.settle_ms=50",
    "training.layers=1",
    "training.hidden=16",
    "training.embedding=8",
    "training.sequence_length=32",
    "training.batch=4",
    "training.epochs=2",
    "training.continue_epochs=1",
    "generate.bars=4",
    "taste.candidates=2",
];

fn options(more: &[&str]) -> Options {
    let program = ["community", "--binary", env!("CARGO_BIN_EXE_kickback-under-test")];
    let quick = QUICK.iter().flat_map(|setting| ["--config", setting]);
    Options::parse_from(program.into_iter().chain(quick).chain(more.iter().copied()))
}

#[test]
fn a_cycle_of_votes_is_played_and_measured() {
    let small =
        ["--seeds", "1", "--cycles", "1", "--votes", "4", "--probe", "3", "--baseline", "6"];
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("numbers.json");
    let which =
        ["--plain-too", "--settle", "1", "--preferences", "high,random", "--hold-back", "18"];
    let options = options(&[&small[..], &which[..]].concat());
    let options = Options { json: Some(file.clone()), ..options };
    let report = play(&options, &Progress::new(|_| ())).expect("it is played");
    assert_eq!(report.failures, [""; 0]);

    let table = report.to_string();
    for what in ["high*  ", "random*  ", "  plain", "mean, held back", "cycle 1", "thrown votes"] {
        assert!(table.contains(what), "{what:?} is not in\n{table}");
    }
    let numbers = std::fs::read(file).expect("written");
    let numbers: Value = serde_json::from_slice(&numbers).expect("JSON");
    let trial = &numbers["trials"][0];
    assert_eq!((&trial["preference"], &trial["cycles"][0]["votes"]), (&"high".into(), &4.into()));
    let probes = trial["cycles"][0]["probes"].as_array().expect("probes");
    assert_eq!(probes.len(), 3);
    let lift = &numbers["preferences"][0]["lifts"][0];
    let of = |key: &str| lift[key].as_f64().expect("a number");
    assert!(of("low") <= of("lift") && of("lift") <= of("high"), "{lift}");
}

#[test]
fn what_cannot_be_played_is_told_before_anything_is_trained() {
    let wrong = options(&["--preferences", "high,loud"]);
    let told = |options| play(options, &Progress::new(|_| ())).err();
    let error = told(&wrong).expect("not known").to_string();
    assert!(error.contains("\"loud\"") && error.contains("sparse"), "{error}");
    let missing = Options { binary: Some("/nowhere/kickback".into()), ..options(&[]) };
    let error = told(&missing).expect("not there").to_string();
    assert!(error.contains("cargo build --release -p daemon"), "{error}");
}

#[test]
fn halves_can_be_asked_for_by_their_names() {
    let names = |half| -> Vec<String> {
        let asked = options(&["--list", "--hold-back", "7", "--preferences", half]);
        assert!(asked.list);
        preferences(&asked).expect("known").iter().map(ToString::to_string).collect()
    };
    let (choosing, held_back) = (names("choosing"), names("held-back"));
    assert_eq!((choosing.len() + held_back.len(), held_back.len()), (names("all").len(), 7));
    assert!(held_back.iter().all(|line| line.contains(" held back ")), "{held_back:#?}");
}
