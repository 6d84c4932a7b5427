//! What becomes of the bot's connections to the gateway?
//!
//! Whatever a test asks for: they break, are closed or refused, and are counted.

use serde_json::json;

use super::Discord;
use super::state::Out;

/// A port on which nobody listens: it is reserved for a service that there is not.
const NOWHERE: &str = "ws://127.0.0.1:1/gateway";

impl Discord {
    /// From now on, another token is the right one.
    pub fn change_token(&self, token: &str) {
        token.clone_into(&mut self.state.lock().token);
    }

    /// Asks the bot to reconnect (opcode 7).
    pub fn ask_to_reconnect(&self) {
        self.state.broadcast(&Out::Text(json!({ "op": 7, "d": null }).to_string()));
    }

    /// Breaks all gateway connections without a word.
    pub fn drop_sockets(&self) {
        self.state.drop_sockets();
    }

    /// Closes all gateway connections, with or without a code.
    pub fn close_sockets(&self, code: Option<u16>) {
        self.state.broadcast(&Out::Close(code));
    }

    /// Forgets all sessions, so that they can't be resumed, and says so (opcode 9).
    pub fn invalidate_sessions(&self) {
        self.state.broadcast(&Out::Text(json!({ "op": 9, "d": false }).to_string()));
        self.state.lock().sessions.clear();
    }

    /// The interval of heartbeats for connections to come.
    pub fn set_heartbeat_ms(&self, interval: u64) {
        self.state.lock().heartbeat_ms = interval;
    }

    /// With which codes the bot closed its connections.
    pub fn closed_with(&self) -> Vec<Option<u16>> {
        self.state.lock().closes.clone()
    }

    /// How often the bot took up an old session, and how often it began a new one.
    pub fn n_resumed_and_identified(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.n_resumed, state.n_identified)
    }

    /// From now on the bot is to have so many shards.
    pub fn set_shards(&self, n: u64) {
        self.state.lock().n_shards = n;
    }

    /// From now on so many sessions may begin, within the milliseconds after which that is more again.
    pub fn allow_sessions(&self, n: u64, reset_after_ms: u64) {
        self.state.lock().session_limit = (n, reset_after_ms);
    }

    /// As if the pause between two sessions were over: for a bot that is started again at once.
    pub fn let_pause_pass(&self) {
        self.state.lock().identified_at = None;
    }

    /// The next session is refused with this code.
    pub fn refuse_session(&self, code: u16) {
        self.state.lock().refused_sessions.push(code);
    }

    /// Forgets all sessions without a word: the next resumption is refused.
    pub fn forget_sessions(&self) {
        self.state.drop_sockets();
        self.state.lock().sessions.clear();
    }

    /// Forgets the session of one shard, and says so (opcode 9).
    pub fn invalidate_shard(&self, shard: u64) {
        let mut state = self.state.lock();
        let sessions = &mut state.sessions;
        for session in sessions.values().filter(|session| session.shard.0 == shard) {
            if let Some((_, socket)) = &session.socket {
                let invalid = json!({ "op": 9, "d": false }).to_string();
                let _ = socket.send(Out::Text(invalid));
            }
        }
        sessions.retain(|_, session| session.shard.0 != shard);
    }

    /// From now on the gateway's address leads nowhere, or to the gateway again.
    pub fn hide_gateway(&self, hidden: bool) {
        let mut state = self.state.lock();
        let url = if hidden { NOWHERE.to_owned() } else { state.own_gateway_url.clone() };
        state.gateway_url = url;
    }
}
