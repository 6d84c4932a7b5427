//! How does the bot get to Discord, stay there and leave?
//!
//! serenity resumes broken connections and starts anew where that fails. This module starts it,
//! notices when it does not come back, and knows which failures only a person can mend.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serenity::all::GatewayIntents;
use serenity::client::{Client, ClientBuilder};
use serenity::gateway::{GatewayError, ShardManager};
use serenity::model::id::ShardId;

use super::Shared;
use super::ears::Ears;
use super::rest::{self, Deed, Trouble};
use super::settings::Token;
use crate::chat::{Error, Heard};

/// Reactions, and the guilds without which Discord sends none. Neither needs its permission.
const INTENTS: GatewayIntents =
    GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGE_REACTIONS);
/// How often is looked whether the connection is still there.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The pauses between attempts to get to Discord at all double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long serenity may take to ask for the gateway's address before it connects.
const PATIENCE: Duration = Duration::from_secs(30);
const ENTER: Deed = Deed { what: "connect", permission: "none; the bot was blocked" };

/// Why a session ended.
enum End {
    /// Only a person can mend it.
    ForGood(String),
    /// It may work later.
    Lost(String),
}

/// Keeps the bot connected until that can't work any more.
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
            End::Lost(why) => shared.hear(Heard::Disconnected { why, for_good: false }),
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
        () = look_after(shared, &manager) => unreachable!("it looks for ever"),
    };
    end(ended)
}

/// A client that knows the gateway's address. Asking for it tells whether the token is right.
async fn connect(shared: &Arc<Shared>, token: &Token) -> Result<Client, End> {
    let gateway = shared.rest.ask(ENTER, || shared.rest.http.get_bot_gateway()).await;
    let gateway = gateway.map_err(|trouble| match trouble {
        Trouble::Other(Error::Token(why)) => End::ForGood(why),
        other => End::Lost(Error::from(other).to_string()),
    })?;
    let limit = &gateway.session_start_limit;
    if limit.remaining == 0 {
        let wait = Duration::from_millis(limit.reset_after);
        tracing::warn!(seconds = wait.as_secs(), "Discord allows no more sessions for a while");
        tokio::time::sleep(wait).await;
    }
    let http = rest::http(&shared.settings, token);
    let building =
        ClientBuilder::new_with_http(http, INTENTS).event_handler(Ears(Arc::clone(shared)));
    let client = tokio::time::timeout(PATIENCE, building.into_future()).await;
    let client = client
        .map_err(|_| End::Lost("Discord did not name its gateway in time".to_owned()))?
        .map_err(|error| End::Lost(error.to_string()))?;
    // serenity falls back to Discord's own gateway if it could not ask for the address.
    *client.ws_url.lock().await = gateway.url;
    Ok(client)
}

fn end(ended: serenity::Result<()>) -> End {
    match ended {
        Ok(()) => End::Lost("the connection was closed".to_owned()),
        Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => {
            End::ForGood(rest::WRONG_TOKEN.to_owned())
        }
        Err(serenity::Error::Gateway(
            error @ (GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents),
        )) => End::ForGood(format!("Discord does not allow what the bot wants to hear: {error}")),
        Err(error) => End::Lost(error.to_string()),
    }
}

/// serenity tells nobody that a connection broke: the shard is just not among its runners any more
/// while it starts anew.
async fn look_after(shared: &Shared, manager: &ShardManager) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let there = manager.has(ShardId(0)).await;
        if !there && shared.connected.swap(false, Ordering::Relaxed) {
            let why = "the connection broke; it is being made again".to_owned();
            shared.hear(Heard::Disconnected { why, for_good: false });
        }
    }
}
