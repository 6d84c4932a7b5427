//! Is a crowd's every wish acknowledged in time and granted once, in a fair order?

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use tests::discord::{Discord, Wait};
use tests::process::Signal;

use crate::{Options, trained};

/// Nothing comes any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays a crowd and prints what came of it; whether that is well.
pub(crate) async fn play(binary: &Path, options: &Options) -> bool {
    let discord = Discord::start().await;
    let home = trained(binary, &discord, options.people);
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let began = Instant::now();
    let people: Vec<u64> = (0..options.people).map(|n| discord.user(&format!("p{n}"))).collect();
    for n in 0..options.wishes {
        discord.generate("hardstyle", people[n % people.len()]);
    }
    until_answered(&discord, options.wishes / 4).await;
    let newcomer = discord.user("newcomer");
    discord.generate("hardstyle", newcomer);
    let waits = until_answered(&discord, options.wishes + 1).await;
    let memory_mib = daemon.peak_memory_kib() as f64 / 1024.0;
    let seconds = began.elapsed().as_secs_f64();
    let is_stopped = daemon.stop(Signal::TERM).code == Some(0);

    let acknowledged: Vec<Duration> = waits.iter().filter_map(|wait| wait.acknowledged).collect();
    let slowest = acknowledged.iter().max().copied().unwrap_or_default();
    let once = waits.iter().filter(|wait| wait.answered.len() == 1).count();
    let passed = passed(&waits, newcomer);
    let violations = discord.violations();
    println!("{} wishes by {} people at once, in {seconds:.0} s:", waits.len(), options.people);
    println!("  acknowledged {} of them, the slowest after {slowest:.2?}", acknowledged.len());
    println!(
        "  answered once {once}, never {}",
        waits.iter().filter(|w| w.answered.is_empty()).count()
    );
    println!("  a newcomer waited for at most {passed} of each other person");
    println!("  peak memory of the program {memory_mib:.0} MiB");
    println!("  violations of Discord's rules: {violations:?}");
    acknowledged.len() == waits.len()
        && slowest < Duration::from_secs(3)
        && once == waits.len()
        && passed <= 1
        && is_stopped
        && violations.is_empty()
}

/// Waits until so many interactions are answered, or nothing happens any more.
async fn until_answered(discord: &Discord, n: usize) -> Vec<Wait> {
    let (mut last, mut since) = (0, Instant::now());
    loop {
        let waits = discord.waits();
        let answered = waits.iter().filter(|wait| !wait.answered.is_empty()).count();
        if answered >= n || since.elapsed() > PATIENCE {
            return waits;
        }
        if answered > last {
            eprintln!("{answered} of {n} answered");
            (last, since) = (answered, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The most tracks of one other person that were made between a newcomer's wish and its answer; those that
/// were under way when it came are not counted.
fn passed(waits: &[Wait], newcomer: u64) -> usize {
    let Some(own) = waits.iter().find(|wait| wait.user == newcomer) else { return usize::MAX };
    let Some(answered) = own.answered.first() else { return usize::MAX };
    let mut of: BTreeMap<u64, usize> = BTreeMap::new();
    // All others asked at the beginning, so that their waits are counted from there.
    let asked = own.since_first;
    for wait in waits.iter().filter(|wait| wait.user != newcomer) {
        let Some(at) = wait.answered.first().map(|at| wait.since_first + *at) else { continue };
        if at > asked && at < asked + *answered {
            *of.entry(wait.user).or_default() += 1;
        }
    }
    of.into_values().max().unwrap_or(0)
}
