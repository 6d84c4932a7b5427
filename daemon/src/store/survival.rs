//! Is everything that was acknowledged still there after a kill, a damaged file or a full disk?
//!
//! Tests only. The kill test starts this test program again as the process that is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bot::chat::{ChannelId, MessageId, Posted};
use serde::{Deserialize, Serialize};

use super::codec::{self, Record, Tree};
use super::fixtures::{open, scratch, song, track, vote};
use super::handle::{Meta, SCHEMA};
use super::view::Read;
use super::*;

/// Set for the process that writes until it is killed: the store's folder and the round.
const CHILD: &str = "KICKBACK_TEST_STORE_CHILD";
const N_KILLS: u64 = 32;

#[test]
fn every_acknowledged_write_survives_a_kill() {
    if let Ok(child) = std::env::var(CHILD) {
        let (round, folder) = child.split_once(' ').expect("round and folder");
        write_until_killed(Path::new(folder), round);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store");
    let mut acknowledged = Vec::new();
    for round in 0..N_KILLS {
        let before = acknowledged.len();
        // Moments all over a tenth of a second; every fourth round is killed while it opens.
        let moment = Duration::from_millis(1 + (round * 37) % 97);
        let while_opening = round % 4 == 3;
        acknowledged.extend(acknowledged_until_killed(&path, round, moment, while_opening));
        assert!(while_opening || acknowledged.len() > before, "round {round} wrote nothing");
        let store = open(&path);
        for line in &acknowledged {
            assert_is_there(&store, line);
        }
        let (n_values, damaged) = store.verify().expect("readable");
        assert!(n_values > acknowledged.len() && damaged.is_empty(), "{damaged:?}");
    }
    eprintln!("{} acknowledged writes survived {N_KILLS} kills", acknowledged.len());
}

fn acknowledged_until_killed(
    folder: &Path,
    round: u64,
    moment: Duration,
    while_opening: bool,
) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "store::survival::every_acknowledged_write_survives_a_kill"])
        .arg("--nocapture")
        .env(CHILD, format!("{round} {}", folder.display()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let (sender, lines) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok).filter(|line| line.starts_with("ack ")) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut acknowledged = Vec::new();
    if !while_opening {
        acknowledged.push(lines.recv_timeout(Duration::from_secs(30)).expect("the child writes"));
    }
    let until = Instant::now() + moment;
    while let Ok(line) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
        acknowledged.push(line);
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    reader.join().expect("the pipe ends with the child");
    acknowledged.extend(lines.iter());
    acknowledged
}

/// Four threads write songs with moves, tracks with votes, promotions and cycles, and say so.
fn write_until_killed(folder: &Path, round: &str) -> ! {
    let store = open(folder);
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (store, round) = (store.clone(), round.to_owned());
            std::thread::spawn(move || {
                for i in 0_u64.. {
                    write_one(&store, &format!("{round}-{thread}-{i}"));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it never ends");
    }
    unreachable!("the threads never end")
}

fn write_one(store: &Store, name: &str) {
    // One `write` call for each line, as other threads print at the same time.
    let say = |text: String| print_at_once(&format!("ack {text}\n"));
    let id = SongId::of(name.as_bytes());
    let file_move = Move {
        song: Some(id),
        from: name.into(),
        to: format!("library/{name}").into(),
        reason: None,
    };
    store.take_in(Some((id, song("hardstyle", name))), Some(file_move)).expect("taken in");
    say(format!("song {name}"));
    let id = store.add_new_track(|id| track("hardstyle", id.0)).expect("added");
    say(format!("track {id}"));
    let posted = Posted { channel: ChannelId(7), message: message_of(id) };
    store.begin_post(id, posted.channel).expect("noted");
    store.confirm_post(id, posted).expect("noted");
    say(format!("message {id}"));
    store.add_vote(id, vote(name, "🔥", 5)).expect("voted");
    say(format!("vote {id} {name}"));
    store.take_back_vote(id, name, "🔥", 6).expect("taken back");
    say(format!("back {id} {name}"));
    let why = name.to_owned();
    store.promote(name, Promotion { version: 1, at_ms: 1, why }).expect("promoted");
    say(format!("promoted {name}"));
}

fn message_of(id: TrackId) -> MessageId {
    MessageId(id.0 + 1_000_000)
}

fn print_at_once(line: &str) {
    use std::io::Write;
    std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent reads");
}

fn assert_is_there(store: &Store, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let id = |word: &str| word.parse::<TrackId>().expect("a number");
    let votes = |word| store.votes_of(id(word)).expect("readable");
    let there = match words[1..] {
        ["song", name] => {
            let id = SongId::of(name.as_bytes());
            let found = store.songs_with_fingerprint(&format!("melody-{name}"));
            store.song(id) == Ok(Some(song("hardstyle", name))) && found == Ok(vec![id])
        }
        ["track", number] => store.track(id(number)).is_ok_and(|track| track.is_some()),
        ["message", number] => {
            store.track_of_message(message_of(id(number))) == Ok(Some(id(number)))
        }
        ["vote", number, name] => votes(number).iter().any(|vote| vote.listener == name),
        ["back", number, name] => {
            votes(number).iter().any(|v| v.listener == name && v.removed_at_ms == Some(6))
        }
        ["promoted", name] => store.current_version(name).is_ok_and(|version| version.is_some()),
        _ => false,
    };
    assert!(there, "lost: {line}");
}

#[test]
fn a_half_written_snapshot_does_not_keep_the_store_closed() {
    let (folder, store) = scratch();
    store.reserve_track().expect("written");
    drop(store);
    let path = folder.path().join("store");
    let snapshot = path.join("snap.FFFFFFFFFFFFFFFF.generating");
    std::fs::write(&snapshot, b"half").expect("written");
    let store = open(&path);
    assert!(!snapshot.exists());
    assert_eq!(store.reserve_track(), Ok(TrackId(2)));
}

#[test]
fn a_damaged_value_is_reported_and_named() {
    let (_folder, store) = scratch();
    let id = SongId::of(b"a");
    store.take_in(Some((id, song("hardstyle", "a"))), None).expect("taken in");
    store
        .inner
        .shared
        .read(|engine| {
            let mut bytes = engine.raw(Tree::Songs, &id.0)?.expect("there");
            bytes[20] ^= 1;
            let writes = [((Tree::Songs, id.0.to_vec()), Some(bytes))].into();
            engine.apply(&writes).map_err(|cause| Error::Read { cause })
        })
        .expect("applied");
    assert!(matches!(store.song(id), Err(Error::Damaged { tree: "songs", .. })));
    assert!(store.songs_of("hardstyle").is_err());
    let (_, damaged) = store.verify().expect("readable");
    assert_eq!(damaged.len(), 1);
    assert!(damaged[0].to_string().contains("checksum"), "{}", damaged[0]);
}

#[test]
fn a_damaged_log_is_refused_or_read_up_to_the_damage_but_never_taken_for_a_new_one() {
    const N_TRACKS: u64 = 20;
    for at in [0, 24, 100, 300, 1000, 5000] {
        let (folder, store) = scratch();
        for seed in 0..N_TRACKS {
            store.add_new_track(|_| track("hardstyle", seed)).expect("added");
        }
        drop(store);
        let path = folder.path().join("store");
        let mut bytes = std::fs::read(path.join("db")).expect("readable");
        for byte in &mut bytes[at..at + 64] {
            *byte ^= 0x5A;
        }
        std::fs::write(path.join("db"), bytes).expect("written");
        let settings = Settings { free_space_reserve_mb: 0, cache_mb: 16 };
        let store = match Store::open(&path, &settings, 1) {
            Ok(store) => store,
            Err(Error::Open { .. } | Error::Emptied { .. } | Error::Read { .. }) => continue,
            Err(other) => panic!("{at}: {other}"),
        };
        let Ok((_, damaged)) = store.verify() else { continue };
        assert_eq!(damaged, [], "{at}: what is recovered is whole");
        let seeds: Vec<u64> =
            store.tracks().expect("readable").iter().map(|(_, track)| track.seed).collect();
        eprintln!("damage at byte {at}: {} of {N_TRACKS} tracks are left", seeds.len());
        assert_eq!(seeds, (0..seeds.len() as u64).collect::<Vec<_>>(), "{at}: the first ones");
    }
}

#[test]
fn a_store_that_lost_everything_is_not_taken_for_a_new_one() {
    let (folder, store) = scratch();
    store.reserve_track().expect("written");
    drop(store);
    let path = folder.path().join("store");
    std::fs::write(path.join("db"), b"").expect("emptied");
    let opened = Store::open(&path, &Settings::default(), 1);
    assert!(matches!(opened.err(), Some(Error::Emptied { .. } | Error::Open { .. })));
}

#[test]
fn an_old_store_opens_where_its_creation_cannot_be_noted() {
    let (folder, store) = scratch();
    store.reserve_track().expect("written");
    drop(store);
    let path = folder.path().join("store");
    // A device without any space takes the place of the note that an old store lacks.
    std::fs::remove_file(path.join("lock")).expect("removed");
    std::os::unix::fs::symlink("/dev/full", path.join("lock")).expect("linked");
    let store = Store::open(&path, &Settings::default(), 1).expect("it opens");
    assert_eq!(store.created_at_ms(), Ok(1));
    let new = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/dev/full", new.path().join("lock")).expect("linked");
    drop(store);
    let opened = Store::open(new.path(), &Settings::default(), 1);
    assert!(matches!(opened.err(), Some(Error::Open { .. })));
}

#[test]
fn a_full_disk_is_refused_before_anything_is_written() {
    let (folder, store) = scratch();
    store.reserve_track().expect("written");
    drop(store);
    let path = folder.path().join("store");
    let settings = Settings { free_space_reserve_mb: u64::MAX, cache_mb: 16 };
    let store = Store::open(&path, &settings, 1).expect("it opens for reading");
    let error = store.reserve_track().expect_err("no space");
    assert!(matches!(error, Error::NoSpace { .. }) && error.to_string().contains("reserve"));
    assert!(matches!(store.check_space(), Err(Error::NoSpace { .. })));
    assert_eq!(store.created_at_ms(), Ok(1));
    drop(store);
    assert_eq!(open(&path).reserve_track(), Ok(TrackId(2)));
}

#[test]
fn a_failed_store_opens_again_by_itself() {
    let (_folder, store) = scratch();
    assert_eq!(store.reserve_track(), Ok(TrackId(1)));
    store.inner.shared.fail("a test");
    assert!(matches!(store.tracks(), Err(Error::Unavailable { .. })));
    assert_eq!(reserve_at_last(&store), Ok(TrackId(2)));
    let failed: Result<(), Error> = store.read(|_| Err(Error::Read { cause: "a test".into() }));
    assert!(failed.is_err());
    assert_eq!(reserve_at_last(&store), Ok(TrackId(3)));
    assert_eq!(store.tracks(), Ok(vec![]));
}

fn reserve_at_last(store: &Store) -> Result<TrackId, Error> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match store.reserve_track() {
            Err(Error::Unavailable { .. } | Error::NotConfirmed { .. })
                if Instant::now() < deadline =>
            {
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

#[test]
fn a_step_that_fails_or_panics_leaves_nothing_and_harms_nobody() {
    let (_folder, store) = scratch();
    let failed: Result<(), Error> = store.write(|txn| {
        txn.next("last_track")?;
        Err(Error::NotFound { what: "track", id: "1".to_owned() })
    });
    assert!(matches!(failed, Err(Error::NotFound { .. })));
    let panicked: Result<(), Error> = store.write(|txn| {
        txn.next("last_track")?;
        panic!("a test");
    });
    assert!(panicked.is_err_and(|error| error.to_string().contains("a test")));
    assert_eq!(reserve_at_last(&store), Ok(TrackId(1)));
}

#[test]
fn a_store_is_opened_once_and_a_later_schema_never() {
    let (folder, store) = scratch();
    let path = folder.path().join("store");
    let settings = Settings::default();
    assert!(matches!(Store::open(&path, &settings, 1), Err(Error::InUse { .. })));
    let later = Meta { schema: SCHEMA + 1, created_at_ms: 1 };
    store.write(move |txn| txn.put(Tree::Meta, b"schema".to_vec(), &later)).expect("written");
    drop(store);
    let error = Store::open(&path, &settings, 1).err();
    assert_eq!(error, Some(Error::NewerSchema { found: SCHEMA + 1, known: SCHEMA }));
}

#[test]
fn the_largest_keys_and_values_stay_in_the_log() {
    #[derive(Serialize, Deserialize)]
    struct Text(String);
    impl Record for Text {}
    let (folder, store) = scratch();
    for i in 0..400_u64 {
        store
            .write(move |txn| {
                let mut key = vec![b'k'; codec::MAX_KEY - 8];
                // Scattered, so that pages fill, split and merge everywhere.
                key.extend((i.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes());
                txn.put(Tree::Songs, key, &Text("x".repeat(codec::MAX_VALUE - 7)))
            })
            .expect("written, with blobs empty");
    }
    let blobs = std::fs::read_dir(folder.path().join("store/blobs")).expect("a folder");
    assert_eq!(blobs.count(), 0);
}

#[test]
fn many_callers_share_a_sync() {
    const N_CALLERS: u64 = 20;
    let (_folder, store) = scratch();
    let n_commits = || store.inner.shared.n_commits.load(Ordering::Relaxed);
    let before = n_commits();
    std::thread::scope(|scope| {
        for _ in 0..N_CALLERS {
            scope.spawn(|| {
                for seed in 0..20 {
                    store.add_new_track(|_| track("hardstyle", seed)).expect("added");
                }
            });
        }
    });
    let ids: Vec<u64> = store.tracks().expect("readable").iter().map(|(id, _)| id.0).collect();
    assert_eq!(ids, (1..=N_CALLERS * 20).collect::<Vec<_>>());
    // Two steps each, and while one group is synced the others wait together for the next.
    let (n_steps, n_commits) = (N_CALLERS * 20 * 2, n_commits() - before);
    eprintln!("{n_steps} steps of {N_CALLERS} callers in {n_commits} commits");
    assert!(n_commits * 4 <= n_steps, "{n_commits} commits for {n_steps} steps");
}
