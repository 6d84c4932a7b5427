//! Does the chat keep up with a crowd, and lose no vote whatever ends the program?
//!
//! `cargo build --release -p daemon && cargo run --release -p tests --example chat -- [options]` plays a
//! crowd against the program `kickback` and a Discord on loopback:
//!
//! - `--wishes 1000` at once, by `--people 100`: how soon each is acknowledged, whether each is answered once,
//!   how many tracks of each other person a newcomer waits for, and how much memory that takes.
//! - `--reactions 10000` put and taken back in random order below `--posts 40` tracks, with `--cuts 50`
//!   broken connections and `--kills 20` of the program: whether the votes are those that stand below the
//!   posts in the end.
//! - `--binary PATH`: the program; the one that was built beside this one if none is named.
//!
//! It takes minutes, prints what it found, and ends with 1 if anything was lost.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

mod reactions;
mod wishes;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tests::discord::{Discord, TOKEN};
use tests::process::Home;

/// What can be said on the command line.
#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 1000)]
    wishes: usize,
    #[arg(long, default_value_t = 100)]
    people: usize,
    #[arg(long, default_value_t = 10_000)]
    reactions: usize,
    #[arg(long, default_value_t = 40)]
    posts: usize,
    #[arg(long, default_value_t = 50)]
    cuts: usize,
    #[arg(long, default_value_t = 20)]
    kills: usize,
    #[arg(long)]
    binary: Option<PathBuf>,
}

impl Options {
    /// How long the votes are read back at the end: the daemon asks four questions a second.
    fn patience(&self) -> std::time::Duration {
        std::time::Duration::from_secs(30 + 2 * self.posts as u64)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let beside = std::env::current_exe().expect("this program is somewhere");
    let built =
        beside.ancestors().nth(2).expect("it lies in a folder of a folder").join("kickback");
    let binary = options.binary.clone().unwrap_or(built);
    let mut is_well = true;
    if options.wishes > 0 {
        is_well &= wishes::play(&binary, &options).await;
    }
    if options.reactions > 0 {
        is_well &= reactions::play(&binary, &options).await;
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A home of the program with a version of hardstyle, and settings for a Discord.
fn trained(binary: &std::path::Path, discord: &Discord, people: usize) -> Home {
    let home = Home::new(binary)
        .set("discord.api_url", format!("{:?}", discord.url()))
        .set("discord.waiting_by_listener", "100")
        .set("discord.waiting_by_community", people * 100)
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN);
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    home
}
