//! Does a track begin with what was asked for, and is it told what could not be had?

use std::fs;

use serde_json::Value;
use tests::process::song;

use crate::midi_facts::Facts;
use crate::trained;

#[test]
fn a_variation_begins_as_its_track_and_a_primer_as_its_file() {
    let home = trained();
    let make = |more: &[&str]| {
        let plain =
            ["generate", "hardstyle", "--arrangement", "lead", "--no-audio", "--no-picture"];
        home.row(&[&plain, more].concat())
    };
    let track = make(&["--seed", "7", "--bars", "6"]);
    let number = track["track"].to_string();
    let varied = make(&["--seed", "6", "--vary", &number, "--keep", "2"]);
    assert_eq!((&varied["key"], &varied["bars"]), (&track["key"], &track["bars"]));
    let notes = |row: &Value| {
        let bytes = fs::read(row["midi"].as_str().expect("a path")).expect("it is there");
        Facts::of(&bytes).notes
    };
    let (first, second) = (notes(&track), notes(&varied));
    let until = |notes: &[(u64, usize, u8)], bar: u64| -> Vec<_> {
        let kept = notes.iter().filter(|(tick, ..)| *tick < bar * 4 * 480);
        kept.map(|(tick, _, pitch)| (*tick, *pitch)).collect()
    };
    assert_eq!(until(&first, 2), until(&second, 2));
    assert_ne!(first, second);
    let file = home.put("a.mid", &song(0));
    let primed = make(&["--primer", file.to_str().expect("a plain path"), "--keep", "1"]);
    let (begun, whole) = (until(&notes(&primed), 1), until(&Facts::of(&song(0)).notes, 1));
    assert!(!begun.is_empty() && begun.iter().all(|note| whole.contains(note)), "{begun:?}");
    home.ask(&["generate", "hardstyle", "--vary", "999"]).fails(3, "there is no track 999");
    home.ask(&["generate", "hardstyle", "--keep", "3"]).fails(2, "--vary <TRACK>|--primer <FILE>");
    let notes = home.put("notes.md", b"buy strings").display().to_string();
    home.ask(&["generate", "hardstyle", "--primer", &notes]).fails(2, "this is not a MIDI file");
    home.ask(&["generate", "hardstyle", "--vary", &number, "--keep", "6", "--bars", "6"])
        .fails(2, "keep fewer");
}

#[test]
fn what_was_asked_for_and_cannot_be_is_told() {
    let home = trained();
    // A bar of one note cannot hold sixteen at once.
    let both = ["generate", "hardstyle", "--bars=1", "--density=1", "--polyphony=16"];
    let quick = [&both[..], &["--seed=5", "--no-audio", "--no-picture"]].concat();
    let told = home.row(&quick)["not_reached"].clone();
    let told = told.as_array().expect("one or both of them").iter();
    let told: Vec<&str> = told.filter_map(Value::as_str).collect();
    assert!(!told.is_empty() && told.iter().all(|told| told.starts_with("asked for ")), "{told:?}");
    let text = home.ask(&quick).out;
    assert!(told.iter().all(|told| text.contains(&format!("\n  {told}\n"))), "{told:?}: {text}");
    let free = home.row(&["generate", "hardstyle", "--no-audio", "--no-picture"]);
    assert_eq!(free.get("not_reached"), None);
}
