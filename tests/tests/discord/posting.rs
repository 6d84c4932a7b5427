//! Is a track posted once, whatever goes wrong?

use std::future::Future;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use bot::chat::{ChannelId, Chat, Error, ListenerId, MessageId, Post, ReplyTo};
use tests::discord::{CHANNEL, Discord};

use crate::playing::{OFFERED, Playing, nothing_wrong, post};

#[tokio::test]
async fn rate_limits_and_breakdowns_are_waited_out() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    discord.generate("trance", discord.user("ada"));
    let invocation = playing.invocation().await;
    discord.limit("PATCH", 2, 0.9);
    discord.break_down("/reactions/", 1);
    let start = Instant::now();
    playing.bot.answer(&invocation.reply_to, post(7), false).await.expect("posted in the end");
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
    let placed = playing.bot.answer(&invocation.reply_to, post(7), false).await.expect("posted");
    let posted = placed.posted;
    let message = discord.wait_for_message().await;
    assert_eq!((posted.message, message.answers), (MessageId(message.id), None));
    assert_eq!(message.files.len(), 3);

    let again = ReplyTo::channel(invocation.reply_to.channel, SystemTime::now());
    let placed = playing.bot.answer(&again, post(7), false).await.expect("posted");
    assert_eq!(placed.posted, posted, "the same track is the same message");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_post_that_may_be_there_is_looked_for_from_before_its_question_on() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let bea = discord.user("bea");
    // Its message is as old as its question, and 130 others stand above it by now.
    discord.generate("trance", discord.user("ada"));
    let invocation = playing.invocation().await;
    playing.bot.answer(&invocation.reply_to, post(7), false).await.expect("posted");
    let message = discord.wait_for_message().await;
    for _ in 0..130 {
        discord.write(bea);
    }
    discord.expire_interactions();
    let placed = playing.bot.answer(&invocation.reply_to, post(7), true).await.expect("there");
    assert!(placed.was_there && placed.posted.message == MessageId(message.id), "{placed:?}");
    assert_eq!(discord.n_messages_of_bot(), 1);

    let other = playing.bot.answer(&invocation.reply_to, post(8), true).await.expect("posted");
    assert!(other.posted.message != MessageId(message.id) && discord.n_messages_of_bot() == 2);
    discord.delete_message(message.id);
    let there = playing.bot.is_there(ChannelId(CHANNEL), MessageId(message.id)).await;
    assert_eq!(there, Ok(false));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_answer_whose_question_a_moderator_removed_becomes_a_message() {
    let discord = Discord::start().await;
    let mut playing = Playing::connected(&discord).await;
    let ada = discord.user("ada");
    discord.generate("trance", ada);
    let invocation = playing.invocation().await;
    discord.delete_answers();
    let text = format!("<@{ada}>\n{}", post(7).text);
    let called = Post { text, listener: Some(ListenerId(ada)), ..post(7) };
    playing.bot.answer(&invocation.reply_to, called, false).await.expect("posted");
    let message = discord.wait_for_message().await;
    assert_eq!((message.answers, message.files.len()), (None, 3));
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
    playing.bot.answer(&invocation.reply_to, large, false).await.expect("posted");
    let message = discord.wait_for_message().await;
    let names: Vec<&str> = message.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.mid", "a.png"]);
    assert!(message.content.contains("a.ogg is left out"), "{}", message.content);
    nothing_wrong(&discord);
}

#[tokio::test]
async fn posts_keep_within_the_limits_that_discord_tells() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    discord.count("POST /api/v10/channels", 2, 0.5);
    discord.count("PUT /api/v10/channels", 1, 0.1);
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    let posts = (1..=6).map(|track| playing.bot.answer(&channel, post(track), false));
    let start = Instant::now();
    for posted in all(posts).await {
        posted.expect("posted");
    }
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    for _ in 0..6 {
        let message = discord.wait_for_message().await;
        discord.wait_for_own_reactions(message.id, &OFFERED).await;
    }
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 6);
    assert_eq!(discord.n_limited(), 0, "nothing had to be refused");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_rate_limit_is_no_failed_try_however_often_it_comes() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    discord.limit("POST /api/v10/channels", 7, 0.1);
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    playing.bot.answer(&channel, post(7), false).await.expect("posted in the end");
    assert_eq!((discord.n_requests("POST /api/v10/channels"), discord.n_limited()), (8, 7));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_global_rate_limit_holds_back_every_call() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let message = MessageId(discord.write(discord.user("ada")));
    discord.limit_all("POST /api/v10/channels", 0.5);
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    let posting = playing.bot.answer(&channel, post(7), false);
    let reading = async {
        discord.wait_for_requests("POST /api/v10/channels", 1).await;
        while discord.n_limited() == 0 {
            tokio::task::yield_now().await;
        }
        // The answer is on its way.
        tokio::time::sleep(Duration::from_millis(100)).await;
        playing.bot.is_there(ChannelId(CHANNEL), message).await
    };
    let (posted, read) = tokio::join!(posting, reading);
    posted.expect("posted");
    assert_eq!(read, Ok(true));
    nothing_wrong(&discord);
}

#[tokio::test]
async fn what_is_missing_is_said_where_discord_forbids_something() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    let words = [
        (403, 50001, "the permission View Channel"),
        (403, 50013, "the permission Send Messages"),
        (403, 160_002, "the permission Read Message History"),
        (400, 50083, "the permission Manage Threads"),
    ];
    for (status, code, expected) in words {
        discord.refuse("POST /api/v10/channels", 1, status, code);
        let refused = playing.bot.answer(&channel, post(7), false).await.expect_err("refused");
        let said = refused.to_string();
        assert!(said.contains(expected) && !said.contains("blocked"), "{code}: {said}");
    }
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_told_from_a_refusal() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    discord.garble_answers("POST /api/v10/channels", 1);
    let answered = playing.bot.answer(&channel, post(7), false).await;
    assert!(matches!(answered, Err(Error::Unreadable { .. })), "{answered:?}");
    assert_eq!(discord.n_messages_of_bot(), 1, "it is there");
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 1, "and not sent again");
    nothing_wrong(&discord);
}

#[tokio::test]
async fn a_post_whose_connection_breaks_is_made_once() {
    let discord = Discord::start().await;
    let playing = Playing::connected(&discord).await;
    let channel = ReplyTo::channel(ChannelId(CHANNEL), SystemTime::now());
    discord.cut_off("POST /api/v10/channels", 1);
    discord.cut_off_answers("POST /api/v10/channels", 1);
    discord.delay("POST /api/v10/channels", 3, Duration::from_millis(50));
    let posted = playing.bot.answer(&channel, post(7), false).await.expect("posted");
    let message = discord.wait_for_message().await;
    assert_eq!(posted.posted.message, MessageId(message.id));
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 3);
    assert_eq!(discord.n_messages_of_bot(), 1);
    nothing_wrong(&discord);
}

/// What comes of all of them, made at the same time.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut outcomes = Vec::new();
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(outcome) => {
                outcomes.push(outcome);
                false
            }
            Poll::Pending => true,
        });
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes
}
