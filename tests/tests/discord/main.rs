//! Does the bot, with the real client library, get along with Discord?
//!
//! Each test has a Discord of its own on loopback, and fails on anything that Discord received and
//! should not have.

mod playing;

use std::time::{Duration, Instant, SystemTime};

use bot::chat::{ChannelId, Chat, Error, File, Heard, ListenerId, Marker, MessageId, ReplyTo};
use bot::command::Question;
use bot::discord::Settings;
use bot::reaction::Emoji;
use bot::wish::Wish;
use playing::{OFFERED, Playing, post};
use serde_json::json;
use tests::discord::{CHANNEL, Discord, GUILD, TOKEN};

fn nothing_wrong(discord: &Discord) {
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_commands_are_registered_where_the_settings_say() {
    let discord = Discord::start().await;
    let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
    let Heard::Connected(connected) = playing.next().await else { panic!("not connected") };
    assert_eq!((connected.bot_name.as_str(), connected.n_guilds), ("kickback", 1));
    assert!(connected.invite.contains("scope=bot+applications.commands"), "{}", connected.invite);
    let commands = discord.wait_for_commands(None).await;
    let names = |list: &serde_json::Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.filter_map(|named| named["name"].as_str()).map(str::to_owned).collect()
    };
    assert_eq!(names(&commands.clone().into()), ["generate", "model"]);
    let expected = ["genre", "artist", "seed", "bars", "tempo", "key", "instrument", "arrangement"];
    assert_eq!(names(&commands[0]["options"]), expected);
    assert_eq!(names(&commands[1]["options"]), ["genre"]);
    playing.bot.stop().await;

    let other = Discord::start().await;
    let settings = Settings { guilds: vec![GUILD], ..Settings::default() };
    let _playing = Playing::start(&other, settings, TOKEN);
    assert_eq!(other.wait_for_commands(Some(GUILD)).await.len(), 2);
    assert_eq!(other.wait_for_commands(None).await.len(), 0, "it would show twice");
    nothing_wrong(&discord);
    nothing_wrong(&other);
}

#[tokio::test]
async fn typing_completes_to_what_is_on_offer() {
    let discord = Discord::start().await;
    let _playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    assert_eq!(discord.complete("genre", "HARD", ada).await, ["Hardstyle", "euphoric hardstyle"]);
    assert_eq!(discord.complete("instrument", "saw_lead", ada).await, ["Lead 2 (sawtooth)"]);
    assert_eq!(discord.complete("instrument", "", ada).await.len(), 25, "no more fit");
    assert_eq!(discord.complete("arrangement", "", ada).await, ["full", "lead"]);
    assert_eq!(discord.complete("genre", "polka", ada).await, Vec::<String>::new());
    assert_eq!(discord.complete_in("model", "genre", "tr", ada).await, ["trance"]);
    assert_eq!(discord.complete("artist", "", ada).await, ["Ex", "x", "y"], "of all genres");
    assert_eq!(discord.complete_for("TRANCE", "artist", "", ada).await, ["x", "y"]);
    assert_eq!(discord.complete_for("hardstyle", "artist", "e", ada).await, ["Ex"]);
    assert_eq!(discord.complete_for("polka", "artist", "", ada).await, Vec::<String>::new());
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_request_becomes_one_message_with_three_files() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    let options = json!([
        { "name": "artist", "type": 3, "value": " eX " },
        { "name": "genre", "type": 3, "value": "hardstyle" },
        { "name": "seed", "type": 4, "value": 9_007_199_254_740_991_u64 },
        { "name": "bars", "type": 4, "value": 16 },
        { "name": "tempo", "type": 4, "value": 155 },
        { "name": "key", "type": 3, "value": "F# minor" },
        { "name": "instrument", "type": 3, "value": "saw_lead" },
        { "name": "arrangement", "type": 3, "value": "lead" },
    ]);
    let interaction = discord.generate_with(&options, ada);
    let request = playing.request().await;
    discord.wait_for_deferral(interaction).await;
    let wish = Wish {
        artist: Some("Ex".to_owned()),
        seed: Some(9_007_199_254_740_991),
        bars: "16".parse().ok(),
        tempo: "155".parse().ok(),
        key: "F# minor".parse().ok(),
        instrument: "Lead 2 (sawtooth)".parse().ok(),
        arrangement: "lead".parse().ok(),
        ..Wish::any("Hardstyle")
    };
    assert_eq!(request.question, Question::Generate(wish));
    let asked = (request.reply_to.channel, request.listener);
    assert_eq!(asked, (ChannelId(CHANNEL), ListenerId(ada)));

    let post = post(7);
    let posted = playing.bot.answer(&request.reply_to, post.clone()).await.expect("posted");
    let message = discord.wait_for_message().await;
    assert_eq!((posted.channel, posted.message), (ChannelId(CHANNEL), MessageId(message.id)));
    assert_eq!((message.answers, &message.content), (Some(interaction), &post.text));
    let sent: Vec<_> = message.files.iter().map(|f| (&f.name, &f.bytes)).collect();
    let meant: Vec<_> = post.files.iter().map(|f| (&f.name, &f.bytes)).collect();
    assert!(sent == meant, "the files arrive as they were");
    assert_eq!(message.files[0].description.as_deref(), Some("what a.mid is"));
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    assert_eq!(discord.n_requests("PATCH"), 1, "one edit of the deferred answer");
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 0, "no second message");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_question_about_a_model_is_answered_with_a_picture_and_without_reactions() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    let picture = || File {
        name: "model.png".to_owned(),
        description: "a curve".to_owned(),
        bytes: b"\x89PNG".to_vec(),
    };
    let interaction = discord.model("TRANCE", ada);
    let request = playing.question().await;
    discord.wait_for_deferral(interaction).await;
    assert_eq!(request.question, Question::Model("trance".to_owned()));
    let text = "x".repeat(3000);
    playing.bot.tell(&request.reply_to, text, vec![picture()]).await.expect("told");
    let message = discord.wait_for_message().await;
    assert_eq!((message.answers, message.content.chars().count()), (Some(interaction), 2000));
    assert_eq!(message.files[0].name, "model.png");
    assert_eq!(message.files[0].bytes, picture().bytes);
    assert_eq!(message.files[0].description.as_deref(), Some("a curve"));

    // One that comes late is a plain message; a genre that is not known is refused in private.
    discord.model("trance", ada);
    let request = playing.question().await;
    discord.expire_interactions();
    discord.lose_answers("POST /api/v10/channels", 1);
    playing.bot.tell(&request.reply_to, "late".to_owned(), vec![picture()]).await.expect("told");
    let late = discord.wait_for_message().await;
    assert_eq!((late.answers, late.content.as_str()), (None, "late"));
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 2, "the first answer was lost");

    // Another that comes late is another message, and none stands there twice.
    discord.model("trance", ada);
    let request = playing.question().await;
    discord.expire_interactions();
    playing
        .bot
        .tell(&request.reply_to, "late again".to_owned(), vec![picture()])
        .await
        .expect("told");
    assert_eq!(discord.wait_for_message().await.content, "late again");
    assert_eq!(discord.n_messages_of_bot(), 3);
    discord.model("polka", ada);
    let private = discord.wait_for_private(ada).await;
    assert!(private.content.contains("I don't know polka"), "{private:?}");
    assert_eq!(discord.n_requests("/reactions/"), 0, "what is no track is not reacted to");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn what_can_not_be_made_is_refused_in_private() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    discord.generate("polka", ada);
    let private = discord.wait_for_private(ada).await;
    assert!(private.content.contains("I don't know polka. I know Hardstyle"), "{private:?}");

    let options = json!([
        { "name": "genre", "type": 3, "value": "trance" },
        { "name": "instrument", "type": 3, "value": "@everyone" },
    ]);
    discord.generate_with(&options, ada);
    let private = discord.wait_for_private(ada).await;
    assert!(private.content.starts_with("I have no instrument @\u{200B}everyone"), "{private:?}");

    discord.generate("trance", ada);
    let request = playing.request().await;
    let text = bot::post::too_few_songs("trance", 3, 8);
    playing.bot.refuse(&request.reply_to, text.clone()).await.expect("refused");
    let private = discord.wait_for_private(ada).await;
    assert_eq!(private.content, text);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn reactions_are_heard_in_the_order_in_which_they_were_made() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    let bea = discord.user("bea");
    let before = SystemTime::now();
    for _ in 0..200 {
        discord.react(message.id, bea, "👍🏽");
        discord.unreact(message.id, bea, "👍🏽");
    }
    for n in 0..400 {
        let reacted = playing.reaction().await;
        assert_eq!(reacted.added, n % 2 == 0, "event {n}");
        assert_eq!((reacted.channel, reacted.message), (ChannelId(CHANNEL), MessageId(message.id)));
        assert_eq!((reacted.listener, reacted.emoji), (ListenerId(bea), Emoji::new("👍")));
        assert!(reacted.at >= before);
    }
    nothing_wrong(&discord);
}

#[tokio::test]
async fn bots_do_not_vote() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    let (bea, robot) = (discord.user("bea"), discord.other_bot("robot"));
    discord.react(message.id, robot, "🔥");
    discord.react(message.id, bea, "banger:5");
    let reacted = playing.reaction().await;
    let heard = (reacted.listener, reacted.emoji.as_str());
    assert_eq!(heard, (ListenerId(bea), "banger"), "neither the bot's own nor another's");
    let standing = playing.bot.reactions_of(reacted.channel, reacted.message).await;
    assert_eq!(standing, Ok(vec![(Emoji::new("banger"), ListenerId(bea))]));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn cleared_reactions_are_heard() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    discord.clear_reactions(message.id, Some("🔥"));
    let Heard::Cleared { message: from, emoji, .. } = playing.next().await else {
        panic!("not cleared")
    };
    assert_eq!((from, emoji), (MessageId(message.id), Some(Emoji::new("🔥"))));
    discord.clear_reactions(message.id, None);
    let Heard::Cleared { message: from, emoji, .. } = playing.next().await else {
        panic!("not cleared")
    };
    assert_eq!((from, emoji), (MessageId(message.id), None));
    nothing_wrong(&discord);
}

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
    let standing = playing.bot.reactions_of(ChannelId(CHANNEL), MessageId(message.id)).await;
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
    let standing = playing.bot.reactions_of(ChannelId(CHANNEL), MessageId(message.id)).await;
    assert_eq!(standing, Ok(Vec::new()), "the rest of the bot goes on");
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
async fn rate_limits_and_breakdowns_are_waited_out() {
    let discord = Discord::start().await;
    discord.break_down("/gateway/bot", 1);
    let mut playing = Playing::connected(&discord).await;
    discord.generate("trance", discord.user("ada"));
    let request = playing.request().await;
    discord.limit("PATCH", 2, 0.9);
    discord.break_down("/reactions/", 1);
    let start = Instant::now();
    playing.bot.answer(&request.reply_to, post(7)).await.expect("posted in the end");
    assert!(start.elapsed() >= Duration::from_millis(1800), "{:?}", start.elapsed());
    let message = discord.wait_for_message().await;
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    assert_eq!(discord.n_requests("PATCH"), 3);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_late_answer_becomes_a_message_in_the_channel_once() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.generate("trance", discord.user("ada"));
    let request = playing.request().await;
    discord.expire_interactions();
    let posted = playing.bot.answer(&request.reply_to, post(7)).await.expect("posted");
    let message = discord.wait_for_message().await;
    assert_eq!((posted.message, message.answers), (MessageId(message.id), None));
    assert_eq!(message.files.len(), 3);

    let again = ReplyTo::channel(request.reply_to.channel);
    let posted_again = playing.bot.answer(&again, post(7)).await.expect("posted");
    assert_eq!(posted_again, posted, "the same track is the same message");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_post_is_found_again_by_its_marker() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let since = SystemTime::now();
    let bea = discord.user("bea");
    for _ in 0..130 {
        discord.write(bea);
    }
    let message = playing.track(&discord).await;
    let channel = ChannelId(CHANNEL);
    let found = playing.bot.find_post(channel, &Marker::of_track(7), since).await;
    assert_eq!(found, Ok(Some(MessageId(message.id))), "on the second page");
    let found = playing.bot.find_post(channel, &Marker::of_track(8), since).await;
    assert_eq!(found, Ok(None));
    discord.delete_message(message.id);
    let found = playing.bot.find_post(channel, &Marker::of_track(7), since).await;
    assert_eq!(found, Ok(None));
    let gone = playing.bot.reactions_of(channel, MessageId(message.id)).await;
    assert_eq!(gone, Err(Error::Gone));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_file_that_is_too_large_does_not_stop_the_others() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.generate("trance", discord.user("ada"));
    let request = playing.request().await;
    let mut large = post(7);
    large.files[1].bytes = vec![0; (10 << 20) + 1];
    playing.bot.answer(&request.reply_to, large).await.expect("posted");
    let message = discord.wait_for_message().await;
    let names: Vec<&str> = message.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.mid", "a.png"]);
    assert!(message.content.contains("a.ogg is left out"), "{}", message.content);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn leaving_is_quick_and_polite() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let start = Instant::now();
    playing.bot.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(discord.closed_with(), [Some(1000)]);
    let gone = playing.bot.reactions_of(ChannelId(CHANNEL), MessageId(1)).await;
    assert_eq!(gone, Err(Error::Stopped));
    playing.bot.stop().await;
    nothing_wrong(&discord);
}

#[tokio::test]
async fn leaving_is_quick_when_discord_is_not_there() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    drop(discord);
    let Heard::Disconnected { for_good: false, .. } = playing.next().await else {
        panic!("still connected")
    };
    let start = Instant::now();
    playing.bot.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
