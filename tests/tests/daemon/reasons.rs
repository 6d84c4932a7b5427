//! Are votes explained, with and without a daemon?

use std::fs;

use serde_json::{Value, json};
use tests::process::{Home, Signal};

use crate::{track, trained};

/// A home with tracks of a community, of which the first is liked and the others are not.
fn voted() -> (Home, Vec<u64>) {
    let home = trained();
    let made = home.rows(&[
        "generate",
        "hardstyle",
        "--seed",
        "1",
        "--count",
        "4",
        "--community",
        "here",
        "--no-audio",
        "--no-picture",
    ]);
    let tracks: Vec<u64> = made.iter().filter_map(|row| row["track"].as_u64()).collect();
    for (idx, track) in tracks.iter().enumerate() {
        for listener in ["ann", "bob"] {
            let emoji = if idx == 0 { "🔥" } else { "💩" };
            home.row(&["rate", &track.to_string(), emoji, "--by", listener]);
        }
    }
    (home, tracks)
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn songs(row: &Value, side: &str) -> Vec<f64> {
    let songs = row[side].as_array().expect("a list");
    assert!(songs.iter().all(|song| song["file"].as_str().is_some_and(|file| !file.is_empty())));
    songs.iter().filter_map(|song| song["factor"].as_f64()).collect()
}

#[test]
fn a_taste_is_told_the_same_with_and_without_a_daemon() {
    let (home, tracks) = voted();
    let picture = home.path("taste.png");
    let plot = picture.to_str().expect("a plain path");
    let first = tracks[0].to_string();
    let commands: [&[&str]; 4] = [
        &["taste", "hardstyle", "--plot", plot],
        &["taste", "hardstyle", "--community", "here"],
        &["taste", "hardstyle", "--community", "there"],
        &["why", &first],
    ];
    let without: Vec<Value> = commands.iter().map(|command| home.row(command)).collect();
    let drawn = fs::read(&picture).expect("it is drawn");
    assert!(drawn.starts_with(b"\x89PNG"));
    let daemon = home.daemon();
    let with: Vec<Value> = commands.iter().map(|command| home.row(command)).collect();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(with, without);
    assert_eq!(fs::read(&picture).expect("it is drawn"), drawn);

    let [all, here, there, _] = &without[..] else { panic!("{without:?}") };
    let turnout = |row: &Value| ["votes", "listeners", "tracks"].map(|key| row[key].clone());
    assert_eq!(turnout(all), [json!(8), json!(2), json!(4)]);
    assert_eq!(turnout(all), turnout(here));
    assert_eq!(turnout(there), [json!(0), json!(0), json!(0)]);
    assert_eq!((&all["plot"], &here["plot"]), (&json!(plot), &Value::Null));
    assert_eq!((&all["factors_in"], &here["factors_in"]), (&json!("training"), &json!("requests")));
    let (gaining, losing) = (songs(here, "gaining"), songs(here, "losing"));
    assert!(gaining.iter().all(|factor| *factor > 1.0), "{here}");
    assert!(losing.iter().all(|factor| *factor < 1.0), "{here}");
    let likes = all["likes"].as_array().expect("a list");
    assert!(likes.is_sorted_by(|a, b| a["strength"].as_f64() >= b["strength"].as_f64()), "{all}");
    let songs = [&here["gaining"], &here["losing"]].map(|songs| songs.as_array().expect("a list"));
    for by in songs.into_iter().flatten().map(|song| song["by"].as_array().expect("a list")) {
        assert!((1..=3).contains(&by.len()), "{here}");
        assert!(by.iter().all(|own| own["votes"] == 2 && tracks.contains(&number(&own["track"]))));
    }
    // One version was made, before anybody voted.
    for liking in likes {
        let [then] = liking["versions"].as_array().expect("a list").as_slice() else {
            panic!("{all}")
        };
        assert_eq!((&then["version"], then["strength"].as_f64()), (&json!(1), Some(0.0)), "{all}");
    }
    let text = home.ask(&["taste", "hardstyle"]).out;
    assert!(text.contains("by 8 votes of 2 listeners on 4 tracks"), "{text}");
    let text = home.ask(&["taste", "hardstyle", "--community", "there"]).out;
    assert!(text.contains("nobody in there has voted on hardstyle yet"), "{text}");
    assert!(text.contains("votes have come from here"), "{text}");
}

#[test]
fn a_liked_track_should_be_liked_more_than_a_disliked_one() {
    let (home, tracks) = voted();
    let why = |track: u64| home.row(&["why", &track.to_string()]);
    let (liked, disliked) = (why(tracks[0]), why(tracks[1]));
    let probability = |row: &Value| row["probability"].as_f64().expect("it is known");
    assert!(probability(&liked) > probability(&disliked), "{liked} {disliked}");
    assert_eq!((&liked["votes"], &liked["community"]), (&json!(2), &json!("here")));
    assert!(liked["score"].as_f64() > Some(0.0) && disliked["score"].as_f64() < Some(0.0));
    assert_eq!((&liked["chosen_by"], &liked["version"]), (&json!("no_votes"), &json!(1)));
    let text = home.ask(&["why", &tracks[0].to_string()]).out;
    assert!(text.contains("% of listeners should like it"), "{text}");
    assert!(text.contains("voted on by 2 listeners, score +"), "{text}");
    for listener in 0..12 {
        for (idx, track) in tracks.iter().enumerate() {
            let emoji = if idx % 2 == 0 { "🔥" } else { "👎" };
            home.row(&["rate", &track.to_string(), emoji, "--by", &format!("listener {listener}")]);
        }
    }
    let liked = why(tracks[0]);
    assert!(liked["reasons"].as_array().is_some_and(|all| (1..=5).contains(&all.len())), "{liked}");

    let chosen = why(track(&home, 9));
    assert_eq!(chosen["chosen_by"], "taste", "{chosen}");
    assert!(chosen["candidates"].as_u64() >= Some(2), "{chosen}");
    assert!(chosen["boldness"].is_string(), "{chosen}");
    let made = |options: &[&str]| {
        let generate = ["generate", "hardstyle", "--no-audio", "--no-picture"];
        why(home.row(&[&generate, options].concat())["track"].as_u64().expect("a number"))
    };
    // A temperature that is asked for is the one that is used.
    let asked = made(&["--temperature", "1"]);
    assert_eq!((&asked["chosen_by"], &asked["boldness"]), (&json!("taste"), &Value::Null));
    let plain = made(&["--plain"]);
    assert_eq!((&plain["chosen_by"], &plain["boldness"]), (&json!("plain"), &Value::Null));
}

#[test]
fn what_cannot_be_explained_is_told_why() {
    let home = trained();
    let nobody = home.ask(&["taste", "hardstyle"]);
    assert_eq!(nobody.code, Some(0), "{nobody:#?}");
    assert!(nobody.out.starts_with("nobody has voted on hardstyle yet: "), "{nobody:#?}");
    let row = home.row(&["taste", "hardstyle"]);
    assert_eq!((&row["votes"], &row["likes"]), (&json!(0), &json!([])));
    let made = track(&home, 1).to_string();
    let row = home.row(&["why", &made]);
    assert_eq!((&row["probability"], &row["reasons"]), (&Value::Null, &json!([])));
    let song = home.put("a song.mid", b"a song");
    home.ask(&["taste", "hardstyle", "--plot", song.to_str().expect("a plain path")])
        .fails(2, "let it end in .png");
    assert_eq!(fs::read(song).expect("it is there"), b"a song");
    home.ask(&["taste", "polka"]).fails(3, "there is no song of \"polka\"");
    home.ask(&["why", "99"]).fails(3, "there is no track 99");
    home.ask(&["why", "first"]).fails(2, "first");
    home.ask(&["why"]).fails(2, "TRACK");
    crate::home().ask(&["why", "1"]).fails(3, "there is no track 1");
}
