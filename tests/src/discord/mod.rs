//! Does the bot speak to Discord as Discord wants it?
//!
//! A Discord on loopback: HTTP API and gateway, one guild with one channel, kept in memory. It is
//! stricter than the real one: everything it receives is checked against the types and limits of
//! twilight (an implementation of Discord's API that shares no code with serenity), and every
//! fault is kept in [`Discord::violations`], for which a test asks at its end. It knows nothing of
//! this project; a program that is given [`Discord::url`] and [`TOKEN`] can run anywhere on the
//! machine.

mod check;
mod faults;
mod form;
mod gateway;
mod guild;
mod outages;
mod outcomes;
mod payload;
mod people;
mod rest;
mod routes;
mod schema;
mod sloppy;
mod state;
mod trouble;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

pub use outcomes::Wait;
pub use schema::is_described;
pub use state::{Attached, CHANNEL, GUILD, Message, TOKEN};
use state::{Stage, State};

/// How long the waiting functions wait before they panic.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Discord; it ends when dropped.
pub struct Discord {
    state: Arc<State>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.state.drop_sockets();
        self.server.abort();
    }
}

impl Discord {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let state = Arc::new(State::new(format!("ws://{address}/gateway")));
        let routes = Router::new()
            .route("/gateway", any(gateway::connect))
            .route("/gateway/", any(gateway::connect))
            .fallback(rest::answer)
            .layer(DefaultBodyLimit::max(256 << 20))
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.expect("the server runs until it is dropped");
        });
        Self { state, address, server }
    }

    /// The address of the HTTP API, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was received and should not have been, or not in this way.
    pub fn violations(&self) -> Vec<String> {
        self.state.lock().violations.clone()
    }

    /// A user by name: the same name is the same user.
    pub fn user(&self, name: &str) -> u64 {
        self.state.lock().user(name, false)
    }

    /// A bot by name that is not the one under test.
    pub fn other_bot(&self, name: &str) -> u64 {
        self.state.lock().user(name, true)
    }

    /// `user` asks for a track of `genre`; gives back the interaction.
    pub fn generate(&self, genre: &str, user: u64) -> u64 {
        self.generate_with(&json!([{ "name": "genre", "type": 3, "value": genre }]), user)
    }

    /// `user` asks for a track of `genre` in the manner of `artist`.
    pub fn generate_like(&self, genre: &str, artist: &str, user: u64) -> u64 {
        let options = json!([
            { "name": "genre", "type": 3, "value": genre },
            { "name": "artist", "type": 3, "value": artist },
        ]);
        self.generate_with(&options, user)
    }

    /// `user` asks for a track with these options, as Discord writes them (`[{name, type, value}]`).
    pub fn generate_with(&self, options: &Value, user: u64) -> u64 {
        self.state.interact(2, "generate", options, user)
    }

    /// `user` uses any command with these options.
    pub fn ask(&self, command: &str, options: &Value, user: u64) -> u64 {
        self.state.interact(2, command, options, user)
    }

    /// `user` asks how well the model of `genre` does; gives back the interaction.
    pub fn model(&self, genre: &str, user: u64) -> u64 {
        let options = json!([{ "name": "genre", "type": 3, "value": genre }]);
        self.state.interact(2, "model", &options, user)
    }

    /// `user` types in an option of the command that makes tracks; gives back what is shown to choose
    /// from.
    pub async fn complete(&self, option: &str, typed: &str, user: u64) -> Vec<String> {
        self.complete_in("generate", option, typed, user).await
    }

    /// The same for another command.
    pub async fn complete_in(
        &self,
        command: &str,
        option: &str,
        typed: &str,
        user: u64,
    ) -> Vec<String> {
        let typing = json!([{ "name": option, "type": 3, "value": typed, "focused": true }]);
        self.completed(command, &typing, user).await
    }

    /// The same where a genre is chosen already.
    pub async fn complete_for(
        &self,
        genre: &str,
        option: &str,
        typed: &str,
        user: u64,
    ) -> Vec<String> {
        let typing = json!([
            { "name": "genre", "type": 3, "value": genre },
            { "name": option, "type": 3, "value": typed, "focused": true },
        ]);
        self.completed("generate", &typing, user).await
    }

    async fn completed(&self, command: &str, typing: &Value, user: u64) -> Vec<String> {
        let interaction = self.state.interact(4, command, typing, user);
        self.wait("choices", |state| match &state.interactions.get(&interaction)?.stage {
            Stage::Completed(choices) => Some(choices.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for a finished public message that has not been waited for before.
    pub async fn wait_for_message(&self) -> Message {
        self.wait_for_message_within(PATIENCE).await
    }

    /// The same with a patience of its own.
    pub async fn wait_for_message_within(&self, patience: Duration) -> Message {
        self.wait_within(patience, "a message", |state| {
            let new = |m: &&mut Message| m.private_to.is_none() && m.finished && !m.seen;
            let message = state.messages.values_mut().find(new)?;
            message.seen = true;
            Some(message.clone())
        })
        .await
    }

    /// Waits for a finished message that only `user` sees, not waited for before.
    pub async fn wait_for_private(&self, user: u64) -> Message {
        self.wait("a private message", |state| {
            let new = |m: &&mut Message| m.private_to == Some(user) && m.finished && !m.seen;
            let message = state.messages.values_mut().find(new)?;
            message.seen = true;
            Some(message.clone())
        })
        .await
    }

    /// Waits until the interaction got "is thinking".
    pub async fn wait_for_deferral(&self, interaction: u64) {
        self.wait("a deferral", |state| match state.interactions.get(&interaction)?.stage {
            Stage::Deferred { .. } => Some(()),
            _ => None,
        })
        .await;
    }

    /// Waits until the bot is connected to the gateway `n` times in all, resumed or anew.
    pub async fn wait_for_connections(&self, n: usize) {
        self.wait("a connection", |state| (state.n_connected >= n).then_some(())).await;
    }

    /// Waits until the commands are registered in `guild`, or for all; gives them back.
    pub async fn wait_for_commands(&self, guild: Option<u64>) -> Vec<Value> {
        self.wait("commands", |state| state.commands.get(&guild).cloned()).await
    }

    /// Waits until `n` commands are registered in `guild`, or for all.
    pub async fn wait_for_registered(&self, guild: Option<u64>, n: usize) {
        let count = |commands: &Vec<Value>| commands.len();
        self.wait("other commands", |state| {
            (state.commands.get(&guild).map_or(0, count) == n).then_some(())
        })
        .await;
    }

    /// Waits until the bot itself has put these reactions below a message, in any order.
    pub async fn wait_for_own_reactions(&self, message: u64, emoji: &[&str]) {
        self.wait("the bot's reactions", |state| {
            let found = &state.messages.get(&message)?.reactions;
            let own = |e: &&str| found.contains(&((*e).to_owned(), state::BOT));
            emoji.iter().all(own).then_some(())
        })
        .await;
    }

    /// `user` puts `emoji` (Unicode, or `name:id`, ending in ` burst` for a super reaction) below `message`.
    pub fn react(&self, message: u64, user: u64, emoji: &str) {
        self.state.react(message, user, emoji, true);
    }

    /// `user` takes `emoji` back.
    pub fn unreact(&self, message: u64, user: u64, emoji: &str) {
        self.state.react(message, user, emoji, false);
    }

    /// A moderator takes all reactions from `message`, or all with `emoji`.
    pub fn clear_reactions(&self, message: u64, emoji: Option<&str>) {
        self.state.clear_reactions(message, emoji);
    }

    /// From now on, the same people are named on each page of those who reacted.
    pub fn ignore_after(&self) {
        self.state.lock().ignores_after = true;
    }

    /// A reaction that the bot is not told of, as if it had been away.
    pub fn react_unheard(&self, message: u64, user: u64, emoji: &str) {
        let mut state = self.state.lock();
        if let Some(message) = state.messages.get_mut(&message) {
            message.reactions.push((emoji.to_owned(), user));
        }
    }

    /// A moderator deletes `message`; the bot's intents don't let it hear of that.
    pub fn delete_message(&self, message: u64) {
        self.state.lock().messages.remove(&message);
    }

    /// A moderator deletes what answers interactions, "is thinking" too.
    pub fn delete_answers(&self) {
        self.state.lock().messages.retain(|_, message| message.answers.is_none());
    }

    /// Somebody writes into the channel; of `author`'s text the bot sees nothing but its length 0.
    pub fn write(&self, author: u64) -> u64 {
        let mut state = self.state.lock();
        state.new_message(CHANNEL, author, String::new())
    }

    /// Lets the quarter of an hour of every interaction end now.
    pub fn expire_interactions(&self) {
        for interaction in self.state.lock().interactions.values_mut() {
            interaction.expired = true;
        }
    }

    /// Waits until so many requests were made whose "METHOD path" holds `part`.
    pub async fn wait_for_requests(&self, part: &str, n: usize) {
        self.wait("requests", |state| {
            let found = state.requests.iter().filter(|request| request.contains(part)).count();
            (found >= n).then_some(())
        })
        .await;
    }

    /// How many requests were made whose "METHOD path" holds `part`.
    pub fn n_requests(&self, part: &str) -> usize {
        self.state.lock().requests.iter().filter(|request| request.contains(part)).count()
    }

    /// How many finished messages of the bot stand in the channel for all to see.
    pub fn n_messages_of_bot(&self) -> usize {
        let is_its = |m: &&Message| m.author == state::BOT && m.finished && m.private_to.is_none();
        self.state.lock().messages.values().filter(is_its).count()
    }

    async fn wait<T>(&self, what: &str, look: impl FnMut(&mut state::Inner) -> Option<T>) -> T {
        self.wait_within(PATIENCE, what, look).await
    }

    async fn wait_within<T>(
        &self,
        patience: Duration,
        what: &str,
        mut look: impl FnMut(&mut state::Inner) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                let changed = self.state.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if let Some(found) = look(&mut self.state.peek()) {
                    return found;
                }
                changed.await;
            }
        };
        let found = tokio::time::timeout(patience, found).await;
        found.unwrap_or_else(|_| {
            panic!("waited for {what} in vain; violations: {:#?}", self.violations())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bot_that_does_not_answer_is_noticed() {
        let discord = Discord::start().await;
        discord.generate("hardstyle", discord.user("ada"));
        let look = |state: &mut state::Inner| state.violations.first().cloned();
        let violation = discord.wait("a violation", look).await;
        assert!(violation.contains("not answered within 3 s"), "{violation}");
    }
}
