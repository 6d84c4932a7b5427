//! How does the bot get to Discord, stay there and leave?
//!
//! serenity resumes broken connections and starts a new session where that fails. This module
//! starts it, notices when it does not come back, and knows which failures only a person can mend.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serenity::all::GatewayIntents;
use serenity::client::{Client, ClientBuilder};
use serenity::gateway::{GatewayError, ShardManager};
use serenity::model::id::ShardId;

use super::api;
use super::gateway::Gateway;
use super::rest::{self, Action, Failure};
use super::settings::Token;
use super::shared::Shared;
use crate::chat::{Error, Heard};

/// Reactions, and the guilds without which Discord sends none. Neither needs its permission.
const INTENTS: GatewayIntents =
    GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGE_REACTIONS);
/// How often to check whether the connection is still there.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// The pauses between attempts to connect double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long serenity may take to ask for the gateway's address before it connects.
const PATIENCE: Duration = Duration::from_secs(30);
const CONNECT: Action = Action { what: "connect", permission: None };

/// Why a session ended.
enum End {
    /// Only a person can mend it.
    ForGood(String),
    /// It may work later.
    ForNow(String),
}

/// Keeps the bot connected until only a person can help.
pub(super) async fn keep(shared: Arc<Shared>, token: Token) {
    let mut pause = PAUSES.0;
    loop {
        let end = session(&shared, &token).await;
        if shared.connected.swap(false, Ordering::Relaxed) {
            pause = PAUSES.0;
        }
        match end {
            End::ForGood(why) => {
                tracing::error!(why, "the bot leaves Discord");
                return shared.hear(Heard::Disconnected { why, for_good: true });
            }
            End::ForNow(why) => shared.hear(Heard::Disconnected { why, for_good: false }),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

async fn session(shared: &Arc<Shared>, token: &Token) -> End {
    let mut client = match connect(shared, token).await {
        Ok(client) => client,
        Err(end) => return end,
    };
    let manager = Arc::clone(&client.shard_manager);
    *shared.manager() = Some(Arc::clone(&manager));
    let ended = tokio::select! {
        ended = client.start() => ended,
        () = watch_over(shared, &manager) => unreachable!("it never ends"),
    };
    end(ended)
}

/// A client that knows the gateway's address. Asking for it tells whether the token is right.
async fn connect(shared: &Arc<Shared>, token: &Token) -> Result<Client, End> {
    let gateway = shared.rest.ask(CONNECT, || shared.rest.http.get_bot_gateway()).await;
    let gateway = gateway.map_err(|failure| match failure {
        Failure::Other(Error::Token(why)) => End::ForGood(why),
        other => End::ForNow(Error::from(other).to_string()),
    })?;
    let limit = &gateway.session_start_limit;
    if limit.remaining == 0 {
        let wait = Duration::from_millis(limit.reset_after);
        tracing::warn!(seconds = wait.as_secs(), "Discord allows no new session for a while");
        tokio::time::sleep(wait).await;
    }
    let http = api::http(&shared.settings, token);
    let building =
        ClientBuilder::new_with_http(http, INTENTS).event_handler(Gateway(Arc::clone(shared)));
    let client = tokio::time::timeout(PATIENCE, building.into_future()).await;
    let client = client
        .map_err(|_| End::ForNow("Discord did not name its gateway in time".to_owned()))?
        .map_err(|error| End::ForNow(error.to_string()))?;
    // serenity falls back to Discord's own gateway if it could not ask for the address.
    *client.ws_url.lock().await = gateway.url;
    Ok(client)
}

fn end(ended: serenity::Result<()>) -> End {
    match ended {
        Ok(()) => End::ForNow("the connection was closed".to_owned()),
        Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => {
            End::ForGood(rest::WRONG_TOKEN.to_owned())
        }
        Err(serenity::Error::Gateway(
            error @ (GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents),
        )) => End::ForGood(format!(
            "Discord does not allow the events that the bot asks for: {error}"
        )),
        Err(error) => End::ForNow(error.to_string()),
    }
}

/// serenity tells nobody that a connection broke: while it starts a new session, the shard is just
/// missing from its runners.
async fn watch_over(shared: &Shared, manager: &ShardManager) {
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        let there = manager.has(ShardId(0)).await;
        if !there && shared.connected.swap(false, Ordering::Relaxed) {
            let why = "the connection broke; it is being made again".to_owned();
            shared.hear(Heard::Disconnected { why, for_good: false });
        }
    }
}
