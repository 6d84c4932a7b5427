//! How does the bot take part in Discord?
//!
//! The only place that knows serenity. The bot has a thread pool of its own, so that nothing the
//! daemon does delays a heartbeat or the 3 seconds in which Discord wants an answer; the daemon
//! sees a [`Chat`]. What a track or a vote is, is not known here.

mod command;
mod connection;
mod ears;
mod register;
mod rest;
mod settings;
mod talk;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serenity::builder::CreateAllowedMentions;
use serenity::gateway::ShardManager;
use serenity::model::id::UserId;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OnceCell, watch};

pub use self::settings::{NoToken, Settings, Token};
use crate::chat::{
    Answered, ChannelId, Chat, Error, File, Heard, ListenerId, Marker, MessageId, Offer, Post,
    Posted, Reacted, Request,
};
use crate::reaction::Emoji;
use rest::Rest;

/// How long leaving may take before the connection is simply dropped.
const LEAVE_WITHIN: Duration = Duration::from_millis(1500);

/// The bot in Discord.
pub struct Discord {
    shared: Arc<Shared>,
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
}

impl Discord {
    /// Starts the bot and returns at once; how it goes is told through `hear`.
    ///
    /// `offered` are the emoji put below each post. `offer` may change at any time. `hear` is
    /// called from the bot's threads, in order, and must not block.
    ///
    /// # Errors
    /// If the operating system gives no threads.
    pub fn start(
        settings: &Settings,
        token: &Token,
        offered: &[String],
        offer: watch::Receiver<Offer>,
        hear: impl Fn(Heard) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        // Two threads: serenity 0.12.5 spins on one of them, until its next heartbeat, when the
        // gateway closes a connection without saying why.
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("discord")
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared {
            settings: settings.clone(),
            offered: offered.to_vec(),
            offer,
            rest: Rest::new(settings, token),
            me: OnceCell::new(),
            session: AtomicU64::new(0),
            connected: AtomicBool::new(false),
            registered: AtomicBool::new(false),
            manager: Mutex::new(None),
            hear: Box::new(hear),
        });
        runtime.spawn(connection::keep(Arc::clone(&shared), token.clone()));
        let handle = runtime.handle().clone();
        Ok(Self { shared, handle, runtime: Mutex::new(Some(runtime)) })
    }

    /// Runs `work` on the bot's own threads, where its connections live.
    async fn there<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.handle.spawn(work).await.unwrap_or(Err(Error::Stopped))
    }
}

impl Chat for Discord {
    fn answer<'a>(&'a self, request: &'a Request, post: Post) -> Answered<'a, Posted> {
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        Box::pin(self.there(async move { talk::answer(&shared, &request, post).await }))
    }

    fn tell<'a>(
        &'a self,
        request: &'a Request,
        text: String,
        files: Vec<File>,
    ) -> Answered<'a, ()> {
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        Box::pin(self.there(async move { talk::tell(&shared, &request, text, files).await }))
    }

    fn refuse<'a>(&'a self, request: &'a Request, text: String) -> Answered<'a, ()> {
        let (shared, request) = (Arc::clone(&self.shared), request.clone());
        Box::pin(self.there(async move { talk::refuse(&shared, &request, &text).await }))
    }

    fn find_post<'a>(
        &'a self,
        channel: ChannelId,
        marker: &'a Marker,
        since: SystemTime,
    ) -> Answered<'a, Option<MessageId>> {
        let (shared, marker) = (Arc::clone(&self.shared), marker.clone());
        Box::pin(self.there(async move { talk::find_post(&shared, channel, &marker, since).await }))
    }

    fn reactions_of(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) -> Answered<'_, Vec<(Emoji, ListenerId)>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(self.there(async move { talk::reactions_of(&shared, channel, message).await }))
    }

    fn stop(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let runtime = lock(&self.runtime).take();
            let Some(runtime) = runtime else { return };
            let manager = self.shared.manager().take();
            if let Some(manager) = manager {
                let leaving = runtime.spawn(async move { manager.shutdown_all().await });
                let _ = tokio::time::timeout(LEAVE_WITHIN, leaving).await;
            }
            runtime.shutdown_background();
        })
    }
}

impl Drop for Discord {
    fn drop(&mut self) {
        if let Some(runtime) = lock(&self.runtime).take() {
            runtime.shutdown_background();
        }
    }
}

/// What all tasks of the bot know.
struct Shared {
    settings: Settings,
    offered: Vec<String>,
    offer: watch::Receiver<Offer>,
    rest: Rest,
    /// The bot's own id, asked for once.
    me: OnceCell<UserId>,
    /// Counts sessions of the gateway; resuming makes no new one.
    session: AtomicU64,
    /// Whether the daemon believes that the bot is connected.
    connected: AtomicBool,
    /// Whether the commands were registered in this process.
    registered: AtomicBool,
    manager: Mutex<Option<Arc<ShardManager>>>,
    hear: Box<dyn Fn(Heard) + Send + Sync>,
}

impl Shared {
    fn hear(&self, heard: Heard) {
        (self.hear)(heard);
    }

    /// Tells of a reaction unless it is the bot's own.
    fn hear_if_listener(&self, reacted: Option<Reacted>) {
        let me = self.me.get().map(|id| ListenerId(id.get()));
        if let Some(reacted) = reacted.filter(|reacted| Some(reacted.listener) != me) {
            self.hear(Heard::Reacted(reacted));
        }
    }

    fn manager(&self) -> MutexGuard<'_, Option<Arc<ShardManager>>> {
        lock(&self.manager)
    }
}

/// A panic elsewhere leaves these plain values as good as they were.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whatever a text says, it pings nobody.
fn no_mentions() -> CreateAllowedMentions {
    CreateAllowedMentions::new()
}
