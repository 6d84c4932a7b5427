//! How is a bot started against a Discord, and how is it listened to?

use std::future::Future;
use std::time::Duration;

use bot::chat::{
    Acknowledged, Asked, ChannelId, Chat, Error, File, Heard, Invocation, ListenerId, Marker,
    MessageId, Post, Reacted, Reception,
};
use bot::command::{Offer, Question};
use bot::discord::{Discord as Bot, Settings, Token};
use bot::reaction::Emoji;
use tests::discord::{CHANNEL, Discord, TOKEN};
use tokio::sync::{mpsc, watch};

/// Only so that a test that waits in vain comes to an end.
const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const OFFERED: [&str; 2] = ["🔥", "👎"];

/// A bot under test and what it hears.
pub(crate) struct Playing {
    pub(crate) bot: Bot,
    heard: mpsc::UnboundedReceiver<Heard>,
    _offer: watch::Sender<Offer>,
}

impl Playing {
    pub(crate) fn start(discord: &Discord, settings: Settings, token: &str) -> Self {
        Self::offering(discord, settings, token, &OFFERED)
    }

    /// A bot that offers other reactions.
    pub(crate) fn offering(
        discord: &Discord,
        settings: Settings,
        token: &str,
        offered: &[&str],
    ) -> Self {
        let settings = Settings { api_url: discord.url(), ..settings };
        assert_eq!(settings.check(), Ok(()));
        let names =
            |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
        let offer = Offer {
            genres: names(&["Hardstyle", "euphoric hardstyle", "trance"]),
            artists: [("Hardstyle", &["x", "Ex"][..]), ("trance", &["x", "y"])]
                .map(|(genre, artists)| (genre.to_owned(), names(artists)))
                .into(),
        };
        let (sender, offer) = watch::channel(offer);
        let (hear, heard) = mpsc::unbounded_channel();
        let token = Token::new(token).expect("a token");
        let offered = names(offered);
        let bot = Bot::start(&settings, &token, &offered, offer, move |event| {
            let _ = hear.send(event);
        });
        Self { bot: bot.expect("threads"), heard, _offer: sender }
    }

    /// A bot that is connected and has registered its command.
    pub(crate) async fn connected(discord: &Discord) -> Self {
        let mut playing = Self::start(discord, Settings::default(), TOKEN);
        discord.wait_for_commands(None).await;
        assert!(matches!(playing.next().await, Heard::Connected(_)));
        playing
    }

    pub(crate) async fn next(&mut self) -> Heard {
        in_time(self.heard.recv()).await.expect("the bot is there")
    }

    pub(crate) async fn invocation(&mut self) -> Invocation {
        let invocation = self.noted().await;
        assert!(matches!(invocation.question, Question::Generate(_)), "{invocation:?}");
        invocation
    }

    pub(crate) async fn question(&mut self) -> Invocation {
        let invocation = self.noted().await;
        assert!(matches!(invocation.question, Question::Model(_)), "{invocation:?}");
        invocation
    }

    /// A question, which is noted and acknowledged.
    async fn noted(&mut self) -> Invocation {
        let asked = self.asked().await;
        asked.reception.send(Reception::Noted).expect("somebody waits");
        let id = asked.invocation.reply_to.question_id().expect("a question");
        let Heard::Acknowledged(of, how) = self.next().await else { panic!("not acknowledged") };
        assert_eq!((of, how), (id, Acknowledged::Yes));
        *asked.invocation
    }

    /// Waits until the bot is there with a new session.
    pub(crate) async fn new_session(&mut self) {
        loop {
            match self.next().await {
                Heard::Connected(connected) => break assert!(!connected.resumed),
                Heard::Disconnected { for_good, .. } => assert!(!for_good),
                other => panic!("unexpected: {other:?}"),
            }
        }
    }

    /// A question that is not noted yet.
    pub(crate) async fn asked(&mut self) -> Asked {
        match self.next().await {
            Heard::Asked(asked) => asked,
            other => panic!("no question: {other:?}"),
        }
    }

    pub(crate) async fn reaction(&mut self) -> Reacted {
        match self.next().await {
            Heard::Reacted(reacted) => reacted,
            other => panic!("no reaction: {other:?}"),
        }
    }

    /// Who stands below a message of the channel with what, as the bot finds it; the bot's own emoji are
    /// left out.
    pub(crate) async fn standing(&self, message: u64) -> Result<Vec<(Emoji, ListenerId)>, Error> {
        let (channel, message) = (ChannelId(CHANNEL), MessageId(message));
        let page = self.bot.below(channel, message).await?;
        let below = page.first().filter(|below| below.message == message).ok_or(Error::Gone)?;
        let mut standing = Vec::new();
        for (emoji, _) in &below.counts {
            let people = self.bot.people(channel, message, emoji).await?;
            standing.extend(people.into_iter().map(|listener| (emoji.clone(), listener)));
        }
        Ok(standing)
    }

    /// A finished track that somebody asked for.
    pub(crate) async fn track(&mut self, discord: &Discord) -> tests::discord::Message {
        discord.generate("hardstyle", discord.user("ada"));
        let invocation = self.invocation().await;
        self.bot.answer(&invocation.reply_to, post(7), false).await.expect("posted");
        let message = discord.wait_for_message().await;
        discord.wait_for_own_reactions(message.id, &OFFERED).await;
        message
    }
}

/// What comes of `future`.
///
/// # Panics
/// When nothing does.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it comes to an end")
}

pub(crate) fn nothing_wrong(discord: &Discord) {
    assert_eq!(discord.violations(), Vec::<String>::new());
}

pub(crate) fn post(track: u64) -> Post {
    let marker = Marker::of_track(track);
    let file = |name: &str, n_bytes: usize| File {
        name: name.to_owned(),
        description: format!("what {name} is"),
        bytes: (0..n_bytes).map(|n| (n % 251) as u8).collect(),
    };
    let text = format!("**Neon Dawn**\n-# {}", marker.as_str());
    let files = vec![file("a.mid", 3_000), file("a.ogg", 1_500_000), file("a.png", 90_000)];
    Post { text, files, marker, listener: None }
}
