//! Does the bot come, stay and leave as Discord wants it?

use std::time::SystemTime;

use bot::chat::{ChannelId, Chat, Error, Heard, ListenerId, MessageId, ReplyTo};
use bot::discord::Settings;
use bot::reaction::Emoji;
use serde_json::{Value, json};
use tests::discord::{CHANNEL, Discord, GUILD, TOKEN};

use crate::playing::{Playing, in_time, nothing_wrong, post};

#[tokio::test]
async fn nothing_is_missed_when_discord_asks_to_reconnect_or_a_socket_breaks() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    let bea = discord.user("bea");
    for n in 1..=4 {
        if n % 2 == 0 {
            discord.drop_sockets();
        } else {
            discord.ask_to_reconnect();
        }
        discord.react(message.id, bea, "👍");
        discord.wait_for_connections(n + 1).await;
        discord.unreact(message.id, bea, "👍");
        let mut added = Vec::new();
        let mut resumed = false;
        while added.len() < 2 || !resumed {
            match playing.next().await {
                Heard::Reacted(reacted) => added.push(reacted.added),
                Heard::Connected(connected) => resumed = connected.resumed,
                other => panic!("unexpected: {other:?}"),
            }
        }
        assert_eq!(added, [true, false], "round {n}");
    }
    assert_eq!(discord.n_resumed_and_identified(), (4, 1));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_lost_session_is_begun_anew_and_said_so() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    let bea = discord.user("bea");
    discord.invalidate_sessions();
    discord.react_unheard(message.id, bea, "👍");
    playing.new_session().await;
    let standing = playing.standing(message.id).await;
    assert_eq!(standing, Ok(vec![(Emoji::new("👍"), ListenerId(bea))]), "what was missed");
    discord.react(message.id, bea, "💩");
    assert_eq!(playing.reaction().await.emoji, Emoji::new("💩"), "heard once");
    discord.react(message.id, bea, "👎");
    assert_eq!(playing.reaction().await.emoji, Emoji::new("👎"));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_connection_closed_without_a_reason_comes_back() {
    let discord = Discord::start().await;
    discord.set_heartbeat_ms(1500);
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    discord.close_sockets(None);
    let standing = playing.standing(message.id).await;
    assert_eq!(standing, Ok(Vec::new()), "the rest of the bot keeps working");
    loop {
        match playing.next().await {
            Heard::Connected(_) => break,
            Heard::Disconnected { for_good, .. } => assert!(!for_good),
            other => panic!("unexpected: {other:?}"),
        }
    }
    discord.react(message.id, discord.user("bea"), "👍");
    assert!(playing.reaction().await.added);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_wrong_token_is_said_with_what_to_do() {
    let discord = Discord::start().await;
    let mut playing = Playing::start(&discord, Settings::default(), "not.the.token");
    let Heard::Disconnected { why, for_good } = playing.next().await else { panic!("connected") };
    assert!(for_good && why.contains("reset it in the developer portal"), "{why}");
    assert!(!why.contains("not.the.token"));
    let refused = playing
        .bot
        .answer(&ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now()), post(7), false)
        .await;
    assert!(matches!(refused, Err(Error::Token(_))), "{refused:?}");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_token_that_becomes_wrong_ends_the_bot() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.change_token("another.token");
    discord.drop_sockets();
    loop {
        match playing.next().await {
            Heard::Disconnected { why, for_good: true } => {
                break assert!(why.contains("does not accept the bot's token"), "{why}");
            }
            Heard::Disconnected { .. } => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
    nothing_wrong(&discord);
}

#[tokio::test]
async fn leaving_is_polite() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    in_time(playing.bot.stop()).await;
    assert_eq!(discord.closed_with(), [Some(1000)]);
    let gone = playing.standing(1).await;
    assert_eq!(gone, Err(Error::Stopped));
    playing.bot.stop().await;
    nothing_wrong(&discord);
}

#[tokio::test]
async fn leaving_comes_to_an_end_when_discord_is_not_there() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    drop(discord);
    let Heard::Disconnected { for_good: false, .. } = playing.next().await else {
        panic!("still connected")
    };
    in_time(playing.bot.stop()).await;
}

#[tokio::test]
async fn why_the_bot_is_not_there_is_told_at_once_and_when_it_changes() {
    let discord = Discord::start().await;
    discord.cut_off("/gateway/bot", 1);
    discord.break_down("/gateway/bot", 1);
    discord.hide_gateway(true);
    let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
    let mut reasons = Vec::new();
    for _ in 0..3 {
        match playing.next().await {
            Heard::Disconnected { why, for_good: false } => reasons.push(why),
            other => panic!("unexpected: {other:?}"),
        }
    }
    assert!(reasons[0].contains("could not be reached to connect"), "{reasons:?}");
    assert!(reasons[1].contains("status 502"), "{reasons:?}");
    assert!(reasons[2].contains("gateway cannot be reached: 127.0.0.1"), "{reasons:?}");
    discord.hide_gateway(false);
    assert!(matches!(playing.next().await, Heard::Connected(_)), "it asked where the gateway is");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn that_no_session_may_begin_is_told_with_its_end() {
    let discord = Discord::start().await;
    discord.allow_sessions(0, 1_500);
    let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
    let Heard::Disconnected { why, for_good: false } = playing.next().await else {
        panic!("connected")
    };
    assert!(why.contains("no new session before 2") && why.contains('Z'), "{why}");
    assert_eq!(discord.n_resumed_and_identified(), (0, 0));
    discord.allow_sessions(1, 1_500);
    assert!(matches!(playing.next().await, Heard::Connected(_)));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn each_shard_has_a_session_of_its_own() {
    let discord = Discord::start().await;
    discord.set_shards(2);
    let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
    let Heard::Connected(connected) = playing.next().await else { panic!("not connected") };
    assert_eq!(connected.n_guilds, 1);
    assert_eq!(discord.n_resumed_and_identified(), (0, 2), "it is there when both shards are");
    let message = playing.track(&discord).await;
    let other = 1 - (GUILD >> 22) % 2;
    discord.invalidate_shard(other);
    discord.wait_for_connections(3).await;
    playing.new_session().await;
    discord.react(message.id, discord.user("bea"), "👍");
    assert!(playing.reaction().await.added, "the other shard's new session ends no other");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_refused_resumption_becomes_a_new_session() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    discord.forget_sessions();
    playing.new_session().await;
    discord.react(message.id, discord.user("bea"), "👍");
    assert!(playing.reaction().await.added);
    assert_eq!(discord.n_resumed_and_identified(), (0, 2));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn events_that_discord_does_not_allow_end_the_bot() {
    for code in [4013, 4014] {
        let discord = Discord::start().await;
        discord.refuse_session(code);
        let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
        let Heard::Disconnected { why, for_good: true } = playing.next().await else {
            panic!("it may come back")
        };
        assert!(why.contains("does not allow the events"), "{why}");
        nothing_wrong(&discord);
    }
}

#[tokio::test]
async fn what_is_gone_is_heard() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.delete_thread(77);
    assert!(matches!(playing.next().await, Heard::ChannelGone(ChannelId(77))));
    discord.delete_channel();
    assert!(matches!(playing.next().await, Heard::ChannelGone(ChannelId(CHANNEL))));
    discord.lose_guild_for_now();
    discord.remove_from_guild();
    let Heard::CommunityGone { community } = playing.next().await else { panic!("not heard") };
    assert_eq!(community, GUILD.to_string());
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_event_is_heard_also_where_fields_are_missing() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let (bea, message) = (discord.user("bea"), discord.write(discord.user("ada")));
    let place = |more: &Value| {
        let mut event = json!({
            "user_id": bea.to_string(),
            "channel_id": CHANNEL.to_string(),
            "message_id": message.to_string(),
            "emoji": { "name": "👍" },
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    };
    let robot = json!({ "member": { "user": { "bot": true } } });
    discord.tell("MESSAGE_REACTION_ADD", &place(&robot));
    for kind in ["ADD", "REMOVE"] {
        discord.tell(&format!("MESSAGE_REACTION_{kind}"), &place(&json!({ "member": null })));
        let reacted = playing.reaction().await;
        assert_eq!((reacted.listener, reacted.added), (ListenerId(bea), kind == "ADD"));
        assert_eq!((reacted.message, reacted.emoji), (MessageId(message), Emoji::new("👍")));
    }
    discord.tell("THREAD_DELETE", &json!({ "id": "77" }));
    assert!(matches!(playing.next().await, Heard::ChannelGone(ChannelId(77))));
    discord.tell("CHANNEL_DELETE", &json!({ "id": CHANNEL.to_string() }));
    assert!(matches!(playing.next().await, Heard::ChannelGone(ChannelId(CHANNEL))));
    nothing_wrong(&discord);
}
