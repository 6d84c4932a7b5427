//! Are files found however they arrive?

use std::fs;

use music::midi;
use music::score::Pitch;
use music::song::{GridNote, Song, Voice};
use tests::process::{Signal, eventually, song, songs};

use crate::{home, trained};

#[test]
fn a_folder_moved_in_at_once_loses_no_file() {
    // Routine scans are too rare to help here.
    let home = home().set("schedule.min_songs", 100).set("inbox.scan_seconds", 86_400);
    let daemon = home.daemon();
    for (idx, (name, bytes)) in songs().iter().enumerate() {
        home.put(&format!("outside/ann & bob/volume {}/{name}", idx % 3), bytes);
    }
    fs::rename(home.path("outside/ann & bob"), home.path("inbox/ann & bob")).expect("can be moved");
    let n_songs = songs().len();
    eventually("all songs in the library", || {
        (home.files("library").len() == n_songs).then_some(())
    });
    assert_eq!(home.files("inbox"), Vec::<String>::new());
    assert_eq!(home.files("rejected"), Vec::<String>::new());
    assert_eq!(home.rows(&["library", "ann & bob"]).len(), n_songs);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_folder_made_and_filled_at_once_loses_no_file() {
    let home = home().set("schedule.min_songs", 100).set("inbox.scan_seconds", 86_400);
    let daemon = home.daemon();
    let n_songs = home.drop_songs("hardstyle", 0..24).len();
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library").len(), n_songs);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn an_inbox_that_was_deleted_and_made_again_is_watched_again() {
    let home = home().set("schedule.min_songs", 100).set("inbox.scan_seconds", 86_400);
    let daemon = home.daemon();
    home.put("inbox/hardstyle/before.mid", &song(0));
    home.wait_for_empty_inbox();
    fs::remove_dir_all(home.path("inbox")).expect("it is ours");
    assert_eq!(home.status("hardstyle")["songs"], 1, "the daemon answers without an inbox");
    home.put("inbox/hardstyle/after.mid", &song(1));
    home.wait_for_empty_inbox();
    home.put("inbox/hardstyle/later.mid", &song(2));
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library").len(), 3);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_file_that_grows_is_taken_when_it_is_whole() {
    let home = home().set("schedule.min_songs", 100).set("inbox.settle_ms", 600);
    let daemon = home.daemon();
    let whole = song(3);
    let path = home.put("inbox/hardstyle/growing.mid", b"");
    let mut file = fs::File::options().append(true).open(&path).expect("writable");
    for piece in whole.chunks(whole.len() / 8 + 1) {
        std::io::Write::write_all(&mut file, piece).expect("writable");
        std::thread::park_timeout(std::time::Duration::from_millis(60));
    }
    drop(file);
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library"), ["hardstyle/growing.mid"]);
    assert_eq!(fs::read(home.path("library/hardstyle/growing.mid")).expect("kept"), whole);
    assert_eq!(home.files("rejected"), Vec::<String>::new());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_stop_does_not_wait_for_what_is_in_the_inbox() {
    const N_FILES: usize = 3000;
    let home = home().set("schedule.min_songs", 100);
    for idx in 0..N_FILES {
        home.put(&format!("inbox/hardstyle/{idx}.mid"), format!("no song {idx}").as_bytes());
    }
    let daemon = home.daemon();
    eventually("a first file", || (!home.files("rejected").is_empty()).then_some(()));
    let ended = daemon.stop(Signal::TERM);
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.took < std::time::Duration::from_secs(2), "it took {:?}", ended.took);
    let n_left = home.files("inbox").len();
    assert!(n_left > 0, "all were taken before the stop, which shows nothing");
    let rejected = home.files("rejected");
    let n_rejected = rejected.iter().filter(|name| !name.ends_with(".reason.txt")).count();
    assert_eq!(n_left + n_rejected, N_FILES);
}

#[test]
fn of_two_thousand_files_at_once_none_is_lost_while_tracks_are_made() {
    const N_FILES: usize = 2000;
    let home = trained().set("schedule.min_songs", 100_000).set("inbox.scan_seconds", 86_400);
    let n_before = home.files("library").len();
    let daemon = home.daemon();
    for idx in 0..N_FILES / 2 {
        home.put(&format!("outside/moved in/{idx}.mid"), &composed(idx));
    }
    fs::rename(home.path("outside/moved in"), home.path("inbox/moved in")).expect("can be moved");
    for idx in N_FILES / 2..N_FILES {
        home.put(&format!("inbox/made here/{idx}.mid"), &composed(idx));
    }
    eventually("a first file", || (home.files("library").len() > n_before).then_some(()));
    home.row(&["generate", "hardstyle", "--no-audio", "--no-picture"]);
    let n_waiting = home.files("inbox").len();
    assert!(n_waiting > 0, "all were taken before the track was made, which shows nothing");
    let n_taken = || home.files("library").len() - n_before;
    for n_wanted in (N_FILES / 20..=N_FILES).step_by(N_FILES / 20) {
        eventually("the next files", || (n_taken() >= n_wanted).then_some(()));
    }
    assert_eq!(home.files("inbox"), Vec::<String>::new());
    assert_eq!(home.files("rejected"), Vec::<String>::new());
    for genre in ["moved in", "made here"] {
        assert_eq!(home.rows(&["library", genre]).len(), N_FILES / 2, "{genre}");
    }
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

/// A tune of its own for each number: eight bars of a line that wanders over a minor scale.
fn composed(number: usize) -> Vec<u8> {
    const SCALE: [u8; 14] = [60, 62, 63, 65, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82];
    // The numbers of MMIX, mixed as in SplitMix64 so that neighbours differ from the start.
    let mut state = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut below = |limit: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let (mut onset, mut degree) = (0, below(14) as usize);
    let mut notes = Vec::new();
    while onset < 8 * 96 {
        let duration = [6, 12, 12, 18, 24][below(5) as usize];
        let pitch = Pitch::new(SCALE[degree]).expect("a pitch");
        notes.push(GridNote::new(onset, Voice::Lead, pitch, duration));
        onset += duration;
        degree = (degree + 10 + below(9) as usize) % 14;
    }
    midi::write(&Song::new(150.0, 4, 8, notes).to_score())
}
