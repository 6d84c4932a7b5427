//! Does the bot get along with a Discord that leaves out what it may?

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bot::chat::{Chat, Heard, ListenerId};
use bot::discord::Settings;
use bot::reaction::Emoji;
use serde_json::json;
use tests::discord::{Discord, TOKEN};
use tracing_subscriber::filter::LevelFilter;

use crate::playing::{Playing, in_time, nothing_wrong};

#[tokio::test]
async fn a_wish_and_its_votes_are_heard_from_events_without_optional_fields() {
    let discord = Discord::start().await;
    discord.be_sloppy();
    let mut playing = Playing::start(&discord, Settings::default(), TOKEN);
    discord.wait_for_commands(None).await;
    let Heard::Connected(connected) = playing.next().await else { panic!("not connected") };
    assert_eq!((connected.bot_name.as_str(), connected.n_guilds), ("kickback", 1));
    let message = playing.track(&discord).await;
    let (bea, robot) = (discord.user("bea"), discord.other_bot("robot"));
    discord.react(message.id, robot, "🔥");
    discord.react(message.id, bea, "👍");
    let reacted = playing.reaction().await;
    assert_eq!((reacted.listener, reacted.emoji), (ListenerId(bea), Emoji::new("👍")));
    discord.unreact(message.id, bea, "👍");
    assert!(!playing.reaction().await.added);
    assert_eq!(discord.complete("genre", "HARD", bea).await.len(), 2);
    playing.bot.stop().await;
    nothing_wrong(&discord);
}

#[tokio::test]
async fn an_event_that_makes_no_sense_is_reported() {
    let log = Log::open();
    let discord = Discord::start().await;
    let _playing = Playing::connected(&discord).await;
    discord.tell("GUILD_ROLE_DELETE", &json!({ "nothing": "known" }));
    let reported = async {
        while !log.has("could not be read and were missed", "1 GUILD_ROLE_DELETE") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time(reported).await;
    nothing_wrong(&discord);
}

/// What is logged by all tests of this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn open() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let to = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false);
        to.with_max_level(LevelFilter::WARN).init();
        log
    }

    /// Whether a line holds both.
    fn has(&self, one: &str, other: &str) -> bool {
        let bytes = self.0.lock().expect("no writer panics");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.lines().any(|line| line.contains(one) && line.contains(other))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
