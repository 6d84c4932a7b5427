//! How does the bot get to Discord, stay there and leave?
//!
//! serenity resumes broken connections and starts a new session where that fails. This module
//! starts it, tells why it is not there, and knows which failures only a person can mend.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serenity::all::GatewayIntents;
use serenity::client::{Client, ClientBuilder};
use serenity::gateway::{ConnectionStage, GatewayError, ShardManager};
use serenity::model::Timestamp;
use serenity::model::gateway::BotGateway;
use serenity::model::id::ShardId;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::api;
use super::gateway::Gateway;
use super::rest::{Action, Failure, WRONG_TOKEN};
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
/// How long the gateway may take to take a connection.
const PROBE: Duration = Duration::from_secs(5);
/// How long a shard may take from its turn to its first event; serenity gives each 5 s of turn.
const GREETING: Duration = Duration::from_secs(15);
const TURN: Duration = Duration::from_secs(5);
const CONNECT: Action = Action { what: "connect", permission: None };

const BROKE: &str = "the connection broke; it is being made again";
const NOT_LET_IN: &str = "Discord's gateway takes the connection, but does not let the bot in";

/// Why a session ended.
enum End {
    /// Only a person can mend it.
    ForGood(String),
    /// It may work later.
    ForNow(String),
    /// It will not work before this is over.
    For(Duration, String),
}

/// Keeps the bot connected until only a person can help.
pub(super) async fn keep(shared: Arc<Shared>, token: Token) {
    let mut pause = PAUSES.0;
    loop {
        let begun = Instant::now();
        let end = session(&shared, &token).await;
        if begun.elapsed() > PAUSES.1 {
            pause = PAUSES.0;
        }
        match end {
            End::ForGood(why) => {
                tracing::error!(why, "the bot leaves Discord");
                return shared.hear(Heard::Disconnected { why, for_good: true });
            }
            End::ForNow(why) => {
                shared.disconnected(why);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
            End::For(time, why) => {
                shared.disconnected(why);
                tokio::time::sleep(time).await;
            }
        }
    }
}

async fn session(shared: &Arc<Shared>, token: &Token) -> End {
    let (mut client, n_shards) = match connect(shared, token).await {
        Ok(connected) => connected,
        Err(end) => return end,
    };
    let manager = Arc::clone(&client.shard_manager);
    let address = Arc::clone(&client.ws_url);
    *shared.manager() = Some(Arc::clone(&manager));
    let ended = tokio::select! {
        ended = client.start_shards(n_shards) => ended,
        () = watch_over(shared, &manager, &address, n_shards) => unreachable!("it never ends"),
    };
    if n_shards > 1 {
        // Where one was refused, the others are still there.
        tokio::spawn(async move { manager.shutdown_all().await });
    }
    end(ended)
}

/// A client that knows the gateway's address, and how many shards Discord asks for. Asking tells
/// whether the token is right.
async fn connect(shared: &Arc<Shared>, token: &Token) -> Result<(Client, u32), End> {
    let gateway = ask_for_gateway(shared).await?;
    let n_shards = gateway.shards.max(1);
    let limit = &gateway.session_start_limit;
    if limit.remaining < u64::from(n_shards) {
        return Err(no_session(Duration::from_millis(limit.reset_after)));
    }
    shared.presence.expect(n_shards);
    let http = api::http(&shared.settings, token);
    let building =
        ClientBuilder::new_with_http(http, INTENTS).event_handler(Gateway(Arc::clone(shared)));
    let client = tokio::time::timeout(PATIENCE, building.into_future()).await;
    let client = client
        .map_err(|_| End::ForNow("Discord did not name its gateway in time".to_owned()))?
        .map_err(|error| End::ForNow(error.to_string()))?;
    // serenity falls back to Discord's own gateway if it could not ask for the address.
    *client.ws_url.lock().await = gateway.url;
    Ok((client, n_shards))
}

/// Asks once, so that a failure is told at once.
async fn ask_for_gateway(shared: &Shared) -> Result<BotGateway, End> {
    let gateway = shared.rest.once(CONNECT, shared.rest.http.get_bot_gateway()).await;
    gateway.map_err(|failure| match failure {
        Failure::Other(Error::Token(why)) => End::ForGood(why),
        other => End::ForNow(Error::from(other).to_string()),
    })
}

fn no_session(wait: Duration) -> End {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let until = Timestamp::from_unix_timestamp((now + wait).as_secs() as i64).unwrap_or_default();
    let why = format!(
        "Discord allows no new session before {until}, as too many were begun: something restarts the \
         bot again and again, or its token is used elsewhere"
    );
    End::For(wait, why)
}

fn end(ended: serenity::Result<()>) -> End {
    match ended {
        Ok(()) => End::ForNow("the connection was closed".to_owned()),
        Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => {
            End::ForGood(WRONG_TOKEN.to_owned())
        }
        Err(serenity::Error::Gateway(
            error @ (GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents),
        )) => End::ForGood(format!(
            "Discord does not allow the events that the bot asks for: {error}"
        )),
        Err(error) => End::ForNow(error.to_string()),
    }
}

/// serenity tells nobody that a connection broke or cannot be made: while it tries, the shard is just
/// missing from its runners, or not connected.
async fn watch_over(
    shared: &Shared,
    manager: &ShardManager,
    address: &Mutex<String>,
    n_shards: u32,
) {
    let mut absent = vec![0_u32; n_shards as usize];
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        shared.missed.report();
        let mut why = None;
        for (shard, n_checks) in (0..).zip(&mut absent) {
            let stage = stage(manager, shard).await;
            *n_checks = if stage == Some(ConnectionStage::Connected) { 0 } else { *n_checks + 1 };
            // A resumption may take a moment, and serenity hears of its beginning late.
            let is_missing = stage.is_none() || *n_checks > 1;
            let was_up = is_missing && shared.presence.lost(shard);
            if is_missing && why.is_none() {
                let late = CHECK_EVERY * *n_checks > GREETING + TURN * shard;
                why = reason(shared, address, stage.is_none(), was_up, late).await;
            }
        }
        if let Some(why) = why {
            shared.disconnected(why);
        }
    }
}

/// How far a shard is, if there is one.
async fn stage(manager: &ShardManager, shard: u32) -> Option<ConnectionStage> {
    manager.runners.lock().await.get(&ShardId(shard)).map(|runner| runner.stage)
}

/// Why a shard is not connected, unless it is just on its way. Where the gateway is out of reach, its
/// address is asked for again: it may have moved.
async fn reason(
    shared: &Shared,
    address: &Mutex<String>,
    is_unborn: bool,
    was_up: bool,
    late: bool,
) -> Option<String> {
    let url = address.lock().await.clone();
    if is_unborn && let Err(why) = probe(&url).await {
        if let Ok(gateway) = ask_for_gateway(shared).await {
            *address.lock().await = gateway.url;
        }
        return Some(format!("Discord's gateway cannot be reached: {why}"));
    }
    if was_up {
        return Some(BROKE.to_owned());
    }
    late.then(|| NOT_LET_IN.to_owned())
}

/// Whether the gateway takes connections at all.
async fn probe(url: &str) -> Result<(), String> {
    let url = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::time::timeout(PROBE, TcpStream::connect((host, port))).await {
        Ok(taken) => taken.map(drop).map_err(|error| format!("{host}: {error}")),
        Err(_) => Err(format!("{host}: no answer within {PROBE:?}")),
    }
}
