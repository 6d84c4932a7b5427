//! Are votes found that were given while the daemon was away, below however many posts?

use bot::chat::{ChannelId, MessageId, Posted};
use daemon::config::Config;
use daemon::context::Context;
use daemon::store::Track;
use serde_json::json;
use tests::discord::{CHANNEL, Discord, TOKEN};
use tests::process::{Home, Signal, eventually};

use crate::home;

const N_POSTS: usize = 300;

/// Notes that these messages are tracks.
fn posted(home: &Home, messages: &[u64]) {
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    for (n, message) in messages.iter().enumerate() {
        let track = json!({
            "genre": "hardstyle", "version": 1, "seed": n, "settings": "{}", "stem": format!("t{n}"),
            "tempo_bpm": 150.0, "key_index": 12, "n_bars": 32, "created_at_ms": n, "candidates": [],
            "state": "rendered",
        });
        let track: Track = serde_json::from_value(track).expect("a track");
        let id = context.store.reserve_track().expect("reserved");
        context.store.add_track(id, track).expect("noted");
        let (channel, message) = (ChannelId(CHANNEL), MessageId(*message));
        context.store.confirm_post(id, Posted { channel, message }).expect("noted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_below_hundreds_of_posts_are_found_with_few_questions() {
    let discord = Discord::start().await;
    let home = home()
        .set("discord.api_url", format!("{:?}", discord.url()))
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN);
    let (ada, bea) = (discord.user("ada"), discord.user("bea"));
    let messages: Vec<u64> = (0..N_POSTS).map(|_| discord.write(ada)).collect();
    posted(&home, &messages);
    let voted = [0, 1, 120, N_POSTS - 1];
    for n in voted {
        discord.react_unheard(messages[n], bea, "👍🏽");
    }
    discord.delete_message(messages[50]);
    let daemon = home.daemon();
    eventually("all votes", || {
        let rows = home.rows(&["tracks", "hardstyle"]);
        let liked: Vec<usize> = rows
            .iter()
            .filter(|row| row["listeners"] == 1 && row["score"].as_f64().is_some_and(|s| s > 0.0))
            .filter_map(|row| messages.iter().position(|message| row["message"] == *message))
            .collect();
        (liked == voted).then_some(())
    });
    // Three pages, one question for the message that is not shown, and one for the people below each post
    // with votes; the older of these are asked for once more in their turn.
    let n_asked = discord.n_requests("GET /api/v10/channels");
    assert!(n_asked <= 3 + 1 + 4 + 3, "{n_asked} questions");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}
