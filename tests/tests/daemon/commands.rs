//! Do the commands do what they say, the same with and without a daemon?

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};
use tests::process::{Answer, Home, Signal, song};

use crate::{home, track, trained};

#[test]
fn lists_are_the_same_with_and_without_a_daemon() {
    let home = trained();
    home.put("inbox/hardstyle/wrong.mid", b"no song");
    let rated = track(&home, 1).to_string();
    track(&home, 2);
    let unrated = home.ask(&["tracks"]).out;
    assert!(unrated.contains("score +0.00 of 0"), "{unrated}");
    home.row(&["rate", &rated, "👍"]);
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    let commands: [&[&str]; 6] = [
        &["library"],
        &["library", "hardstyle"],
        &["tracks"],
        &["tracks", "hardstyle"],
        &["versions", "hardstyle"],
        &["doctor"],
    ];
    let with: Vec<Vec<Value>> = commands.iter().map(|command| home.rows(command)).collect();
    let status_with = home.rows(&["status"]);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    let without: Vec<Vec<Value>> = commands.iter().map(|command| home.rows(command)).collect();
    let status_without = home.rows(&["status"]);
    assert_eq!(with, without);
    assert_eq!(without[0].len(), 6);
    assert_eq!(without[2].len(), 2);
    assert_eq!(status_with[1..], status_without[1..]);
    assert_eq!(
        (&status_with[0]["running"], &status_without[0]["running"]),
        (&json!(true), &json!(false))
    );
    let keys = |row: &Value| row.as_object().map(|row| row.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys(&status_with[0]), keys(&status_without[0]));
    assert_eq!(status_without[1]["rejected"], 1);
}

#[test]
fn a_backup_of_a_busy_home_is_a_home_again() {
    let home = trained();
    let rated = track(&home, 1).to_string();
    home.row(&["rate", &rated, "👍"]);
    let daemon = home.daemon();
    let backup = home.path("backup");
    let backup = backup.to_str().expect("a plain path");
    home.row(&["backup", backup]);
    home.row(&["rate", &rated, "🔥"]);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));

    let other = crate::home();
    other.row(&["restore", backup]);
    other.ask(&["restore", backup]).fails(2, "has a store, which is not replaced");
    home.ask(&["backup", backup]).fails(2, "it is there already");
    let rows = |home: &Home, command: &[&str]| -> Vec<Value> {
        let mut rows = home.rows(command);
        rows.iter_mut().filter_map(Value::as_object_mut).for_each(|row| drop(row.remove("path")));
        rows
    };
    for command in [&["library"][..], &["versions", "hardstyle"]] {
        assert_eq!(rows(&other, command), rows(&home, command));
    }
    let (before, after) = (other.row(&["tracks"]), home.row(&["tracks"]));
    assert!(before["score"].as_f64() < after["score"].as_f64(), "{before} {after}");
    assert!(before["score"].as_f64() > Some(0.0), "{before}");
    track(&other, 2);
    assert!(other.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
}

#[test]
fn a_second_daemon_on_a_home_refuses_and_harms_nothing() {
    let home = home();
    let daemon = home.daemon();
    home.ask(&["run"]).fails(1, "another daemon runs on ");
    assert_eq!(home.row(&["status"])["running"], true);
    home.put("inbox/hardstyle/a.mid", &song(0));
    home.wait_for_empty_inbox();
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_track_is_made_of_its_seed_and_lies_where_it_says() {
    let home = trained();
    let out = home.path("elsewhere");
    let folder = out.to_str().expect("a plain path");
    let made =
        home.rows(&["generate", "hardstyle", "--seed", "5", "--count", "2", "--out", folder]);
    assert_eq!(made.len(), 2);
    assert_eq!((&made[0]["seed"], &made[1]["seed"]), (&json!(5), &json!(6)));
    for row in &made {
        let path = |key: &str| std::path::PathBuf::from(row[key].as_str().expect("a path"));
        let (midi, audio, picture) = (path("midi"), path("audio"), path("picture"));
        for file in [&midi, &audio, &picture] {
            assert!(file.is_absolute() && file.is_file(), "{}", file.display());
            assert_eq!(file.parent(), Some(out.as_path()));
            assert_eq!(file.file_stem(), midi.file_stem());
        }
    }
    let daemon = home.daemon();
    let again = home.row(&[
        "generate",
        "hardstyle",
        "--seed",
        "5",
        "--no-audio",
        "--no-picture",
        "--plain",
    ]);
    assert_eq!((&again["audio"], &again["picture"]), (&Value::Null, &Value::Null));
    let notes = |row: &Value| {
        let bytes = fs::read(row["midi"].as_str().expect("a path")).expect("it is there");
        crate::midi_facts::Facts::of(&bytes).notes
    };
    assert_eq!(notes(&again), notes(&made[0]), "the same seed gives the same notes");
    assert_ne!(notes(&made[0]), notes(&made[1]));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_rollback_plays_the_old_version_again() {
    let home = trained();
    home.rows(&["train", "hardstyle", "--fresh", "--epochs", "1"]);
    let current = || home.status("hardstyle")["version"].clone();
    assert_eq!(current(), 2);
    assert_eq!(home.row(&["rollback", "hardstyle", "v1"])["version"], 1);
    assert_eq!(current(), 1);
    let versions = home.rows(&["versions", "hardstyle"]);
    assert_eq!((versions.len(), &versions[0]["current"]), (2, &json!(true)));
    let made = home.row(&["generate", "hardstyle", "--no-audio", "--no-picture"]);
    assert_eq!(made["version"], 1);
    assert_eq!(home.row(&["rollback", "hardstyle"])["version"], 2, "the one before");
    assert_eq!(home.row(&["rollback", "hardstyle"])["version"], 1, "and back");
    home.ask(&["rollback", "hardstyle", "7"]).fails(3, "kept are v1, v2");
    home.ask(&["rollback", "hardstyle", "last"]).fails(2, "give 3 or v3");

    home.ask(&["discard", "hardstyle", "1"]).fails(3, "rollback hardstyle");
    assert_eq!(home.row(&["discard", "hardstyle", "v2"])["deleted"], true);
    assert_eq!(home.rows(&["versions", "hardstyle"]).len(), 1);
    home.ask(&["rollback", "hardstyle", "2"]).fails(3, "kept are v1");
    home.ask(&["rollback", "hardstyle"]).fails(3, "played no other version before v1");
    home.rows(&["train", "hardstyle", "--epochs", "1"]);
    let numbers: Vec<_> = home.rows(&["versions", "hardstyle"]);
    let numbers: Vec<_> = numbers.iter().map(|row| row["version"].clone()).collect();
    assert_eq!(numbers, [1, 3], "a deleted version's number is not given again");
}

#[test]
fn a_place_that_is_a_file_is_refused() {
    let home = trained();
    let file = home.put("taken", b"a file");
    for place in [file.clone(), file.join("below")] {
        let place = place.to_str().expect("a plain path");
        let answer = home.ask(&["generate", "hardstyle", "--out", place]);
        answer.fails(2, &format!("{} is a file: --out takes a folder", file.display()));
    }
    assert_eq!(fs::read(&file).expect("it is there"), b"a file");
    assert_eq!(home.rows(&["tracks"]).len(), 0);
}

#[test]
fn a_track_that_cannot_be_recorded_leaves_no_file_behind() {
    let home = trained();
    // The store refuses a wish with so long a path.
    let primer = format!("primers/{}a.mid", format!("{}/", "x".repeat(200)).repeat(11));
    let primer = home.put(&primer, &song(0));
    let out = home.path("elsewhere");
    let (primer, place) = (primer.to_str().expect("plain"), out.to_str().expect("plain"));
    let wish = ["generate", "hardstyle", "--no-audio", "--no-picture"];
    for out in [&[][..], &["--out", place]] {
        let answer = home.ask(&[&wish[..], out, &["--primer", primer, "--keep", "1"]].concat());
        assert_eq!(answer.code, Some(1), "{answer:#?}");
        assert!(answer.err.contains("is too large"), "{answer:#?}");
    }
    assert_eq!((home.files("tracks"), home.files("elsewhere")), (vec![], vec![]));
    home.ask(&[&wish[..], &["--out", place]].concat());
    assert_eq!((home.files("tracks").len(), home.files("elsewhere").len()), (1, 1));
}

#[test]
fn a_removed_song_moves_to_the_rejected_ones_and_may_come_back() {
    let home = trained();
    let songs = home.rows(&["library", "hardstyle"]);
    let by_id = songs[0]["song"].as_str().expect("an id").to_owned();
    let by_path = songs[1]["path"].as_str().expect("a path").to_owned();
    for wanted in [&by_id[..8], &by_path] {
        let row = home.row(&["remove", wanted]);
        let path = row["path"].as_str().expect("a path");
        assert!(path.starts_with(home.path("rejected").to_str().expect("plain")), "{row}");
        let text = fs::read_to_string(format!("{path}.reason.txt")).expect("a reason");
        assert!(text.contains("took it out"), "{text}");
    }
    assert_eq!(home.rows(&["library", "hardstyle"]).len(), 4);
    assert_eq!(home.files("library").len(), 4);
    assert_eq!(home.status("hardstyle")["removed"], 2);
    home.ask(&["remove", &by_id]).fails(3, "taken out before");

    let daemon = home.daemon();
    let name = songs[0]["file"].as_str().expect("a name");
    fs::rename(home.path("rejected/hardstyle").join(name), home.path("inbox/hardstyle").join(name))
        .expect("it is there");
    home.wait_for_empty_inbox();
    assert_eq!(home.rows(&["library", "hardstyle"]).len(), 5);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_forgotten_listener_no_longer_counts() {
    let home = trained();
    let track = track(&home, 1).to_string();
    home.row(&["rate", &track, "🔥", "--by", "ann"]);
    let both = home.row(&["rate", &track, "💩", "--by", "bob"]);
    assert_eq!(both["votes"], 2);
    assert_eq!(home.row(&["forget", "bob"])["votes"], 1);
    let left = home.row(&["tracks"]);
    assert_eq!((&left["listeners"], &left["votes"]), (&1.into(), &1.into()));
    assert!(left["score"].as_f64() > both["score"].as_f64(), "{left} {both}");
    home.ask(&["forget", "bob"]).fails(3, "never voted");
    home.ask(&["forget", ""]).fails(2, "cannot be a listener's name");
}

#[test]
fn a_table_of_ratings_is_imported_as_a_whole_or_not_at_all() {
    let home = trained();
    let (first, second) = (track(&home, 1), track(&home, 2));
    let table = |text: String| {
        let path = home.put("votes.csv", text.as_bytes());
        path.to_str().expect("a plain path").to_owned()
    };
    let good = table(format!(
        "track,emoji,by,time\n{first},🔥,ann,1700000000000\n{second},👎,ann,\n{first},👍,\"Doe, Jane\",\n"
    ));
    assert_eq!(home.rows(&["rate", "--from", &good]).len(), 3);
    let scores = |home: &Home| -> Vec<(Value, Value)> {
        let tracks = home.rows(&["tracks"]);
        tracks.iter().map(|row| (row["listeners"].clone(), row["score"].clone())).collect()
    };
    let before = scores(&home);
    assert_eq!((&before[0].0, &before[1].0), (&json!(2), &json!(1)));
    let wrong = [
        (format!("track,emoji,by\n{first},💩,cyd\n{first},🥒,cyd\n"), 2, "line 3"),
        (format!("track,emoji,by\n{first},💩,cyd\n999,🔥,cyd\n"), 3, "there is no track 999"),
        (format!("track,emoji,by\n{first},💩\n"), 2, "line 2: a field is missing"),
        (format!("track,emoji,by,time\n{first},💩,cyd,yesterday\n"), 2, "is not a time"),
        (format!("{first},💩,cyd\n"), 2, "line 1"),
    ];
    for (text, code, said) in wrong {
        let path = table(text);
        home.ask(&["rate", "--from", &path]).fails(code, said);
        assert_eq!(scores(&home), before);
    }
    home.ask(&["rate", "--from", "nowhere.csv"]).fails(1, "nowhere.csv");
    assert_eq!(home.row(&["forget", "Doe, Jane"])["votes"], 1, "a comma in a name");
}

#[test]
fn a_score_is_finite_and_counts_the_notes() {
    let home = trained();
    let (known, new) = (home.put("known.mid", &song(0)), home.put("new.mid", &song(20)));
    let (known, new) = (known.to_str().expect("plain"), new.to_str().expect("plain"));
    let rows = home.rows(&["score", "hardstyle", known, new]);
    assert_eq!(rows.len(), 2);
    for row in &rows {
        let nll = row["nll_per_note"].as_f64().expect("a number");
        assert!(nll > 0.0 && nll < 50.0, "{row}");
        assert!(row["notes"].as_u64().expect("a count") > 12, "{row}");
        assert_eq!(row["version"], 1);
    }
    home.put("none.mid", b"no song");
    let none = home.path("none.mid");
    let none = none.to_str().expect("plain");
    home.ask(&["score", "hardstyle", none]).fails(1, "none.mid has no notes to score");
    let some = home.ask(&["--json", "score", "hardstyle", known, none, new, "nowhere.mid"]);
    assert_eq!(some.objects(), rows, "the others are scored all the same");
    for told in ["none.mid has no notes", "nowhere.mid: No such file", "2 of 4 files"] {
        some.fails(1, told);
    }
}

#[test]
fn judging_needs_no_home_and_moves_nothing() {
    let home = home();
    home.put("folder/good.mid", &song(0));
    home.put("folder/deep/bad.mid", b"no song");
    home.put("folder/readme.txt", b"not looked at");
    let good = home.path("folder/good.mid");
    let row = home.row(&["judge", good.to_str().expect("plain")]);
    assert_eq!((&row["verdict"], &row["reason"]), (&json!("accept"), &Value::Null));
    assert!(row["parts"].as_array().is_some_and(|parts| !parts.is_empty()), "{row}");
    let parts = row["parts"].as_array().expect("parts");
    assert!(parts.iter().any(|part| part["role"] == "lead"), "{row}");
    assert_eq!(row["tempo_bpm"], 150.0);
    assert!(row["bars"].as_u64() > Some(3) && row["tokens"].as_u64() > Some(20), "{row}");
    let folder = home.path("folder");
    let rows = home.rows(&["judge", folder.to_str().expect("plain")]);
    let verdicts: Vec<&str> = rows.iter().filter_map(|row| row["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["reject", "accept"]);
    assert_eq!(rows[0]["reason"], "unreadable");
    assert_eq!(home.files("folder"), ["deep/bad.mid", "good.mid", "readme.txt"]);
    assert!(!home.path("store").exists());
    home.ask(&["judge", "nowhere.mid"]).fails(1, "nowhere.mid");
}

#[test]
fn judging_carries_on_after_what_cannot_be_judged() {
    let home = home().set("intake.midi.max_file_bytes", 1 << 16);
    let good = home.put("good.mid", &song(0));
    let words = home.put("words.txt", b"buy strings");
    let huge = home.put("huge.mid", &vec![0; (1 << 16) + 1]);
    let (pipe, link) = (home.path("pipe.mid"), home.path("link.mid"));
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a pipe can be made");
    std::os::unix::fs::symlink(&good, &link).expect("a link can be made");
    let nowhere = home.path("nowhere.mid");
    let paths = [&nowhere, &pipe, &words, &huge, &link, &good];
    let mut arguments = vec!["--json", "judge"];
    arguments.extend(paths.iter().map(|path| path.to_str().expect("plain")));
    let answer = home.ask(&arguments);
    answer.fails(1, "nowhere.mid: it does not exist");
    let rows = answer.objects();
    let reasons: Vec<&Value> = rows.iter().map(|row| &row["reason"]).collect();
    assert_eq!(
        reasons,
        ["not_regular", "not_midi_name", "too_large", "not_regular", ""]
            .map(|code| if code.is_empty() { Value::Null } else { json!(code) })
            .iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_roundtrip_writes_what_the_tokens_keep() {
    let home = home();
    let song = home.put("song.mid", &song(0));
    let out = home.path("kept.mid");
    let (song, out) = (song.to_str().expect("plain"), out.to_str().expect("plain"));
    let row = home.row(&["roundtrip", song, "--out", out]);
    let (n_in, n_out) = (row["notes_in"].as_u64(), row["notes_out"].as_u64());
    assert!(n_in > Some(0) && n_out > Some(0) && n_out <= n_in, "{row}");
    let facts = crate::midi_facts::Facts::of(&fs::read(out).expect("written"));
    assert_eq!(Some(facts.notes.len() as u64), n_out);
    let again = home.path("again.mid");
    assert_eq!(row["out"], json!(out));
    let mut from_here = home.command(&["--json", "roundtrip", song, "--out", "here.mid"]);
    let child = from_here.current_dir(home.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let here = Answer::of_child(child.spawn().expect("it starts")).rows();
    assert_eq!(here[0]["out"], json!(home.path("here.mid")), "absolute");
    let twice = home.row(&["roundtrip", out, "--out", again.to_str().expect("plain")]);
    assert_eq!((&twice["notes_in"], &twice["notes_out"]), (&row["notes_out"], &row["notes_out"]));
    assert_eq!(fs::read(out).expect("written"), fs::read(again).expect("written"));
}
