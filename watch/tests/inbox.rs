//! Is every complete file of a real folder found, once, whatever happens to the folder?

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use watch::inbox::{Found, Inbox, Kind, Settings};

/// Long enough for a loaded machine; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn start(root: &Path) -> (Inbox, Receiver<Found>) {
    let settings = Settings { settle_ms: 100, scan_seconds: 1 };
    let (sender, found) = channel();
    let on_found = move |file| drop(sender.send(file));
    (Inbox::start(root, &settings, on_found).unwrap(), found)
}

fn wait_for(found: &Receiver<Found>, n: usize) -> BTreeSet<String> {
    let name = |file: Found| file.relative.to_string_lossy().into_owned();
    (0..n).map(|_| name(found.recv_timeout(PATIENCE).unwrap())).collect()
}

fn fill(folder: &Path, n: usize) -> BTreeSet<String> {
    fs::create_dir_all(folder).unwrap();
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let file = |index: usize| {
        fs::write(folder.join(format!("{index}.mid")), b"MThd").unwrap();
        format!("{name}/{index}.mid")
    };
    (0..n).map(file).collect()
}

#[test]
fn files_there_before_and_after_the_start_are_found_once() {
    let root = tempfile::tempdir().unwrap();
    let before = fill(&root.path().join("hardstyle"), 3);
    let (inbox, found) = start(root.path());
    assert_eq!(wait_for(&found, 3), before);
    let after = fill(&root.path().join("trance"), 2);
    assert_eq!(wait_for(&found, 2), after);
    inbox.rescan();
    assert_eq!(wait_for(&found, 5), &before | &after);
    fs::write(root.path().join("trance/0.mid"), b"MThd, changed").unwrap();
    assert_eq!(wait_for(&found, 1), BTreeSet::from(["trance/0.mid".to_owned()]));
    drop(inbox);
    // The thread is gone, and nothing was found twice.
    assert!(found.recv().is_err());
}

#[test]
fn folders_made_and_filled_at_once_or_moved_in_whole_lose_nothing() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir_in(root.path().parent().unwrap()).unwrap();
    let (_inbox, found) = start(root.path());
    let mut all = BTreeSet::new();
    for genre in 0..20 {
        all.extend(fill(&root.path().join(genre.to_string()), 20));
    }
    all.extend(fill(&elsewhere.path().join("moved"), 20));
    fs::rename(elsewhere.path().join("moved"), root.path().join("moved")).unwrap();
    assert_eq!(wait_for(&found, 420), all);
}

#[test]
fn a_file_in_a_new_folder_is_found_without_waiting_for_a_scan() {
    let settings = Settings { settle_ms: 50, scan_seconds: 3_600 };
    let many_times = &|inbox_idx: u64| {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (sender, found) = channel();
        let on_found = move |file| drop(sender.send(file));
        let inbox = Inbox::start(root.path(), &settings, on_found).unwrap();
        // Whole at once, as an empty file that waits for its bytes may count as complete.
        let arrive = |folder: &Path, name: &str| {
            let file = elsewhere.path().join(name);
            fs::write(&file, b"MThd").unwrap();
            fs::rename(file, folder.join(name)).unwrap();
        };
        let next = || found.recv_timeout(PATIENCE).unwrap().relative;
        for genre_idx in 0..7 {
            let genre = root.path().join(genre_idx.to_string());
            let folder = genre.join("artist");
            fs::create_dir_all(&folder).unwrap();
            // At another moment of the watching each time.
            std::thread::sleep(Duration::from_micros(genre_idx * 60 + inbox_idx * 5));
            arrive(&folder, "0.mid");
            assert_eq!(next(), Path::new(&format!("{genre_idx}/artist/0.mid")));
            if genre_idx % 4 == 0 {
                // Again under the same name.
                fs::remove_dir_all(&genre).unwrap();
                fs::create_dir_all(&folder).unwrap();
                arrive(&folder, "1.mid");
                assert_eq!(next(), Path::new(&format!("{genre_idx}/artist/1.mid")));
            }
        }
        drop(inbox);
        assert!(found.recv().is_err(), "each was found once");
    };
    std::thread::scope(|scope| {
        for inbox_idx in 0..8 {
            scope.spawn(move || many_times(inbox_idx));
        }
    });
}

#[test]
fn an_inbox_deleted_and_made_anew_is_watched_again() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("inbox");
    let (_inbox, found) = start(&folder);
    let first = fill(&folder.join("one"), 1);
    assert_eq!(wait_for(&found, 1), first);
    fs::remove_dir_all(&folder).unwrap();
    let second = fill(&folder.join("two"), 2);
    assert_eq!(wait_for(&found, 2), second);
}

#[test]
fn what_can_not_be_read_safely_is_reported_as_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/hostname", root.path().join("link.mid")).unwrap();
    fs::write(root.path().join("song.mp3"), b"ID3").unwrap();
    fs::write(root.path().join("song.mid.part"), b"MThd").unwrap();
    let (_inbox, found) = start(root.path());
    let mut files: Vec<Found> = (0..2).map(|_| found.recv_timeout(PATIENCE).unwrap()).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!((files[0].kind, files[0].genre.as_deref()), (Kind::Symlink, None));
    assert_eq!((files[1].kind, files[1].has_midi_name()), (Kind::File, false));
    assert_eq!(files[1].path, root.path().join("song.mp3"));
}

#[test]
fn dropping_the_inbox_stops_it_at_once() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings { settle_ms: 600_000, scan_seconds: 3_600 };
    let inbox = Inbox::start(root.path(), &settings, |_| ()).unwrap();
    let (sender, dropped) = channel();
    std::thread::spawn(move || {
        drop(inbox);
        sender.send(())
    });
    // Long before anything that it waits for.
    dropped.recv_timeout(PATIENCE).expect("it is gone");
}
