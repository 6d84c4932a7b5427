//! Does the bot come, stay and leave as Discord wants it?

use bot::chat::{ChannelId, Chat, Error, Heard, ListenerId, ReplyTo};
use bot::discord::Settings;
use bot::reaction::Emoji;
use tests::discord::{CHANNEL, Discord};

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
    loop {
        match playing.next().await {
            Heard::Connected(connected) => break assert!(!connected.resumed),
            Heard::Disconnected { for_good, .. } => assert!(!for_good),
            other => panic!("unexpected: {other:?}"),
        }
    }
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
    let refused = playing.bot.answer(&ReplyTo::channel(ChannelId(CHANNEL)), post(7)).await;
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
