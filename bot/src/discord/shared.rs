//! What do all tasks of the bot have at hand?

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serenity::builder::CreateAllowedMentions;
use serenity::gateway::ShardManager;
use serenity::model::id::UserId;
use tokio::sync::{OnceCell, watch};

use super::missed::Missed;
use super::presence::Presence;
use super::rest::{Action, Failure, Rest};
use super::settings::{Settings, Token};
use crate::chat::{Heard, Reacted};
use crate::command::Offer;
use crate::id::ListenerId;

const KNOW_ITSELF: Action = Action { what: "look up its own account", permission: None };

/// What all tasks of the bot have at hand.
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// The emoji that are put below each track.
    pub(super) offered: Vec<String>,
    pub(super) offer: watch::Receiver<Offer>,
    pub(super) rest: Rest,
    /// The bot's own id, asked for once.
    me: OnceCell<UserId>,
    pub(super) presence: Presence,
    /// Events that could not be read.
    pub(super) missed: Missed,
    /// Whether the registration of the commands was begun in this process.
    pub(super) registering: AtomicBool,
    manager: Mutex<Option<Arc<ShardManager>>>,
    hear: Box<dyn Fn(Heard) + Send + Sync>,
}

impl Shared {
    pub(super) fn new(
        settings: &Settings,
        token: &Token,
        offered: &[String],
        offer: watch::Receiver<Offer>,
        hear: Box<dyn Fn(Heard) + Send + Sync>,
    ) -> Self {
        Self {
            settings: settings.clone(),
            offered: offered.to_vec(),
            offer,
            rest: Rest::new(settings, token),
            me: OnceCell::new(),
            presence: Presence::default(),
            missed: Missed::default(),
            registering: AtomicBool::new(false),
            manager: Mutex::new(None),
            hear,
        }
    }

    /// Tells the daemon.
    pub(super) fn hear(&self, heard: Heard) {
        (self.hear)(heard);
    }

    /// Tells the daemon that the bot is there, if all of it is; gives whether it is.
    pub(super) fn connected(&self) -> bool {
        let Some(connected) = self.presence.connected() else { return false };
        self.hear(Heard::Connected(connected));
        true
    }

    /// Tells the daemon that the bot is not there, unless it knows so.
    pub(super) fn disconnected(&self, why: String) {
        if self.presence.disconnected(&why) {
            self.hear(Heard::Disconnected { why, for_good: false });
        }
    }

    /// Tells the daemon of a reaction unless it is the bot's own.
    pub(super) fn hear_if_listener(&self, reacted: Option<Reacted>) {
        let me = self.me.get().map(|id| ListenerId(id.get()));
        if let Some(reacted) = reacted.filter(|reacted| Some(reacted.listener) != me) {
            self.hear(Heard::Reacted(reacted));
        }
    }

    /// The bot's own id.
    pub(super) async fn me(&self) -> Result<UserId, Failure> {
        let ask = || async {
            let user = self.rest.ask(KNOW_ITSELF, || self.rest.http.get_current_user()).await?;
            Ok(user.id)
        };
        self.me.get_or_try_init(ask).await.copied()
    }

    /// The gateway told the bot's own id.
    pub(super) fn is_me(&self, id: UserId) {
        // Fails only if it is known already.
        let _ = self.me.set(id);
    }

    /// serenity's handle to the connection, while there is one.
    pub(super) fn manager(&self) -> MutexGuard<'_, Option<Arc<ShardManager>>> {
        lock(&self.manager)
    }
}

/// A panic elsewhere leaves these plain values as good as they were.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whatever a text says, it pings nobody.
pub(super) fn no_mentions() -> CreateAllowedMentions {
    CreateAllowedMentions::new()
}
