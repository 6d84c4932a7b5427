//! What becomes of the guild, and what was there before the bot?

use serde_json::{Value, json};

use super::Discord;
use super::state::{CHANNEL, GUILD};

impl Discord {
    /// The channel is deleted.
    pub fn delete_channel(&self) {
        self.tell("CHANNEL_DELETE", &json!({
            "id": CHANNEL.to_string(), "guild_id": GUILD.to_string(), "type": 0, "name": "tracks",
            "position": 0, "nsfw": false, "permission_overwrites": [], "parent_id": null,
        }));
    }

    /// A thread below the channel is deleted.
    pub fn delete_thread(&self, thread: u64) {
        self.tell(
            "THREAD_DELETE",
            &json!({
                "id": thread.to_string(), "guild_id": GUILD.to_string(),
                "parent_id": CHANNEL.to_string(), "type": 11,
            }),
        );
    }

    /// The bot is removed from the guild.
    pub fn remove_from_guild(&self) {
        self.tell("GUILD_DELETE", &json!({ "id": GUILD.to_string() }));
    }

    /// The guild cannot be reached for a while, for a reason of Discord's own.
    pub fn lose_guild_for_now(&self) {
        self.tell("GUILD_DELETE", &json!({ "id": GUILD.to_string(), "unavailable": true }));
    }

    /// Sends an event of the guild, whatever is in it.
    pub fn tell(&self, event: &str, data: &Value) {
        self.state.lock().dispatch(event, data);
    }

    /// The commands that were registered in `guild`, or for all, by an earlier process.
    pub fn leave_commands(&self, guild: Option<u64>, commands: Vec<Value>) {
        self.state.lock().commands.insert(guild, commands);
    }
}
