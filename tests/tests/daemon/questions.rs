//! Is each question of the chat answered once, whatever ends the program on the way?

use std::time::{Duration, Instant};

use serde_json::json;
use tests::discord::{Discord, Message, TOKEN};
use tests::process::{Home, Signal, eventually};

use crate::home;

/// A home with a version, and settings for a Discord.
fn trained(discord: &Discord) -> Home {
    let home = home()
        .set("discord.api_url", format!("{:?}", discord.url()))
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN);
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    home
}

/// Discord wants five seconds between two sessions.
fn until_discord_allows(connected: Instant) {
    eventually("Discord's leave", || (connected.elapsed() > Duration::from_secs(6)).then_some(()));
}

/// Checks that there is one post and that it is the only track's.
fn posted_once(discord: &Discord, home: &Home, message: &Message) {
    eventually("a confirmed post", || {
        let tracks = home.rows(&["tracks"]);
        assert!(tracks.len() < 2, "{tracks:#?}");
        tracks.first().filter(|track| track["message"] == message.id).map(|_| ())
    });
    assert_eq!((discord.n_messages_of_bot(), message.files.len()), (1, 3));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_was_acknowledged_is_granted_after_a_kill() {
    let discord = Discord::start().await;
    // Long enough to be killed in the making.
    let home = trained(&discord).set("taste.candidates", "64").set("generate.bars", "32");
    let (daemon, connected) = (home.daemon(), Instant::now());
    discord.wait_for_connections(1).await;
    let interaction = discord.generate("hardstyle", discord.user("ada"));
    discord.wait_for_deferral(interaction).await;
    daemon.kill();
    assert_eq!(discord.n_messages_of_bot(), 0, "it was too quick");
    until_discord_allows(connected);
    let daemon = home.daemon();
    let message = discord.wait_for_message().await;
    assert_eq!(message.answers, Some(interaction));
    posted_once(&discord, &home, &message);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_taken_unnoticed_is_not_given_again() {
    for is_expired in [false, true] {
        let discord = Discord::start().await;
        let home = trained(&discord);
        let (daemon, connected) = (home.daemon(), Instant::now());
        discord.wait_for_connections(1).await;
        discord.lose_answers("PATCH", 1000);
        let ada = discord.user("ada");
        let interaction = discord.generate("hardstyle", ada);
        let message = discord.wait_for_message().await;
        daemon.kill();
        discord.react_unheard(message.id, ada, "🔥");
        discord.mend();
        if is_expired {
            discord.expire_interactions();
        }
        until_discord_allows(connected);
        let daemon = home.daemon();
        posted_once(&discord, &home, &message);
        assert_eq!(message.answers, Some(interaction));
        eventually("the vote given meanwhile", || {
            (home.row(&["tracks"])["listeners"] == 1).then_some(())
        });
        assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_discord_was_too_broken_for_is_granted_when_it_is_mended() {
    let discord = Discord::start().await;
    let home = trained(&discord);
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    // More than one call tries.
    discord.break_down("PATCH", 7);
    let interaction = discord.generate("hardstyle", discord.user("ada"));
    let message = discord.wait_for_message().await;
    assert_eq!(message.answers, Some(interaction));
    posted_once(&discord, &home, &message);
    assert!(daemon.log().contains("a question is answered later"), "{}", daemon.log());
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_wishes_than_one_person_may_have_are_refused_in_private() {
    let discord = Discord::start().await;
    let home = trained(&discord).set("discord.waiting_by_listener", "3");
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let (ada, bea) = (discord.user("ada"), discord.user("bea"));
    let of_ada: Vec<u64> = (0..8).map(|_| discord.generate("hardstyle", ada)).collect();
    let of_bea = discord.generate("hardstyle", bea);
    let refused = discord.wait_for_private(ada).await;
    assert!(refused.content.contains("You already wait for 3 tracks"), "{}", refused.content);
    let answered: Vec<u64> = {
        let mut answered = Vec::new();
        while !answered.contains(&of_bea) {
            answered.push(discord.wait_for_message().await.answers.expect("an answer"));
        }
        answered
    };
    let before = answered.iter().filter(|id| of_ada.contains(id)).count();
    // Two may be under way when bea asks, and one more may end before hers.
    assert!(before <= 3, "{answered:?}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_of_people_is_told_in_private_and_deleted_for_those_who_are_sure() {
    let discord = Discord::start().await;
    let home = trained(&discord);
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let ada = discord.user("ada");
    discord.generate("hardstyle", ada);
    let message = discord.wait_for_message().await;
    discord.react(message.id, ada, "🔥");
    let listeners = |n: u64| {
        eventually("the listeners' say", || {
            (home.row(&["tracks"])["listeners"] == n).then_some(())
        });
    };
    listeners(1);
    let none = json!([]);
    let told =
        [("help", "`/forget-me`"), ("privacy", "I read no messages"), ("forget-me", "sure: yes")];
    for (command, expected) in told {
        discord.ask(command, &none, ada);
        let said = discord.wait_for_private(ada).await.content;
        assert!(said.contains(expected), "{said}");
    }
    listeners(1);
    discord.ask("forget-me", &json!([{ "name": "sure", "type": 3, "value": "yes" }]), ada);
    assert!(discord.wait_for_private(ada).await.content.starts_with("1 vote of yours deleted."));
    listeners(0);
    assert_eq!(discord.n_requests("POST /api/v10/webhooks"), 0, "told at once");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}
