//! What do people do in this Discord?
//!
//! They use commands, react and moderate; the bot is told as Discord would.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::state::{CHANNEL, GUILD, Inner, Interaction, Stage, State};
use super::{check, payload};

/// In which time an interaction wants a first answer.
const DEADLINE: Duration = Duration::from_secs(3);

impl State {
    /// Begins an interaction of `kind` (2 command, 4 autocomplete) with a command and sees to its
    /// deadline.
    pub(super) fn interact(
        self: &Arc<Self>,
        kind: u8,
        command: &str,
        options: &Value,
        user: u64,
    ) -> u64 {
        let mut state = self.lock();
        let registered = state.commands.values().flatten().find(|known| known["name"] == *command);
        if let Some(fault) = registered.and_then(|known| check::impossible(known, kind, options)) {
            state.violation(format!("/{command} {options} cannot be asked: {fault}"));
        }
        let id = state.new_id();
        let token = format!("interaction-secret-{id}");
        let interaction = Interaction {
            token: token.clone(),
            kind,
            command: command.to_owned(),
            user,
            at: Instant::now(),
            stage: Stage::Open,
            expired: false,
            answer_lost: false,
            acknowledged_at: None,
            answered_at: Vec::new(),
        };
        state.interactions.insert(id, interaction);
        let event = payload::interaction(&state, id, options);
        state.dispatch("INTERACTION_CREATE", &event);
        drop(state);
        let here = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(DEADLINE).await;
            let mut state = here.lock();
            if matches!(state.interactions[&id].stage, Stage::Open) {
                state.violation(format!("interaction {id} was not answered within 3 s"));
            }
        });
        id
    }

    pub(super) fn react(&self, message: u64, user: u64, emoji: &str, added: bool) {
        self.lock().react(message, user, emoji, added);
    }

    pub(super) fn clear_reactions(&self, message: u64, emoji: Option<&str>) {
        let mut state = self.lock();
        let Some(found) = state.messages.get_mut(&message) else { return };
        found.reactions.retain(|(e, _)| emoji.is_some_and(|emoji| payload::sign(e) != emoji));
        let place = json!({
            "channel_id": CHANNEL.to_string(),
            "message_id": message.to_string(),
            "guild_id": GUILD.to_string(),
        });
        match emoji {
            None => state.dispatch("MESSAGE_REACTION_REMOVE_ALL", &place),
            Some(emoji) => {
                let mut event = place;
                event["emoji"] = payload::emoji(emoji);
                state.dispatch("MESSAGE_REACTION_REMOVE_EMOJI", &event);
            }
        }
    }
}

impl Inner {
    pub(super) fn react(&mut self, message: u64, user: u64, emoji: &str, added: bool) {
        let reaction = (emoji.to_owned(), user);
        let Some(found) = self.messages.get_mut(&message) else { return };
        let before = found.reactions.len();
        if !added {
            found.reactions.retain(|r| *r != reaction);
        } else if !found.reactions.contains(&reaction) {
            found.reactions.push(reaction);
        }
        if found.reactions.len() == before {
            return;
        }
        let event = payload::reaction(self, message, user, emoji, added);
        let name = if added { "MESSAGE_REACTION_ADD" } else { "MESSAGE_REACTION_REMOVE" };
        self.dispatch(name, &event);
    }
}
