//! Are the votes those that stand below the posts, whatever happened on the way?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use daemon::config::Config;
use daemon::context::Context;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tests::discord::Discord;
use tests::process::{Home, Signal};

use crate::{Options, trained};

const EMOJI: [&str; 6] = ["🔥", "👍", "👍🏽", "👎", "👎🏿", "💩"];
const PEOPLE: usize = 100;

/// Who has put what below which message. People are told by numbers in one and by names in the other, so
/// what is compared is who put the same where.
type Votes = BTreeSet<Vec<(u64, String)>>;

/// Something that happens.
enum Step {
    React,
    Cut,
    Kill,
}

/// Plays and prints what came of it; whether that is well.
pub(crate) async fn play(binary: &Path, options: &Options) -> bool {
    let discord = Discord::start().await;
    let home = trained(binary, &discord, PEOPLE);
    let mut daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let asker = discord.user("asker");
    let mut posts = Vec::new();
    for _ in 0..options.posts {
        discord.generate("hardstyle", asker);
        posts.push(discord.wait_for_message().await.id);
    }
    let people: Vec<u64> = (0..PEOPLE).map(|n| discord.user(&format!("r{n}"))).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let began = Instant::now();
    for step in steps(options, &mut rng) {
        match step {
            Step::React => react(&discord, &posts, &people, &mut rng).await,
            Step::Cut => discord.drop_sockets(),
            Step::Kill => {
                daemon.kill();
                discord.let_pause_pass();
                daemon = home.daemon();
            }
        }
    }
    eprintln!("all happened after {:.0?}; now the votes are awaited", began.elapsed());
    let standing = standing(&discord, &posts, &people);
    tokio::time::sleep(options.patience()).await;
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    let kept = votes(&home);
    let n = |votes: &Votes| votes.iter().map(Vec::len).sum::<usize>();
    let common: usize = standing.intersection(&kept).map(Vec::len).sum();
    println!(
        "{} reactions, {} broken connections, {} kills: {} stand, {} are kept, {common} of them by people of \
         whom all agree",
        options.reactions,
        options.cuts,
        options.kills,
        n(&standing),
        n(&kept)
    );
    for (what, votes) in [("stand", &standing), ("are kept", &kept)] {
        let mut by_emoji: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, emoji) in votes.iter().flatten() {
            *by_emoji.entry(emoji).or_default() += 1;
        }
        println!("  {what}: {by_emoji:?}");
    }
    let violations = discord.violations();
    println!("  violations of Discord's rules: {violations:?}");
    kept == standing && violations.is_empty()
}

/// All that happens, in random order.
fn steps(options: &Options, rng: &mut ChaCha8Rng) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..options.reactions).map(|_| Step::React).collect();
    steps.extend((0..options.cuts).map(|_| Step::Cut));
    steps.extend((0..options.kills).map(|_| Step::Kill));
    steps.shuffle(rng);
    steps
}

/// Somebody puts an emoji somewhere or takes it back.
async fn react(discord: &Discord, posts: &[u64], people: &[u64], rng: &mut ChaCha8Rng) {
    let post = *posts.choose(rng).expect("there are posts");
    let person = *people.choose(rng).expect("there are people");
    let emoji = EMOJI.choose(rng).expect("there are emoji");
    if rng.random::<f64>() < 0.6 {
        discord.react(post, person, emoji);
    } else {
        discord.unreact(post, person, emoji);
    }
    if rng.random::<f64>() < 0.2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What stands below the posts, by person.
fn standing(discord: &Discord, posts: &[u64], people: &[u64]) -> Votes {
    let mut of: BTreeMap<u64, Vec<(u64, String)>> = BTreeMap::new();
    for (post, emoji, person) in discord.reactions(posts) {
        if people.contains(&person) {
            of.entry(person).or_default().push((post, emoji));
        }
    }
    sorted(of.into_values())
}

/// The votes that are kept, by listener.
fn votes(home: &Home) -> Votes {
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    let mut of: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (id, track) in context.store.tracks().expect("readable") {
        let daemon::store::TrackState::Posted { message, .. } = track.state else { continue };
        let votes = context.store.votes_of(id).expect("readable");
        for vote in votes.into_iter().filter(|vote| vote.removed_at_ms.is_none()) {
            of.entry(vote.listener).or_default().push((message.0, vote.emoji));
        }
    }
    sorted(of.into_values())
}

fn sorted(votes: impl Iterator<Item = Vec<(u64, String)>>) -> Votes {
    votes
        .map(|mut votes| {
            votes.sort();
            votes
        })
        .collect()
}
