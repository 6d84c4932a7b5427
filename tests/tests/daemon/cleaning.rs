//! Can a person clean a collection before it is dropped, and a library after?

use std::path::Path;

use music::midi;
use serde_json::{Value, json};
use tests::process::{Home, Signal, song};

use crate::{home, trained};

/// The same song in a higher key.
fn higher(bytes: &[u8]) -> Vec<u8> {
    let mut score = midi::read(bytes, &midi::Limits::default()).expect("it can be read").score;
    for note in score.parts.iter_mut().flat_map(|part| &mut part.notes) {
        note.pitch = note.pitch.transposed(2).expect("there is room");
    }
    midi::write(&score)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

#[test]
fn of_a_folder_only_problems_and_a_table_are_reported() {
    let home = home();
    home.put("folder/a good one.mid", &song(0));
    home.put("folder/b good one.mid", &song(1));
    let higher = home.put("folder/pack/higher.mid", &higher(&song(0)));
    let same = home.put("folder/pack/the same.mid", &song(1));
    let bad = home.put("folder/z.mid", b"no song");
    let folder = home.path("folder");

    let brief = home.ask(&["judge", text(&folder)]);
    assert_eq!(brief.code, Some(0), "{brief:#?}");
    let lines: Vec<&str> = brief.out.lines().collect();
    assert_eq!(lines.len(), 3, "{brief:#?}");
    assert!(lines[0].starts_with(text(&higher)) && lines[0].contains("transposed by +2"));
    assert!(
        lines[1].starts_with(text(&same)) && lines[1].contains("b good one.mid (the same bytes)")
    );
    assert!(lines[2].starts_with(text(&bad)) && lines[2].contains("rejected, unreadable: "));
    for row in ["5 files", "2   40.0 %  accept", "2   40.0 %  duplicate", "1   20.0 %  unreadable"]
    {
        assert!(brief.err.contains(row), "{row:?} is missing: {}", brief.err);
    }
    let all = home.ask(&["judge", "--all", text(&folder)]);
    assert_eq!(all.out.lines().filter(|line| line.contains(": accepted")).count(), 4);
    assert_eq!(all.out.lines().filter(|line| line.contains(" BPM, ")).count(), 4);

    let rows = home.rows(&["judge", text(&folder)]);
    let duplicates: Vec<&Value> = rows.iter().map(|row| &row["double_of"]).collect();
    let of = |name: &str| json!(text(&home.path("folder").join(name)));
    let expected =
        [Value::Null, Value::Null, of("a good one.mid"), of("b good one.mid"), Value::Null];
    assert_eq!(duplicates, expected.iter().collect::<Vec<_>>());
    let verdicts: Vec<&Value> = rows.iter().map(|row| &row["verdict"]).collect();
    assert_eq!(verdicts, ["accept", "accept", "accept", "accept", "reject"]);
}

#[test]
fn a_folder_of_many_files_is_reported_in_its_order() {
    let home = home();
    for idx in 0..300 {
        let bytes = format!("no song {idx}");
        home.put(&format!("folder/{idx:03}.mid"), bytes.as_bytes());
    }
    let rows = home.rows(&["judge", text(&home.path("folder"))]);
    let files: Vec<&str> = rows.iter().filter_map(|row| row["file"].as_str()).collect();
    assert!(files.len() == 300 && files.is_sorted(), "{files:?}");
}

#[test]
fn a_song_to_remove_is_named_as_people_know_it() {
    let home = home().set("schedule.min_songs", 100);
    for (path, idx) in
        [("hardstyle/My Song.mid", 0), ("trance/My Song.mid", 1), ("trance/b.mid", 2)]
    {
        home.put(&format!("inbox/{path}"), &song(idx));
    }
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    let left = || home.rows(&["library"]).len();
    home.ask(&["remove", "My Song"]).fails(2, "is 2 songs");
    home.ask(&["remove", "my song.mid"]).fails(3, "Did you mean ");
    home.ask(&["remove", "no such tune"]).fails(3, "`kickback library` lists them");
    assert_eq!(left(), 3);
    assert_eq!(home.row(&["remove", "trance/My Song.mid"])["genre"], "trance");
    home.ask(&["remove", "trance/My Song.mid"]).fails(3, "taken out before");
    let copy = home.put("my own copy.mid", &song(0));
    assert_eq!(home.row(&["remove", text(&copy)])["file"], "My Song.mid");
    assert_eq!(home.row(&["remove", "b"])["file"], "b.mid");
    assert_eq!(left(), 0);
    let empty = home.ask(&["library", "trance"]);
    assert!(empty.code == Some(0) && empty.err.contains("inbox/trance"), "{empty:#?}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn the_next_training_does_without_a_removed_song() {
    let home = trained();
    let n_songs = |home: &Home| home.status("hardstyle")["last_cycle"]["songs"].clone();
    assert_eq!(n_songs(&home), 6);
    let first = home.rows(&["library"])[0]["song"].as_str().expect("an id").to_owned();
    home.row(&["remove", &first[..6]]);
    home.rows(&["train", "hardstyle"]);
    assert_eq!(n_songs(&home), 5);
    assert!(home.rows(&["library"]).iter().all(|row| row["song"] != first.as_str()));
}
