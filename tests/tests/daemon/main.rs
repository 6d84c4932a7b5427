//! Does the daemon, as a process among files, signals and a chat, keep what it promises?
//!
//! The program is the one that people run: this package builds it from the daemon's own `main.rs`.

mod artists;
mod bad_input;
mod cleaning;
mod commands;
mod configuration;
mod crashes;
mod drops;
mod duplicates;
mod elsewhere;
mod genres;
mod midi_facts;
mod missed;
mod questions;
mod reasons;
mod resuming;
mod sorting;
mod sounds;
mod stopping;
mod untrained;
mod versions;
mod wav_facts;
mod whole_way;
mod wishes;

use tests::process::Home;

/// A fresh home with quick settings.
fn home() -> Home {
    Home::new(env!("CARGO_BIN_EXE_kickback-under-test"))
}

/// A home in which hardstyle was trained on the first six songs, without a daemon.
fn trained() -> Home {
    let home = home();
    home.drop_songs("hardstyle", 0..6);
    let trained = home.rows(&["train", "hardstyle"]).pop().expect("a row");
    assert_eq!(trained["event"], "trained");
    assert_eq!(trained["version"], 1);
    home
}

/// Makes a track without audio and picture, and gives back its number.
fn track(home: &Home, seed: u64) -> u64 {
    let seed = seed.to_string();
    let made = home.row(&["generate", "hardstyle", "--seed", &seed, "--no-audio", "--no-picture"]);
    made["track"].as_u64().expect("a track has a number")
}
