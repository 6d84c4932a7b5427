//! Are reactions heard as they were made?

use std::time::SystemTime;

use bot::chat::{ChannelId, Chat, Heard, ListenerId, MessageId};
use bot::reaction::Emoji;
use tests::discord::{CHANNEL, Discord};

use crate::playing::{Playing, nothing_wrong};

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
    let standing = playing.bot.reactions_of(reacted.channel, reacted.message).await;
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
    let standing = playing.bot.reactions_of(ChannelId(CHANNEL), MessageId(message.id)).await;
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
