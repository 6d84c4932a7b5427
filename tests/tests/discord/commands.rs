//! Are slash commands offered, completed and answered?

use bot::chat::{ChannelId, Chat, File, Heard, ListenerId, MessageId};
use bot::command::{ModelQuestion, Question};
use bot::discord::Settings;
use bot::wish::Wish;
use serde_json::json;
use tests::discord::{CHANNEL, Discord, GUILD, TOKEN};

use crate::playing::{OFFERED, Playing, nothing_wrong, post};

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
    assert_eq!(
        names(&commands.clone().into()),
        ["generate", "model", "help", "privacy", "forget-me"]
    );
    let expected = [
        "genre",
        "artist",
        "seed",
        "bars",
        "tempo",
        "key",
        "density",
        "register",
        "polyphony",
        "instrument",
        "arrangement",
    ];
    assert_eq!(names(&commands[0]["options"]), expected);
    assert_eq!(names(&commands[1]["options"]), ["genre"]);
    playing.bot.stop().await;

    let other = Discord::start().await;
    let settings = Settings { guilds: vec![GUILD], ..Settings::default() };
    let _playing = Playing::start(&other, settings, TOKEN);
    assert_eq!(other.wait_for_commands(Some(GUILD)).await.len(), 5);
    other.wait_for_requests("GET /api/v10/applications", 2).await;
    assert_eq!(other.n_requests("PUT"), 1, "everywhere they would show twice");
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
    let invocation = playing.invocation().await;
    discord.wait_for_deferral(interaction).await;
    let wish = Wish {
        artist: Some("Ex".to_owned()),
        seed: Some(9_007_199_254_740_991),
        bars: "16".parse().ok(),
        tempo: "155".parse().ok(),
        key: "F# minor".parse().ok(),
        instrument: "Lead 2 (sawtooth)".parse().ok(),
        arrangement: "lead".parse().ok(),
        community: Some(GUILD.to_string()),
        ..Wish::any("Hardstyle")
    };
    assert_eq!(invocation.question, Question::Generate(wish));
    let asked = (invocation.reply_to.channel, invocation.listener);
    assert_eq!(asked, (ChannelId(CHANNEL), ListenerId(ada)));

    let post = post(7);
    let posted =
        playing.bot.answer(&invocation.reply_to, post.clone(), false).await.expect("posted").posted;
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
    let invocation = playing.question().await;
    discord.wait_for_deferral(interaction).await;
    let here = ModelQuestion { genre: "trance".to_owned(), community: Some(GUILD.to_string()) };
    assert_eq!(invocation.question, Question::Model(here));
    let text = "x".repeat(3000);
    playing.bot.tell(&invocation.reply_to, text, vec![picture()]).await.expect("told");
    let message = discord.wait_for_message().await;
    assert_eq!((message.answers, message.content.chars().count()), (Some(interaction), 2000));
    assert_eq!(message.files[0].name, "model.png");
    assert_eq!(message.files[0].bytes, picture().bytes);
    assert_eq!(message.files[0].description.as_deref(), Some("a curve"));

    // One that comes late is a plain message; a genre that is not known is refused in private.
    discord.model("trance", ada);
    let invocation = playing.question().await;
    discord.expire_interactions();
    discord.lose_answers("POST /api/v10/channels", 1);
    playing.bot.tell(&invocation.reply_to, "late".to_owned(), vec![picture()]).await.expect("told");
    let late = discord.wait_for_message().await;
    assert_eq!((late.answers, late.content.as_str()), (None, "late"));
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 2, "the first answer was lost");

    // Another that comes late is another message, and none stands there twice.
    discord.model("trance", ada);
    let invocation = playing.question().await;
    discord.expire_interactions();
    playing
        .bot
        .tell(&invocation.reply_to, "late again".to_owned(), vec![picture()])
        .await
        .expect("told");
    assert_eq!(discord.wait_for_message().await.content, "late again");
    assert_eq!(discord.n_messages_of_bot(), 3);
    discord.model("polka", ada);
    let private = discord.wait_for_private(ada).await;
    assert!(private.content.contains("I don't know polka"), "{private:?}");
    assert_eq!(discord.n_requests("/reactions/"), 0, "what is not a track gets no reactions");
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
    let invocation = playing.invocation().await;
    let text = bot::post::too_few_songs("trance", 3, 8);
    playing.bot.refuse(&invocation.reply_to, text.clone()).await.expect("refused");
    let private = discord.wait_for_private(ada).await;
    assert_eq!(private.content, text);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn commands_that_are_registered_already_are_left_alone() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    assert_eq!(discord.n_requests("PUT /api/v10/applications"), 1);
    playing.bot.stop().await;
    discord.let_pause_pass();
    let _again = Playing::start(&discord, Settings::default(), TOKEN);
    // Everywhere, and in the guild, where there might be some of before.
    discord.wait_for_requests("GET /api/v10/applications", 4).await;
    assert_eq!(discord.n_requests("PUT /api/v10/applications"), 1);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn commands_go_where_they_are_configured_and_go_away_elsewhere() {
    let discord = Discord::start().await;
    let old = json!({ "name": "old", "description": "of before" });
    discord.leave_commands(None, vec![old.clone()]);
    let settings = Settings { guilds: vec![7, GUILD], ..Settings::default() };
    // The bot is not in the other guild (any more).
    discord.refuse("/guilds/7/commands", 1, 403, 50001);
    let playing = Playing::start(&discord, settings, TOKEN);
    discord.wait_for_registered(Some(7), 5).await;
    discord.wait_for_registered(Some(GUILD), 5).await;
    discord.wait_for_registered(None, 0).await;
    playing.bot.stop().await;

    discord.let_pause_pass();
    let _moved = Playing::start(&discord, Settings::default(), TOKEN);
    discord.wait_for_registered(None, 5).await;
    discord.wait_for_registered(Some(GUILD), 0).await;
    nothing_wrong(&discord);
}
