//! Is the bot there, and what was last told of it?
//!
//! Discord splits the communities of a large bot among shards, each with a session of its own. The bot is
//! there when all of them are. Knows neither serenity nor the network.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chat::Connected;

/// Which shards are connected, and what the daemon was told.
#[derive(Debug, Default)]
pub(super) struct Presence(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    shards: Vec<Shard>,
    /// Counts all sessions; resuming makes no new one.
    n_sessions: u64,
    /// Whether a session began since the bot was last said to be there: something may have been missed.
    missed: bool,
    bot_name: String,
    invite: String,
    told: Told,
}

#[derive(Clone, Debug, Default)]
struct Shard {
    session: u64,
    guilds: Vec<u64>,
    is_up: bool,
}

#[derive(Debug, Default, PartialEq)]
enum Told {
    #[default]
    Nothing,
    Connected,
    Disconnected(String),
}

impl Presence {
    /// So many shards are to be connected, and none is.
    pub(super) fn expect(&self, n_shards: u32) {
        self.state().shards = vec![Shard::default(); n_shards as usize];
    }

    /// Who the bot is, and how it is invited.
    pub(super) fn introduce(&self, bot_name: &str, invite: String) {
        let mut state = self.state();
        bot_name.clone_into(&mut state.bot_name);
        state.invite = invite;
    }

    /// How the bot is invited; empty before it was connected.
    pub(super) fn invite(&self) -> String {
        self.state().invite.clone()
    }

    /// A shard began a session that hears of `guilds`; gives its number.
    pub(super) fn began(&self, shard: u32, guilds: Vec<u64>) -> u64 {
        let mut state = self.state();
        state.n_sessions += 1;
        state.missed = true;
        let session = state.n_sessions;
        if let Some(shard) = state.shards.get_mut(shard as usize) {
            *shard = Shard { session, guilds, is_up: true };
        }
        session
    }

    /// Whether a shard is still in this session.
    pub(super) fn is_current(&self, shard: u32, session: u64) -> bool {
        self.state().shards.get(shard as usize).is_some_and(|shard| shard.session == session)
    }

    /// A shard took its session up again.
    pub(super) fn resumed(&self, shard: u32) {
        if let Some(shard) = self.state().shards.get_mut(shard as usize) {
            shard.is_up = true;
        }
    }

    /// A shard is not connected; gives whether it was.
    pub(super) fn lost(&self, shard: u32) -> bool {
        let mut state = self.state();
        let shard = state.shards.get_mut(shard as usize);
        shard.is_some_and(|shard| std::mem::take(&mut shard.is_up))
    }

    /// The communities of all shards.
    pub(super) fn guilds(&self) -> Vec<u64> {
        let state = self.state();
        state.shards.iter().flat_map(|shard| shard.guilds.iter().copied()).collect()
    }

    /// What is to be told now if all shards are connected.
    pub(super) fn connected(&self) -> Option<Connected> {
        let mut state = self.state();
        if !state.shards.iter().all(|shard| shard.is_up) {
            return None;
        }
        state.told = Told::Connected;
        Some(Connected {
            bot_name: state.bot_name.clone(),
            n_guilds: state.shards.iter().map(|shard| shard.guilds.len()).sum(),
            invite: state.invite.clone(),
            resumed: !std::mem::take(&mut state.missed),
        })
    }

    /// Whether it is news that the bot is not there for this reason.
    pub(super) fn disconnected(&self, why: &str) -> bool {
        let told = Told::Disconnected(why.to_owned());
        let mut state = self.state();
        let is_news = state.told != told;
        state.told = told;
        is_news
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bot_is_there_when_all_its_shards_are() {
        let presence = Presence::default();
        presence.expect(2);
        presence.introduce("kickback", "address".to_owned());
        let first = presence.began(0, vec![1, 2]);
        assert_eq!(presence.connected(), None);
        let second = presence.began(1, vec![3]);
        let connected = presence.connected().expect("all are there");
        assert_eq!((connected.n_guilds, connected.resumed), (3, false));
        assert!(presence.is_current(0, first) && presence.is_current(1, second));

        assert!(presence.lost(1) && !presence.lost(1));
        assert_eq!(presence.connected(), None);
        presence.resumed(1);
        assert!(presence.connected().is_some_and(|connected| connected.resumed));
        presence.began(1, vec![3]);
        assert!(presence.is_current(0, first) && !presence.is_current(1, second));
        assert!(presence.connected().is_some_and(|connected| !connected.resumed));
    }

    #[test]
    fn a_reason_is_news_once() {
        let presence = Presence::default();
        presence.expect(1);
        assert!(presence.disconnected("one") && !presence.disconnected("one"));
        assert!(presence.disconnected("other") && presence.disconnected("one"));
        presence.began(0, Vec::new());
        assert!(presence.connected().is_some() && presence.disconnected("one"));
    }
}
