//! Does the daemon say what is wrong with every bad file, keep the file, and carry on?

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tests::process::{Daemon, Home, Signal, eventually, song};

use crate::home;

/// A user who owns nothing; by convention "nobody".
const NOBODY: u32 = 65_534;

#[test]
fn every_bad_file_ends_with_a_reason_and_the_daemon_carries_on() {
    let home = home().set("schedule.min_songs", 100);
    let outside = home.put("outside/secret.mid", &song(5));
    let daemon = home.daemon();
    let good = song(0);
    // Half a song would still be enough of a song.
    home.put("inbox/hardstyle/truncated.mid", &good[..good.len() / 8]);
    home.put("inbox/hardstyle/words.mid", b"Dear diary, today I wrote a melody.\n");
    home.put("inbox/hardstyle/empty.mid", b"");
    home.put("inbox/hardstyle/notes.txt", b"buy strings");
    home.put("inbox/loose.mid", &song(1));
    symlink(&outside, home.path("inbox/hardstyle/link.mid")).expect("a link can be made");
    symlink(home.path("outside"), home.path("inbox/elsewhere")).expect("a link can be made");
    pipe(&home.path("inbox/hardstyle/pipe.mid"));
    drop_100_megabytes(&home);

    let expected = [
        ("rejected/hardstyle/truncated.mid", "ends in the middle of track"),
        ("rejected/hardstyle/words.mid", "MIDI"),
        ("rejected/hardstyle/empty.mid", "empty (0 bytes)"),
        ("rejected/hardstyle/notes.txt", "need to end in .mid"),
        ("inbox/unsorted/loose.mid", "waits here for its genre"),
        ("rejected/hardstyle/huge.mid", "104857600"),
        ("rejected/hardstyle/link.mid", "symbolic link"),
        ("rejected/elsewhere", "symbolic link"),
        ("rejected/hardstyle/pipe.mid", "named pipe"),
    ];
    for (path, words) in expected {
        let text = reason(&home, path);
        assert!(text.contains(words), "{path}: {text:?}");
        assert!(text.starts_with(char::is_uppercase) && text.len() > 20, "{path}: {text:?}");
    }

    let left = [
        "elsewhere",
        "hardstyle/link.mid",
        "hardstyle/pipe.mid",
        "unsorted/loose.mid",
        "unsorted/loose.mid.reason.txt",
    ];
    eventually("what can be read to be gone", || (home.files("inbox") == left).then_some(()));
    let content = |path: &str| fs::read(home.path(path)).expect("it is kept");
    assert_eq!(content("rejected/hardstyle/truncated.mid"), good[..good.len() / 8]);
    assert_eq!(content("inbox/unsorted/loose.mid"), song(1));
    assert_eq!(fs::metadata(home.path("rejected/hardstyle/huge.mid")).expect("kept").len(), HUGE);
    assert_eq!(fs::read(&outside).expect("untouched"), song(5));

    home.put("inbox/hardstyle/good.mid", &good);
    eventually("a good song in the library", || {
        (home.files("library") == ["hardstyle/good.mid"]).then_some(())
    });
    assert_eq!(home.status("hardstyle")["songs"], 1);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_file_that_may_not_be_read_stays_with_a_reason_until_it_may() {
    let home = home().set("schedule.min_songs", 100);
    let closed = home.put("inbox/hardstyle/closed.mid", &song(0));
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("it is ours");
    let daemon = daemon_without_privileges(&home);
    let text = reason(&home, "rejected/hardstyle/closed.mid");
    assert!(text.to_lowercase().contains("permission"), "{text:?}");
    assert!(text.contains("left at"), "{text:?}");
    assert_eq!(home.files("inbox"), ["hardstyle/closed.mid"]);
    fs::set_permissions(&closed, Permissions::from_mode(0o644)).expect("it is ours");
    eventually("the song in the library", || {
        (home.files("library") == ["hardstyle/closed.mid"]).then_some(())
    });
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn a_file_that_may_not_be_moved_stays_with_a_reason_until_it_may() {
    let home = home().set("schedule.min_songs", 100);
    home.put("inbox/hardstyle/fixed.mid", &song(0));
    let folder = home.path("inbox/hardstyle");
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).expect("it is ours");
    for _ in 0..2 {
        let daemon = daemon_without_privileges(&home);
        let text = reason(&home, "rejected/hardstyle/fixed.mid");
        assert!(text.contains("write to") && text.contains("left at"), "{text:?}");
        assert_eq!(home.files("inbox"), ["hardstyle/fixed.mid"]);
        assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("it is ours");
    let daemon = daemon_without_privileges(&home);
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library"), ["hardstyle/fixed.mid"]);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn the_same_song_is_taken_once_whatever_its_name() {
    let home = home().set("schedule.min_songs", 100);
    let daemon = home.daemon();
    home.put("inbox/hardstyle/first.mid", &song(0));
    home.wait_for_empty_inbox();
    home.put("inbox/hardstyle/again.mid", &song(0));
    home.put("inbox/trance/elsewhere.mid", &song(0));
    for path in ["rejected/hardstyle/again.mid", "rejected/trance/elsewhere.mid"] {
        let text = reason(&home, path);
        assert!(text.contains("already has it: hardstyle/first.mid"), "{text:?}");
    }
    home.wait_for_empty_inbox();
    home.put("inbox/hardstyle/first.mid", &song(0));
    home.wait_for_empty_inbox();
    assert_eq!(home.files("library"), ["hardstyle/first.mid"]);
    assert_eq!(fs::read(home.path("rejected/hardstyle/first.mid")).expect("kept"), song(0));
    assert_eq!(home.rows(&["library"]).len(), 1);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn the_endings_of_songs_count_in_any_case() {
    let home = home().set("schedule.min_songs", 100);
    let names = ["A.MID", "b.Midi", "c.KAR", "d.rmi", "e.sMf", "f.mid.mid", "ü & ñ ☂.mid"];
    for (idx, name) in names.iter().enumerate() {
        home.put(&format!("inbox/hard style/deep/er/{name}"), &song(idx));
    }
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    let expected: Vec<String> =
        names.iter().map(|name| format!("hard style/deep/er/{name}")).collect();
    assert_eq!(home.files("library"), expected);
    assert_eq!(home.rows(&["library", "hard style"]).len(), names.len());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[test]
fn names_that_are_not_text_or_very_long_are_taken_like_any_other() {
    let home = home().set("schedule.min_songs", 100);
    let folder = home.path("inbox/hardstyle");
    fs::create_dir_all(&folder).expect("can be made");
    let latin = OsStr::from_bytes(b"caf\xe9.mid");
    let long = format!("{}.mid", "la".repeat(125));
    fs::write(folder.join(latin), song(0)).expect("writable");
    fs::write(folder.join(&long), song(1)).expect("writable");
    fs::write(folder.join(OsStr::from_bytes(b"na\xefve.mid")), b"no song").expect("writable");
    fs::write(folder.join(format!("no{}", &long[2..])), b"no song").expect("writable");
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert_eq!(fs::read(home.path("library/hardstyle").join(latin)).expect("moved"), song(0));
    assert_eq!(fs::read(home.path("library/hardstyle").join(&long)).expect("moved"), song(1));
    eventually("two rejected files with their reasons", || {
        let rejected = home.files("rejected");
        let reasons = rejected.iter().filter(|name| name.ends_with(".reason.txt"));
        ((rejected.len(), reasons.count()) == (4, 2)).then_some(())
    });
    let rows = home.rows(&["library"]);
    assert_eq!(rows.len(), 2);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(home.rows(&["library"]), rows);
    assert!(home.rows(&["doctor"]).iter().all(|check| check["fine"] == true));
    let taken = home.path("library/hardstyle");
    assert_eq!(home.rows(&["judge", taken.to_str().expect("plain")]).len(), 2);
    let id =
        rows.iter().find(|row| row["file"] != long.as_str()).expect("the other")["song"].clone();
    home.row(&["remove", id.as_str().expect("an id")]);
    assert_eq!(fs::read(home.path("rejected/hardstyle").join(latin)).expect("moved"), song(0));
}

#[test]
fn unfinished_and_hidden_files_are_left_alone() {
    let home = home().set("schedule.min_songs", 100);
    let names = ["a.mid.part", "b.mid.crdownload", "c.mid~", "d.tmp"];
    for name in names {
        home.put(&format!("inbox/hardstyle/{name}"), &song(1));
    }
    home.put("inbox/hardstyle/.hidden.mid", &song(2));
    home.put("inbox/hardstyle/real.mid", &song(0));
    let daemon = home.daemon();
    eventually("the song in the library", || {
        (home.files("library") == ["hardstyle/real.mid"]).then_some(())
    });
    fs::rename(home.path("inbox/hardstyle/a.mid.part"), home.path("inbox/hardstyle/a.mid"))
        .expect("it is still there");
    eventually("the finished download in the library", || {
        (home.files("library") == ["hardstyle/a.mid", "hardstyle/real.mid"]).then_some(())
    });
    let left = ["hardstyle/b.mid.crdownload", "hardstyle/c.mid~", "hardstyle/d.tmp"];
    assert_eq!(home.files("inbox"), left);
    assert!(home.path("inbox/hardstyle/.hidden.mid").exists());
    assert_eq!(home.files("rejected"), Vec::<String>::new());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

const HUGE: u64 = 100 << 20;

/// A sparse file, moved in at once.
fn drop_100_megabytes(home: &Home) {
    let path = home.path("outside/huge.mid");
    let file = File::create(&path).expect("writable");
    file.set_len(HUGE).expect("holes need no space");
    drop(file);
    fs::rename(&path, home.path("inbox/hardstyle/huge.mid")).expect("it is ours");
}

fn pipe(path: &Path) {
    let mode = Mode::from_raw_mode(0o644);
    mknodat(CWD, path, FileType::Fifo, mode, 0).expect("a pipe can be made");
}

/// Waits for the text beside a rejected file.
fn reason(home: &Home, path: &str) -> String {
    let path = home.path(&format!("{path}.reason.txt"));
    eventually(&path.display().to_string(), || fs::read_to_string(&path).ok())
}

/// A daemon that is subject to permissions. The superuser is not, so the daemon runs as nobody, to whom
/// the home and a copy of the program are handed.
fn daemon_without_privileges(home: &Home) -> Daemon {
    let command = home.command(&["run"]);
    if !rustix::process::geteuid().is_root() {
        return home.daemon();
    }
    let program = home.path("kickback");
    fs::copy(home.program(), &program).expect("the program can be copied");
    let paths = ["", "inbox", "inbox/hardstyle", "kickback.toml", "kickback"];
    for path in paths {
        chown(home.path(path), Some(NOBODY), Some(NOBODY)).expect("the superuser may");
    }
    let mut demoted = std::process::Command::new(program);
    demoted.args(command.get_args()).uid(NOBODY).gid(NOBODY);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => demoted.env(name, value),
            None => demoted.env_remove(name),
        };
    }
    Daemon::start(demoted, &home.path("kickback.sock"))
}
