//! Do ratings of what was made elsewhere teach the taste?

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use music::midi;
use music::score::Note;
use serde_json::{Value, json};
use tests::process::{Home, Signal, song};

use crate::{home, track, trained};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Rates a file as something of hardstyle; gives the row.
fn rate(home: &Home, file: &Path, score: &str, by: &str) -> Value {
    home.row(&["rate", "--midi", text(file), score, "--genre", "hardstyle", "--by", by])
}

/// The song without the notes that `is_left_out`.
fn without(bytes: &[u8], is_left_out: impl Fn(&Note) -> bool) -> Vec<u8> {
    let mut score = midi::read(bytes, &midi::Limits::default()).expect("it can be read").score;
    for part in &mut score.parts {
        part.notes.retain(|note| !is_left_out(note));
    }
    score.parts.retain(|part| !part.notes.is_empty());
    midi::write(&score)
}

/// What a home holds of tracks: their rows, and their files.
fn tracks(home: &Home) -> (Vec<Value>, Vec<String>) {
    (home.rows(&["tracks"]), home.files("tracks"))
}

#[test]
fn a_rated_file_is_a_track_that_nobody_made_here() {
    let home = trained();
    let file = home.put("old/night drive.mid", &song(20));
    let rated = rate(&home, &file, "🔥", "ann");
    assert_eq!((&rated["track"], &rated["votes"]), (&json!(1), &json!(1)));
    assert_eq!((&rated["genre"], &rated["file"]), (&json!("hardstyle"), &json!("night drive.mid")));
    assert!(rated["score"].as_f64() > Some(0.0), "{rated}");
    let listed = home.row(&["tracks", "hardstyle"]);
    for key in ["version", "seed", "arm", "message", "artist"] {
        assert_eq!(listed[key], Value::Null, "{key}: {listed}");
    }
    assert_eq!((&listed["file"], &listed["listeners"]), (&json!("night drive.mid"), &json!(1)));
    assert_eq!(listed["tempo_bpm"], 150.0);
    let told = home.ask(&["tracks"]).out;
    assert!(told.contains("hardstyle: night drive.mid"), "{told}");
    assert!(told.contains("made elsewhere"), "{told}");
    assert!(!told.contains(" v0"), "{told}");
    let why = home.row(&["why", "1"]);
    assert_eq!((&why["chosen_by"], &why["candidates"]), (&json!("elsewhere"), &json!(0)));
    assert_eq!((&why["version"], &why["seed"]), (&Value::Null, &Value::Null));
    let told = home.ask(&["why", "1"]).out;
    assert!(told.starts_with("track 1, night drive.mid: hardstyle\n  made elsewhere"), "{told}");
    assert_eq!(home.row(&["taste", "hardstyle"])["tracks"], 1);
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
    assert_eq!(fs::read(&file).expect("it stays"), song(20));
    assert_eq!(home.rows(&["library"]).len(), 6, "a rating is no drop");

    let row = home.row(&["generate", "hardstyle", "--vary", "1", "--no-audio", "--no-picture"]);
    assert_eq!(row["track"], 2);
    home.rows(&["train", "hardstyle", "--epochs", "1"]);
    let weight = &home.rows(&["tracks"])[0]["weight"];
    assert!(weight.as_f64() > Some(0.0), "a liked one is learned from: {weight}");
    let versions = home.rows(&["versions", "hardstyle"]);
    assert!(versions.iter().all(|row| row["like_rates"].is_null()), "{versions:?}");
    assert_eq!(home.row(&["forget", "ann"])["votes"], 1);
    assert_eq!(home.rows(&["tracks"])[0]["listeners"], 0);
}

#[test]
fn what_was_liked_elsewhere_moves_the_taste() {
    let home = trained();
    let daemon = home.daemon();
    let made = track(&home, 1).to_string();
    assert_eq!(home.row(&["why", &made])["probability"], Value::Null);
    for idx in 8..20 {
        // Liked is what the first of the songs are like.
        let file = home.put(&format!("old/{idx}.mid"), &song(idx));
        for listener in ["ann", "bob", "cyd"] {
            rate(&home, &file, if idx < 14 { "5" } else { "-5" }, listener);
        }
    }
    let taste = home.row(&["taste", "hardstyle"]);
    assert_eq!(["votes", "listeners", "tracks"].map(|key| taste[key].clone()), [36, 3, 12]);
    let probability = |track: u64| {
        let row = home.row(&["why", &track.to_string()]);
        row["probability"].as_f64().expect("the votes tell")
    };
    let mean = |tracks: std::ops::Range<u64>| tracks.map(probability).sum::<f64>() / 6.0;
    assert!(mean(2..8) > mean(8..14) + 0.05, "{} {}", mean(2..8), mean(8..14));
    let chosen = home.row(&["why", &track(&home, 2).to_string()]);
    assert_eq!(chosen["chosen_by"], "taste", "{chosen}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_file_is_one_track_however_often_it_is_rated() {
    let home = trained();
    let first = home.put("old/first.mid", &song(20));
    let again = home.put("hardstyle/again.mid", &song(20));
    assert_eq!(rate(&home, &first, "👍", "ann")["track"], 1);
    let row = home.row(&["rate", "--midi", text(&again), "👍", "--by", "bob"]);
    assert_eq!((&row["track"], &row["votes"]), (&json!(1), &json!(2)));
    // The same vote once more, and by its number as any track.
    assert_eq!(rate(&home, &first, "👍", "ann")["votes"], 2);
    let told = home.ask(&["rate", "1", "🔥", "--by", "ann"]).out;
    assert!(told.starts_with("track 1 (hardstyle: first.mid) has 3 votes"), "{told}");
    // A number takes the place of the number before it.
    assert_eq!(rate(&home, &first, "2.5", "cyd")["votes"], 4);
    let liked = home.row(&["tracks"])["score"].as_f64();
    assert_eq!(rate(&home, &first, "-4", "cyd")["votes"], 4);
    assert!(home.row(&["tracks"])["score"].as_f64() < liked);
    assert_eq!(home.row(&["rate", "1", "3", "--by", "dan"])["votes"], 5);
    home.put("inbox/trance/a.mid", b"no song");
    let trance = ["rate", "--midi", text(&first), "👍", "--genre", "trance"];
    home.ask(&trance).fails(2, "is track 1 of hardstyle already");
    assert_eq!(home.files("tracks").len(), 1);
}

#[test]
fn many_who_rate_a_file_at_once_rate_one_track() {
    let home = trained();
    let file = home.put("hardstyle/old.mid", &song(20));
    let daemon = home.daemon();
    std::thread::scope(|scope| {
        for listener in 0..8 {
            let (home, file) = (&home, &file);
            scope.spawn(move || rate(home, file, "🔥", &format!("listener {listener}")));
        }
    });
    let row = home.row(&["tracks"]);
    assert_eq!((&row["track"], &row["listeners"]), (&json!(1), &json!(8)));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn what_the_inbox_would_not_take_is_refused_and_changes_nothing() {
    let home = trained();
    let before = tracks(&home);
    let bass = without(&song(0), |note| note.pitch.number() >= 48);
    let files = [
        ("broken.mid", &b"no song"[..], "MIDI"),
        ("empty.mid", b"", "empty"),
        ("bass.mid", &bass, "bass"),
        ("song.txt", &song(20), ".mid"),
    ];
    for (name, bytes, why) in files {
        let file = home.put(&format!("hardstyle/{name}"), bytes);
        let answer = home.ask(&["rate", "--midi", text(&file), "🔥"]);
        answer.fails(2, why);
        let inbox = home.ask(&["judge", text(&file)]).out;
        let said = answer.err.trim_end().rsplit("cannot be rated: ").next().expect("a reason");
        let first = said.lines().next().expect("a line");
        assert!(inbox.contains(first), "{inbox:?} does not say {first:?}");
    }
    let good = home.put("somewhere/song.mid", &song(20));
    let made = home.put("tracks/hardstyle/song.mid", &song(21));
    symlink(home.path("tracks"), home.path("aside")).expect("a link can be made");
    let aside = home.path("aside/hardstyle/song.mid");
    let link = home.path("link.mid");
    symlink(&good, &link).expect("a link can be made");
    let own = before.1.len() + 1;
    for (file, score, more, code, why) in [
        (&good, "🔥", &[][..], 2, "give --genre GENRE"),
        (&good, "🔥", &["--genre", "polka"], 3, "no song of \"polka\""),
        (&good, "🥒", &["--genre", "hardstyle"], 2, "or a number from -5 to 5"),
        (&good, "6", &["--genre", "hardstyle"], 2, "6 counts for nothing"),
        (&good, "0", &["--genre", "hardstyle"], 2, "0 counts for nothing"),
        (&good, "nan", &["--genre", "hardstyle"], 2, "counts for nothing"),
        (&good, "🔥", &["--genre", "hardstyle", "--by", ""], 2, "cannot be a listener's name"),
        (&good, "🔥", &["--genre", "hardstyle", "--by", "discord:5"], 2, "by reacting there"),
        (&home.path("nowhere.mid"), "🔥", &["--genre", "hardstyle"], 2, "does not exist"),
        (&made, "🔥", &[], 2, "it was made here"),
        (&aside, "🔥", &[], 2, "it was made here"),
        (&link, "🔥", &[], 2, "Put a copy of the MIDI file itself in its place."),
    ] {
        home.ask(&[&["rate", "--midi", text(file), score], more].concat()).fails(code, why);
    }
    home.ask(&["rate", "--midi", text(&good)]).fails(2, "give an emoji after the file");
    home.ask(&["rate", "1", "🔥", "--genre", "hardstyle"]).fails(2, "--genre");
    let mut bytes = home.command(&["rate", "--midi"]);
    let answer = bytes.arg(OsStr::from_bytes(b"/a/\xFF.mid")).arg("🔥").output().expect("it runs");
    assert_eq!(answer.status.code(), Some(2));
    let told = String::from_utf8_lossy(&answer.stderr);
    assert!(told.contains("its path is not Unicode"), "{told}");
    assert_eq!(home.rows(&["tracks"]), before.0);
    assert_eq!(home.files("tracks").len(), own);
}

#[test]
fn a_rating_that_was_acknowledged_survives_a_kill_a_restart_and_a_restore() {
    let home = trained();
    for n_files in 1..=3_u64 {
        let file = home.put(&format!("hardstyle/{n_files}.mid"), &song(17 + n_files as usize));
        let daemon = home.daemon();
        let row = home.row(&["rate", "--midi", text(&file), "🔥"]);
        daemon.kill();
        assert_eq!(row["track"], n_files);
        let kept = home.rows(&["tracks"]);
        assert_eq!(kept.len() as u64, n_files);
        assert!(kept.iter().all(|row| row["listeners"] == 1), "{kept:?}");
    }
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
    let backup = home.path("backup");
    home.row(&["backup", text(&backup)]);
    let other = crate::home();
    other.row(&["restore", text(&backup)]);
    assert_eq!(other.rows(&["tracks"]), home.rows(&["tracks"]));
    assert_eq!(other.row(&["why", "2"]), home.row(&["why", "2"]));
    assert!(other.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
    let file = home.path("hardstyle/1.mid");
    assert_eq!(rate(&other, &file, "👍", "bob")["track"], 1, "it is known by its content");
}

#[test]
fn a_table_rates_a_whole_folder_or_nothing() {
    let home = home();
    fs::create_dir_all(home.path("inbox/hardstyle")).expect("can be made");
    let folder = home.path("elsewhere/hardstyle");
    for (name, idx) in [("a.mid", 20), ("b.mid", 21)] {
        home.put(&format!("elsewhere/hardstyle/{name}"), &song(idx));
    }
    home.put("elsewhere/hardstyle/broken.mid", b"no song");
    let table = |lines: &str| {
        let path = folder.join("votes.csv");
        fs::write(&path, lines).expect("writable");
        text(&path).to_owned()
    };
    let bad = table("midi,emoji,by\na.mid,🔥,ann\nbroken.mid,🔥,ann\n");
    home.ask(&["rate", "--from", &bad]).fails(2, "line 3");
    let both = table("midi,track,emoji,by\na.mid,1,🔥,ann\n");
    home.ask(&["rate", "--from", &both]).fails(2, "line 1");
    assert_eq!(tracks(&home), (vec![], vec![]));

    let absolute = text(&folder.join("b.mid")).to_owned();
    let good = table(&format!(
        "midi,emoji,by,time\na.mid,🔥,ann,1700000000000\na.mid,4,bob,\n{absolute},👎,ann,\n"
    ));
    let rows = home.rows(&["rate", "--from", &good]);
    let of = |key: &str| rows.iter().map(|row| row[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("track"), [1, 1, 2]);
    assert_eq!(of("file"), ["a.mid", "a.mid", "b.mid"]);
    assert_eq!(of("votes"), [1, 2, 1]);
    let taste = home.row(&["taste", "hardstyle"]);
    assert_eq!((&taste["votes"], &taste["tracks"]), (&json!(3), &json!(2)));

    let tracks = table("track,emoji,by\n1,🔥,cyd\n");
    home.ask(&["rate", "--from", &tracks, "--genre", "hardstyle"]).fails(2, "leave --genre out");
    home.put("inbox/trance/a.mid", b"no song");
    home.put("elsewhere/hardstyle/c.mid", &song(22));
    let more = table("midi,emoji,by\nc.mid,🔥,ann\n");
    home.rows(&["rate", "--from", &more, "--genre", "trance"]);
    assert_eq!(home.rows(&["tracks", "trance"]).len(), 1);
}

#[test]
fn one_file_is_never_rated_as_something_of_two_genres() {
    let home = home();
    for genre in ["hardstyle", "trance"] {
        fs::create_dir_all(home.path(&format!("inbox/{genre}"))).expect("can be made");
        home.put(&format!("old/{genre}/a.mid"), &song(20));
    }
    home.put("old/trance/b.mid", &song(21));
    let table = home.put(
        "old/votes.csv",
        "midi,emoji,by\ntrance/b.mid,🔥,ann\nhardstyle/a.mid,🔥,ann\ntrance/a.mid,🔥,bob\n"
            .as_bytes(),
    );
    let why = "line 4: a.mid is of trance here and the same file of hardstyle in an earlier line";
    home.ask(&["rate", "--from", text(&table)]).fails(2, why);
    assert_eq!(tracks(&home), (vec![], vec![]));
    let both = home.rows(&["rate", "--from", text(&table), "--genre", "trance"]);
    assert_eq!(both.len(), 3, "what is given holds for all");

    let daemon = home.daemon();
    for idx in 8..14 {
        let file = home.put(&format!("old/{idx}.mid"), &song(idx));
        let rate = |genre| home.ask(&["rate", "--midi", text(&file), "🔥", "--genre", genre]);
        let (first, second) = std::thread::scope(|scope| {
            let first = scope.spawn(|| rate("hardstyle"));
            (rate("trance"), first.join().expect("it ends"))
        });
        let late = if first.code == Some(0) { second } else { first };
        late.fails(2, "already: leave --genre out");
    }
    let (rows, files) = tracks(&home);
    assert_eq!((rows.len(), files.len()), (8, 8));
    let n_listeners: u64 = rows.iter().filter_map(|row| row["listeners"].as_u64()).sum();
    assert_eq!(n_listeners, 9);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}
