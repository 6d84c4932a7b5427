//! Are reactions heard as they were made?

use std::time::SystemTime;

use bot::chat::{Below, ChannelId, Chat, Error, Heard, ListenerId, MessageId, ReplyTo};
use bot::discord::Settings;
use bot::reaction::Emoji;
use tests::discord::{CHANNEL, Discord, TOKEN};

use crate::playing::{Playing, in_time, nothing_wrong, post};

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
        assert_eq!((reacted.listener, reacted.emoji), (ListenerId(bea), Emoji::new("👍🏽")));
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
    assert_eq!(heard, (ListenerId(bea), "banger:5"), "neither the bot's own nor another's");
    let standing = playing.standing(message.id).await;
    assert_eq!(standing, Ok(vec![(Emoji::new("banger:5"), ListenerId(bea))]));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn every_form_of_an_emoji_is_heard_and_found_as_it_was_put() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let message = playing.track(&discord).await;
    let bea = discord.user("bea");
    let forms = ["👍", "👍🏿", "👍🏿 burst", "❤️", "banger:5", ":6"];
    for form in forms {
        discord.react(message.id, bea, form);
        assert_eq!(playing.reaction().await.emoji.as_str(), form);
    }
    let standing = playing.standing(message.id).await;
    let mut standing: Vec<String> = standing
        .expect("read")
        .into_iter()
        .map(|(emoji, listener)| {
            assert_eq!(listener, ListenerId(bea));
            emoji.to_string()
        })
        .collect();
    standing.sort();
    let mut expected = forms.map(str::to_owned);
    expected.sort();
    assert_eq!(standing, expected);
    discord.unreact(message.id, bea, ":6");
    let back = playing.reaction().await;
    assert_eq!((back.added, back.emoji.as_str()), (false, ":6"));
    discord.clear_reactions(message.id, Some("banger:5"));
    let Heard::Cleared { emoji, .. } = playing.next().await else { panic!("not cleared") };
    assert_eq!(emoji.as_ref().map(Emoji::as_str), Some("banger:5"));
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
async fn a_channel_is_read_back_in_pages_whatever_else_is_written_there() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let (ada, robot) = (discord.user("ada"), discord.other_bot("robot"));
    let messages: Vec<u64> = (0..250).map(|_| discord.write(ada)).collect();
    for (n, user) in [(3, ada), (249, ada), (249, robot)] {
        discord.react_unheard(messages[n], user, "🔥");
    }
    discord.delete_message(messages[7]);
    let (mut newest, mut found, mut n_pages) = (MessageId(messages[249]), Vec::new(), 0);
    loop {
        let page = playing.bot.below(ChannelId(CHANNEL), newest).await.expect("read");
        assert!(page.is_sorted_by(|one, next| one.message > next.message));
        let (n, last) = (page.len(), page.last().map(|below| below.message.0));
        found.extend(page);
        n_pages += 1;
        if n < Below::PAGE {
            break;
        }
        newest = MessageId(last.expect("a full page") - 1);
    }
    assert_eq!((n_pages, found.len(), found[0].message.0), (3, 249, messages[249]));
    // Other bots are counted, as Discord does not tell them apart, but they are not among the people.
    let counts: Vec<_> = found.iter().flat_map(|below| &below.counts).collect();
    assert_eq!(counts, [&(Emoji::new("🔥"), 2), &(Emoji::new("🔥"), 1)]);
    assert_eq!(
        playing.standing(messages[249]).await,
        Ok(vec![(Emoji::new("🔥"), ListenerId(ada))])
    );
    let there = |n: usize| playing.bot.is_there(ChannelId(CHANNEL), MessageId(messages[n]));
    assert_eq!((there(6).await, there(7).await), (Ok(true), Ok(false)));
    assert_eq!(playing.bot.below(ChannelId(1), newest).await, Err(Error::Gone));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn hundreds_of_people_are_named_and_a_chat_that_repeats_itself_is_not_asked_for_ever() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let message = discord.write(discord.user("ada"));
    let mut people: Vec<u64> = (0..250).map(|n| discord.user(&format!("u{n}"))).collect();
    for user in &people {
        discord.react_unheard(message, *user, "👍🏽");
    }
    people.sort_unstable();
    let (channel, of, hand) = (ChannelId(CHANNEL), MessageId(message), Emoji::new("👍🏽"));
    let named = playing.bot.people(channel, of, &hand).await.expect("named");
    assert_eq!(named.iter().map(|listener| listener.0).collect::<Vec<_>>(), people);
    discord.ignore_after();
    let before = discord.n_requests("GET ");
    let named = in_time(playing.bot.people(channel, of, &hand)).await;
    assert!(matches!(named, Err(Error::Unreadable { .. })), "{named:?}");
    assert_eq!(discord.n_requests("GET ") - before, 2);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_history_that_may_not_be_read_is_told_with_the_permission() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let message = discord.write(discord.user("ada"));
    discord.refuse("GET /api/v10/channels", 1, 403, 50013);
    let there = playing.bot.is_there(ChannelId(CHANNEL), MessageId(message)).await;
    let error = there.expect_err("refused").to_string();
    assert!(error.contains("the permission Read Message History"), "{error}");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_emoji_that_cannot_be_offered_keeps_no_other_from_being_offered() {
    let discord = Discord::start().await;
    let offered = ["🔥", "gone:4", "banger:5"];
    let mut playing = Playing::offering(&discord, Settings::default(), TOKEN, &offered);
    discord.wait_for_commands(None).await;
    assert!(matches!(playing.next().await, Heard::Connected(_)));
    discord.refuse("reactions/gone", 1, 400, 10014);
    let to = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    let posted = playing.bot.answer(&to, post(7), false).await;
    let message = posted.expect("posted").posted.message;
    discord.wait_for_own_reactions(message.0, &["🔥", "banger:5"]).await;
    // The bot's own do not count.
    let page = playing.bot.below(ChannelId(CHANNEL), message).await.expect("read");
    assert_eq!(page, [Below { message, counts: Vec::new() }]);
    nothing_wrong(&discord);
}
