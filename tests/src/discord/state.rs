//! What is the case in this Discord?
//!
//! Only what is remembered and who waits for it; what people do to it is in [`super::people`].

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::sloppy;
use super::trouble::Troubles;

/// The token of the bot under test.
pub const TOKEN: &str = "MTA.loopback.test-token";
/// The only guild.
pub const GUILD: u64 = 900_000_000_000_000_001;
/// The only channel.
pub const CHANNEL: u64 = 900_000_000_000_000_002;
/// The bot under test, which is also its application.
pub(super) const BOT: u64 = 900_000_000_000_000_003;
/// The largest file.
pub(super) const MAX_FILE_BYTES: usize = 10 << 20;

/// A message in the channel.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: u64,
    /// Its channel.
    pub channel: u64,
    /// Who wrote it.
    pub author: u64,
    /// Its text.
    pub content: String,
    /// Its files.
    pub files: Vec<Attached>,
    /// The emoji below it and who put them there, in order.
    pub reactions: Vec<(String, u64)>,
    /// The only user who sees it.
    pub private_to: Option<u64>,
    /// Whether it is more than "is thinking".
    pub finished: bool,
    /// Whether it answers an interaction.
    pub answers: Option<u64>,
    /// Given by the author so that the message is not posted twice.
    pub nonce: Option<String>,
    pub(super) seen: bool,
}

/// An attached file.
#[derive(Clone, Debug)]
pub struct Attached {
    /// Its id, given when the message was made.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// How far an interaction has come.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Open,
    Deferred { message: u64 },
    Answered { message: u64 },
    Deleted,
    Completed(Vec<String>),
}

#[derive(Clone, Debug)]
pub(super) struct Interaction {
    pub(super) token: String,
    pub(super) kind: u8,
    pub(super) command: String,
    pub(super) user: u64,
    pub(super) at: Instant,
    pub(super) stage: Stage,
    pub(super) expired: bool,
    /// Whether an acknowledgement was taken and the bot not told.
    pub(super) answer_lost: bool,
    pub(super) acknowledged_at: Option<Instant>,
    /// When each of its answers was finished.
    pub(super) answered_at: Vec<Instant>,
}

pub(super) struct User {
    pub(super) name: String,
    pub(super) bot: bool,
}

/// What goes to a socket of the gateway.
#[derive(Clone, Debug)]
pub(super) enum Out {
    Text(String),
    Close(Option<u16>),
    Drop,
}

/// A gateway session: what was sent in it, and the socket it goes to at present.
#[derive(Default)]
pub(super) struct Session {
    /// Which of how many shards.
    pub(super) shard: (u64, u64),
    pub(super) log: Vec<String>,
    pub(super) socket: Option<(u64, mpsc::UnboundedSender<Out>)>,
}

pub(super) struct Inner {
    pub(super) token: String,
    /// Where the gateway is, and where the bot is told that it is.
    pub(super) own_gateway_url: String,
    pub(super) gateway_url: String,
    pub(super) heartbeat_ms: u64,
    /// How many shards the bot is to have.
    pub(super) n_shards: u64,
    /// How many sessions may begin, and the milliseconds until that is more again.
    pub(super) session_limit: (u64, u64),
    /// With which code the next sessions are refused.
    pub(super) refused_sessions: Vec<u16>,
    pub(super) users: BTreeMap<u64, User>,
    pub(super) messages: BTreeMap<u64, Message>,
    pub(super) interactions: BTreeMap<u64, Interaction>,
    pub(super) commands: HashMap<Option<u64>, Vec<Value>>,
    pub(super) sessions: BTreeMap<String, Session>,
    pub(super) troubles: Troubles,
    /// Whether everything is left out that may be.
    pub(super) sloppy: bool,
    /// Whether the first people who reacted are named whoever is asked for.
    pub(super) ignores_after: bool,
    pub(super) requests: Vec<String>,
    pub(super) violations: Vec<String>,
    pub(super) closes: Vec<Option<u16>>,
    pub(super) n_sockets: u64,
    pub(super) n_connected: usize,
    pub(super) n_resumed: usize,
    pub(super) n_identified: usize,
    pub(super) identified_at: Option<Instant>,
    last_id: u64,
}

pub(super) struct State {
    inner: Mutex<Inner>,
    pub(super) changed: Notify,
}

/// Notifies everybody who waits when it is dropped.
pub(super) struct Locked<'a> {
    inner: MutexGuard<'a, Inner>,
    changed: &'a Notify,
}

impl std::ops::Deref for Locked<'_> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl std::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.inner
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // The lock itself is given back right after this; who is woken waits for it.
        self.changed.notify_waiters();
    }
}

impl State {
    pub(super) fn new(gateway_url: String) -> Self {
        let mut users = BTreeMap::new();
        users.insert(BOT, User { name: "Kickback".to_owned(), bot: true });
        let inner = Inner {
            token: TOKEN.to_owned(),
            own_gateway_url: gateway_url.clone(),
            gateway_url,
            heartbeat_ms: 41_250,
            n_shards: 1,
            session_limit: (999, 14_400_000),
            refused_sessions: Vec::new(),
            users,
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: HashMap::new(),
            sessions: BTreeMap::new(),
            troubles: Troubles::default(),
            sloppy: false,
            ignores_after: false,
            requests: Vec::new(),
            violations: Vec::new(),
            closes: Vec::new(),
            n_sockets: 0,
            n_connected: 0,
            n_resumed: 0,
            n_identified: 0,
            identified_at: None,
            last_id: 0,
        };
        Self { inner: Mutex::new(inner), changed: Notify::new() }
    }

    pub(super) fn lock(&self) -> Locked<'_> {
        Locked { inner: self.peek(), changed: &self.changed }
    }

    /// The same without waking those who wait: for looking.
    pub(super) fn peek(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn drop_sockets(&self) {
        self.broadcast(&Out::Drop);
    }

    pub(super) fn broadcast(&self, out: &Out) {
        for session in self.lock().sessions.values() {
            if let Some((_, socket)) = &session.socket {
                let _ = socket.send(out.clone());
            }
        }
    }
}

impl Inner {
    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// An id whose upper bits are the time, as Discord makes them.
    pub(super) fn new_id(&mut self) -> u64 {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let ms = since_1970.unwrap_or_default().as_millis() as u64;
        self.last_id = (self.last_id + 1).max((ms - 1_420_070_400_000) << 22);
        self.last_id
    }

    pub(super) fn user(&mut self, name: &str, bot: bool) -> u64 {
        if let Some((id, _)) = self.users.iter().find(|(_, user)| user.name == name) {
            return *id;
        }
        let id = self.new_id();
        self.users.insert(id, User { name: name.to_owned(), bot });
        id
    }

    pub(super) fn new_message(&mut self, channel: u64, author: u64, content: String) -> u64 {
        let id = self.new_id();
        let message = Message {
            id,
            channel,
            author,
            content,
            files: Vec::new(),
            reactions: Vec::new(),
            private_to: None,
            finished: true,
            answers: None,
            nonce: None,
            // Only what the bot writes is waited for.
            seen: author != BOT,
        };
        self.messages.insert(id, message);
        id
    }

    /// The bot is not told that its acknowledgement was taken.
    pub(super) fn lost_answer_to(&mut self, interaction: &str) {
        let id = interaction.parse().ok();
        if let Some(interaction) = id.and_then(|id: u64| self.interactions.get_mut(&id)) {
            interaction.answer_lost = true;
        }
    }

    pub(super) fn by_token(&self, token: &str) -> Option<u64> {
        self.interactions.iter().find(|(_, i)| i.token == token).map(|(id, _)| *id)
    }

    /// Sends an event of the guild in every session of its shard, and keeps it for those that resume.
    pub(super) fn dispatch(&mut self, name: &str, data: &Value) {
        let sloppy = self.sloppy.then(|| sloppy::event(name, data));
        let data = sloppy.as_ref().unwrap_or(data);
        for session in self.sessions.values_mut().filter(|session| session.hears_guild()) {
            session.send(name, data);
        }
    }
}

impl Session {
    /// Whether the guild belongs to the session's shard.
    pub(super) fn hears_guild(&self) -> bool {
        let (shard, n_shards) = self.shard;
        (GUILD >> 22) % n_shards.max(1) == shard
    }

    pub(super) fn send(&mut self, name: &str, data: &Value) {
        let sequence = self.log.len() + 1;
        let text = json!({ "op": 0, "s": sequence, "t": name, "d": data }).to_string();
        self.log.push(text.clone());
        if let Some((_, socket)) = &self.socket {
            let _ = socket.send(Out::Text(text));
        }
    }
}
