//! What came of what people did?

use std::time::Duration;

use super::Discord;

/// What came of one interaction, counted from when it was told to the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The interaction.
    pub interaction: u64,
    /// Who asked.
    pub user: u64,
    /// How long after the first interaction of all it was told.
    pub since_first: Duration,
    /// When it was acknowledged.
    pub acknowledged: Option<Duration>,
    /// When each of its answers came: a text in private, or a message with files.
    pub answered: Vec<Duration>,
}

impl Discord {
    /// What stands below messages: message, emoji, person.
    pub fn reactions(&self, messages: &[u64]) -> Vec<(u64, String, u64)> {
        let state = self.state.lock();
        let found = messages.iter().filter_map(|id| state.messages.get(id));
        let below = found.flat_map(|message| {
            let reactions = message.reactions.iter();
            reactions.map(|(emoji, person)| (message.id, emoji.clone(), *person))
        });
        below.collect()
    }

    /// What came of every interaction so far, the oldest first.
    pub fn waits(&self) -> Vec<Wait> {
        let state = self.state.lock();
        let first = state.interactions.values().map(|asked| asked.at).min();
        let mut waits: Vec<Wait> = state
            .interactions
            .iter()
            .map(|(id, asked)| Wait {
                interaction: *id,
                user: asked.user,
                since_first: first.map_or(Duration::ZERO, |first| asked.at - first),
                acknowledged: asked.acknowledged_at.map(|at| at.duration_since(asked.at)),
                answered: asked.answered_at.iter().map(|at| at.duration_since(asked.at)).collect(),
            })
            .collect();
        waits.sort_by_key(|wait| wait.interaction);
        waits
    }
}
