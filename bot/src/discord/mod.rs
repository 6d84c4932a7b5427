//! How does the bot take part in Discord?
//!
//! The only place that knows serenity. The bot has a thread pool of its own, so that nothing the
//! daemon does delays a heartbeat or the answer that Discord wants within 3 seconds; the daemon
//! sees a [`Chat`]. Nothing here knows what a track or a vote is, or what a command means.

mod api;
mod connection;
mod gateway;
mod history;
mod interaction;
mod invite;
mod limits;
mod missed;
mod presence;
mod reactions;
mod register;
mod reply;
mod rest;
mod settings;
mod shared;
mod slash;
mod unread;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;

pub use self::settings::{NoToken, Settings, Token};
use self::shared::{Shared, lock};
use crate::chat::{Answered, Below, Chat, Error, File, Heard, Placed, Post, ReplyTo};
use crate::command::Offer;
use crate::id::{ChannelId, ListenerId, MessageId};
use crate::reaction::Emoji;

/// How long leaving may take before the connection is simply dropped.
const LEAVE_WITHIN: Duration = Duration::from_millis(1500);

/// The bot in Discord.
pub struct Discord {
    shared: Arc<Shared>,
    handle: Handle,
    runtime: Mutex<Option<Runtime>>,
}

impl Discord {
    /// Starts the bot and returns at once; what happens is told through `hear`.
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
        let shared = Arc::new(Shared::new(settings, token, offered, offer, Box::new(hear)));
        runtime.spawn(connection::keep(Arc::clone(&shared), token.clone()));
        let handle = runtime.handle().clone();
        Ok(Self { shared, handle, runtime: Mutex::new(Some(runtime)) })
    }

    /// Runs `work` on the bot's own threads, where its connections live.
    async fn on_own_threads<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.handle.spawn(work).await.unwrap_or(Err(Error::Stopped))
    }
}

impl Chat for Discord {
    fn answer<'a>(&'a self, to: &'a ReplyTo, post: Post, tried: bool) -> Answered<'a, Placed> {
        let (shared, to) = (Arc::clone(&self.shared), to.clone());
        Box::pin(self.on_own_threads(async move { reply::answer(&shared, &to, post, tried).await }))
    }

    fn tell<'a>(&'a self, to: &'a ReplyTo, text: String, files: Vec<File>) -> Answered<'a, ()> {
        let (shared, to) = (Arc::clone(&self.shared), to.clone());
        Box::pin(self.on_own_threads(async move { reply::tell(&shared, &to, text, files).await }))
    }

    fn refuse<'a>(&'a self, to: &'a ReplyTo, text: String) -> Answered<'a, ()> {
        let (shared, to) = (Arc::clone(&self.shared), to.clone());
        Box::pin(self.on_own_threads(async move { reply::refuse(&shared, &to, &text).await }))
    }

    fn report<'a>(&'a self, to: &'a ReplyTo, text: String) -> Answered<'a, ()> {
        let (shared, to) = (Arc::clone(&self.shared), to.clone());
        Box::pin(self.on_own_threads(async move { reply::report(&shared, &to, &text).await }))
    }

    fn call<'a>(&'a self, to: &'a ReplyTo, listener: ListenerId) -> Answered<'a, ()> {
        let (shared, to) = (Arc::clone(&self.shared), to.clone());
        Box::pin(self.on_own_threads(async move { reply::call(&shared, &to, listener).await }))
    }

    fn below(&self, channel: ChannelId, newest: MessageId) -> Answered<'_, Vec<Below>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(
            self.on_own_threads(async move { reactions::below(&shared, channel, newest).await }),
        )
    }

    fn is_there(&self, channel: ChannelId, message: MessageId) -> Answered<'_, bool> {
        let shared = Arc::clone(&self.shared);
        Box::pin(
            self.on_own_threads(
                async move { reactions::is_there(&shared, channel, message).await },
            ),
        )
    }

    fn people<'a>(
        &'a self,
        channel: ChannelId,
        message: MessageId,
        emoji: &'a Emoji,
    ) -> Answered<'a, Vec<ListenerId>> {
        let (shared, emoji) = (Arc::clone(&self.shared), emoji.clone());
        Box::pin(self.on_own_threads(async move {
            reactions::people(&shared, channel, message, &emoji).await
        }))
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
