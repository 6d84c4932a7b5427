//! Do songs in no genre's folder find theirs, and does one that finds none wait with a note?

use std::fs;

use music::midi;
use music::score::Pitch;
use music::song::{GridNote, Song, Voice};
use tests::process::{Home, Signal, eventually, song};

use crate::home;

/// A lead of eighths over a bass on each bar and chords between, another one for each `idx`.
fn waltz(idx: u32) -> Vec<u8> {
    // Numbers that repeat late (Park and Miller 1988).
    let mut state = u64::from(idx) * 7919 + 12_345;
    let mut any = |below: u64| {
        state = state * 48_271 % 0x7FFF_FFFF;
        state / 7 % below
    };
    let scale = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16];
    let note = |onset: u32, voice, pitch: u64, duration| {
        let pitch = Pitch::new(pitch as u8).expect("a pitch");
        GridNote::new(onset, voice, pitch, duration)
    };
    let mut notes = Vec::new();
    for bar in 0..16 {
        let (start, root) = (bar * 72, scale[any(6) as usize]);
        notes.push(note(start, Voice::Bass, 41 + root, 24));
        for beat in [24, 48] {
            notes.extend(
                [53, 57, 60].map(|pitch| note(start + beat, Voice::Chords, pitch + root, 24)),
            );
        }
        for beat in 0..3 {
            let pitch = 77 + scale[any(10) as usize];
            notes.push(note(start + beat * 24, Voice::Lead, pitch, 24));
        }
    }
    midi::write(&Song::new(92.0 + f64::from(idx % 9), 3, 16, notes).to_score())
}

/// Slow, low and bare: like nothing else here.
fn dirge() -> Vec<u8> {
    let pitches = [62, 61, 62, 65, 64, 61, 57, 58, 62, 64, 65, 69, 68, 65, 64, 62];
    let notes = pitches.iter().zip(0..).map(|(pitch, idx): (&u8, u32)| {
        GridNote::new(idx * 72, Voice::Lead, Pitch::new(*pitch).expect("a pitch"), 36)
    });
    midi::write(&Song::new(48.0, 5, 10, notes).to_score())
}

/// A home whose library has twelve songs of each of two genres that nobody confuses.
fn with_two_genres(home: Home) -> Home {
    home.drop_songs("hardstyle", 0..12);
    for idx in 0..12 {
        home.put(&format!("inbox/waltz/{idx}.mid"), &waltz(idx));
    }
    home
}

fn n_songs(home: &Home, n: usize) {
    eventually("the songs in the library", || (home.files("library").len() == n).then_some(()));
}

#[test]
fn a_song_in_no_folder_goes_to_its_genre_and_one_in_a_folder_stays_in_it() {
    let home = with_two_genres(home().set("schedule.min_songs", 100));
    let daemon = home.daemon();
    n_songs(&home, 24);
    home.put("inbox/straight.mid", &song(20));
    home.put("inbox/turning.mid", &waltz(20));
    home.put("inbox/hardstyle/meant.mid", &waltz(21));
    n_songs(&home, 27);
    let library = home.files("library");
    for path in ["hardstyle/straight.mid", "waltz/turning.mid", "hardstyle/meant.mid"] {
        assert!(library.iter().any(|known| known == path), "{library:?}");
    }
    assert_eq!(fs::read(home.path("library/waltz/turning.mid")).expect("moved"), waltz(20));
    assert_eq!(home.files("inbox"), Vec::<String>::new());
    let row = |genre| {
        let rows = home.rows(&["library", genre]);
        rows.into_iter().map(|row| row["file"].clone()).collect::<Vec<_>>()
    };
    assert!(row("waltz").contains(&"turning.mid".into()));
    assert!(row("hardstyle").contains(&"straight.mid".into()));
    daemon.wait_for_log("sorted");

    home.put("inbox/again.mid", &song(3));
    home.put("inbox/words.mid", b"Dear diary");
    let rejected = ["again.mid", "again.mid.reason.txt", "words.mid", "words.mid.reason.txt"];
    eventually("two rejected files", || (home.files("rejected") == rejected).then_some(()));
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_song_of_no_known_genre_waits_with_a_note_until_a_person_moves_it() {
    let home = with_two_genres(home().set("schedule.min_songs", 100));
    let daemon = home.daemon();
    n_songs(&home, 24);
    home.put("inbox/strange.mid", &dirge());
    let waiting = ["unsorted/strange.mid", "unsorted/strange.mid.reason.txt"];
    eventually("a note", || (home.files("inbox") == waiting).then_some(()));
    let note = fs::read_to_string(home.path("inbox/unsorted/strange.mid.reason.txt"));
    let note = note.expect("readable");
    for words in ["waits here for its genre", "nearest", "hardstyle (", " %", "unlike", "move it"] {
        assert!(note.contains(words), "{words:?} is not in {note:?}");
    }
    assert_eq!(home.ask(&["train", "unsorted"]).code, Some(2));
    assert!(home.rows(&["status"]).iter().all(|row| row["genre"] != "unsorted"));

    let meant = home.path("inbox/dirge/strange.mid");
    fs::create_dir(home.path("inbox/dirge")).expect("can be made");
    fs::rename(home.path("inbox/unsorted/strange.mid"), meant).expect("it is ours");
    n_songs(&home, 25);
    home.wait_for_empty_inbox();
    assert_eq!(fs::read(home.path("library/dirge/strange.mid")).expect("moved"), dirge());
    assert_eq!(home.rows(&["library", "dirge"]).len(), 1);
    assert_eq!(home.files("rejected"), Vec::<String>::new());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn what_waits_is_tried_again_when_there_is_more_to_tell_genres_by() {
    let home = home().set("schedule.min_songs", 100);
    home.put("inbox/early.mid", &waltz(30));
    home.put("inbox/unsorted/put there.mid", &song(21));
    let daemon = home.daemon();
    let waiting =
        ["early.mid", "early.mid.reason.txt", "put there.mid", "put there.mid.reason.txt"]
            .map(|name| format!("unsorted/{name}"));
    eventually("two notes", || (home.files("inbox") == waiting).then_some(()));
    let note = fs::read_to_string(home.path("inbox/unsorted/early.mid.reason.txt"));
    assert!(note.expect("readable").contains("two genres"));
    let home = with_two_genres(home);
    n_songs(&home, 24);
    assert_eq!(home.files("inbox"), waiting, "nothing called for another look");
    let log = daemon.stop(Signal::TERM).log;
    assert_eq!(log.matches("waits in inbox/unsorted").count(), 1, "{log}");

    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    let library = home.files("library");
    for path in ["waltz/early.mid", "hardstyle/put there.mid"] {
        assert!(library.iter().any(|known| known == path), "{library:?}");
    }
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}
