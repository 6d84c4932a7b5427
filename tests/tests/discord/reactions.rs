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
