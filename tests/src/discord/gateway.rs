//! How does the gateway behave?
//!
//! <https://discord.com/developers/docs/events/gateway>: hello, identify or resume, heartbeats,
//! events with a sequence number, close codes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State as Extract};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use twilight_model::gateway::Intents;
use twilight_model::gateway::payload::outgoing::{Heartbeat, Identify, Resume};

use super::payload;
use super::sloppy;
use super::state::{Inner, Out, Session, State};

/// What the bot may want to hear.
const INTENTS: Intents = Intents::GUILDS.union(Intents::GUILD_MESSAGE_REACTIONS);
/// Between two new sessions.
const PAUSE: Duration = Duration::from_millis(4900);

#[derive(Deserialize)]
pub(super) struct Parameters {
    v: Option<String>,
}

pub(super) async fn connect(
    Extract(state): Extract<Arc<State>>,
    Query(parameters): Query<Parameters>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if parameters.v.as_deref() != Some("10") {
        state.lock().violation(format!("gateway version {:?}", parameters.v));
    }
    upgrade.on_upgrade(|socket| serve(state, socket))
}

async fn serve(state: Arc<State>, mut socket: WebSocket) {
    let (outbox, mut outgoing) = mpsc::unbounded_channel();
    let (number, heartbeat_ms) = {
        let mut state = state.lock();
        state.n_sockets += 1;
        (state.n_sockets, state.heartbeat_ms)
    };
    let hello = json!({ "op": 10, "d": { "heartbeat_interval": heartbeat_ms } });
    let _ = outbox.send(Out::Text(hello.to_string()));
    let mut peer = Peer { number, outbox, session: None };
    loop {
        let done = tokio::select! {
            Some(out) = outgoing.recv() => send(&mut socket, out).await,
            frame = socket.recv() => !heard(&state, &mut peer, frame.and_then(Result::ok)),
        };
        if done {
            break;
        }
    }
    // A socket that took over the session stays.
    for session in state.lock().sessions.values_mut() {
        session.socket.take_if(|(number, _)| *number == peer.number);
    }
}

/// One connection and the session it belongs to.
struct Peer {
    number: u64,
    outbox: mpsc::UnboundedSender<Out>,
    session: Option<String>,
}

/// Whether the connection is over.
async fn send(socket: &mut WebSocket, out: Out) -> bool {
    match out {
        Out::Text(text) => socket.send(Frame::Text(text.into())).await.is_err(),
        Out::Close(code) => {
            let frame = code.map(|code| CloseFrame { code, reason: "".into() });
            let _ = socket.send(Frame::Close(frame)).await;
            // The other side answers with its own close frame.
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.recv()).await;
            true
        }
        Out::Drop => true,
    }
}

/// Whether the connection stays open.
fn heard(state: &State, peer: &mut Peer, frame: Option<Frame>) -> bool {
    let mut state = state.lock();
    match frame {
        None => false,
        Some(Frame::Close(frame)) => {
            state.closes.push(frame.map(|frame| frame.code));
            false
        }
        Some(Frame::Text(text)) => {
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => obey(&mut state, peer, value),
                Err(error) => state.violation(format!("gateway: {error} in {text}")),
            }
            true
        }
        Some(Frame::Binary(_)) => {
            state.violation("gateway: a binary frame".to_owned());
            true
        }
        Some(Frame::Ping(_) | Frame::Pong(_)) => true,
    }
}

fn obey(state: &mut Inner, peer: &mut Peer, value: Value) {
    match value["op"].as_u64() {
        Some(1) => heartbeat(state, peer, value),
        Some(2) => identify(state, peer, value),
        Some(6) => resume(state, peer, value),
        other => state.violation(format!("gateway: opcode {other:?} was not expected")),
    }
}

fn heartbeat(state: &mut Inner, peer: &Peer, value: Value) {
    let beat = match serde_json::from_value::<Heartbeat>(value) {
        Ok(beat) => beat,
        Err(error) => return state.violation(format!("heartbeat: {error}")),
    };
    let sent =
        peer.session.as_ref().and_then(|id| state.sessions.get(id)).map_or(0, |s| s.log.len());
    if beat.d.is_some_and(|sequence| sequence > sent as u64) {
        state.violation(format!("heartbeat {:?} after {sent} events", beat.d));
    }
    let _ = peer.outbox.send(Out::Text(json!({ "op": 11 }).to_string()));
}

fn identify(state: &mut Inner, peer: &mut Peer, mut value: Value) {
    // serenity 0.12.5 writes `since` as a structure; Discord lets it pass.
    value["d"]["presence"]["since"] = Value::Null;
    // twilight wants a field that Discord's reference does not know.
    value["d"]["capabilities"] = json!(0);
    let identity = match serde_json::from_value::<Identify>(value) {
        Ok(identity) => identity.d,
        Err(error) => return state.violation(format!("identify: {error}")),
    };
    if identity.token.trim_start_matches("Bot ") != state.token {
        let _ = peer.outbox.send(Out::Close(Some(4004)));
        return;
    }
    if peer.session.is_some() {
        state.violation("identified twice in one connection".to_owned());
    }
    if identity.intents != INTENTS {
        state.violation(format!("intents {:?} instead of {INTENTS:?}", identity.intents));
    }
    let shard = identity
        .shard
        .map_or((0, 1), |shard| (u64::from(shard.number()), u64::from(shard.total())));
    if shard.1 != state.n_shards {
        state.violation(format!("{} shards instead of {}", shard.1, state.n_shards));
    }
    if state.identified_at.is_some_and(|at| at.elapsed() < PAUSE) {
        state.violation("two new sessions within 5 s".to_owned());
    }
    state.identified_at = Some(Instant::now());
    if !state.refused_sessions.is_empty() {
        let code = state.refused_sessions.remove(0);
        let _ = peer.outbox.send(Out::Close(Some(code)));
        return;
    }
    state.n_identified += 1;
    let id = format!("session-{}", state.n_identified);
    let mut session = Session { shard, ..Session::default() };
    session.socket = Some((peer.number, peer.outbox.clone()));
    let ready = payload::ready(state, &id, &session);
    session.send("READY", &if state.sloppy { sloppy::event("READY", &ready) } else { ready });
    let hears_guild = session.hears_guild();
    state.sessions.insert(id.clone(), session);
    if hears_guild {
        let guild = payload::guild(state);
        state.dispatch("GUILD_CREATE", &guild);
    }
    state.n_connected += 1;
    peer.session = Some(id);
}

fn resume(state: &mut Inner, peer: &mut Peer, value: Value) {
    let resume = match serde_json::from_value::<Resume>(value) {
        Ok(resume) => resume.d,
        Err(error) => return state.violation(format!("resume: {error}")),
    };
    if resume.token.trim_start_matches("Bot ") != state.token {
        let _ = peer.outbox.send(Out::Close(Some(4004)));
        return;
    }
    let Some(session) = state.sessions.get_mut(&resume.session_id) else {
        let _ = peer.outbox.send(Out::Text(json!({ "op": 9, "d": false }).to_string()));
        return;
    };
    let n_sent = session.log.len();
    session.socket = Some((peer.number, peer.outbox.clone()));
    for missed in session.log.iter().skip(resume.seq as usize) {
        let _ = peer.outbox.send(Out::Text(missed.clone()));
    }
    session.send("RESUMED", &json!({}));
    if resume.seq > n_sent as u64 {
        state.violation(format!("resumed at {} of {n_sent} events", resume.seq));
    }
    state.n_resumed += 1;
    state.n_connected += 1;
    peer.session = Some(resume.session_id);
}
