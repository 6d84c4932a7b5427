//! Is a track posted once, whatever goes wrong?

use std::time::{Duration, Instant, SystemTime};

use bot::chat::{ChannelId, Chat, Error, Marker, MessageId, ReplyTo};
use tests::discord::{CHANNEL, Discord};

use crate::playing::{OFFERED, Playing, nothing_wrong, post};

#[tokio::test]
async fn rate_limits_and_breakdowns_are_waited_out() {
    let discord = Discord::start().await;
    discord.break_down("/gateway/bot", 1);
    let mut playing = Playing::connected(&discord).await;
    discord.generate("trance", discord.user("ada"));
    let invocation = playing.invocation().await;
    discord.limit("PATCH", 2, 0.9);
    discord.break_down("/reactions/", 1);
    let start = Instant::now();
    playing.bot.answer(&invocation.reply_to, post(7)).await.expect("posted in the end");
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
    let invocation = playing.invocation().await;
    discord.expire_interactions();
    let posted = playing.bot.answer(&invocation.reply_to, post(7)).await.expect("posted");
    let message = discord.wait_for_message().await;
    assert_eq!((posted.message, message.answers), (MessageId(message.id), None));
    assert_eq!(message.files.len(), 3);

    let again = ReplyTo::channel(invocation.reply_to.channel);
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
    let invocation = playing.invocation().await;
    let mut large = post(7);
    large.files[1].bytes = vec![0; (10 << 20) + 1];
    playing.bot.answer(&invocation.reply_to, large).await.expect("posted");
    let message = discord.wait_for_message().await;
    let names: Vec<&str> = message.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.mid", "a.png"]);
    assert!(message.content.contains("a.ogg is left out"), "{}", message.content);
    nothing_wrong(&discord);
}
