//! What does Discord's JSON look like?
//!
//! Fields as Discord's reference names them. The tests below read them with twilight's types.

use serde_json::{Value, json};

use super::state::{BOT, CHANNEL, GUILD, Inner, MAX_FILE_BYTES, Message, Session};

const JOINED: &str = "2024-01-01T00:00:00.000000+00:00";
const ALL_PERMISSIONS: &str = "2251799813685247";

pub(super) fn user(state: &Inner, id: u64) -> Value {
    let (name, bot) = state.users.get(&id).map_or(("nobody", false), |u| (u.name.as_str(), u.bot));
    json!({
        "id": id.to_string(),
        "username": name.to_lowercase(),
        "discriminator": "0",
        "global_name": name,
        "avatar": null,
        "bot": bot,
        "public_flags": 0,
    })
}

fn member(state: &Inner, id: u64) -> Value {
    json!({
        "user": user(state, id),
        "nick": null,
        "avatar": null,
        "roles": [],
        "joined_at": JOINED,
        "premium_since": null,
        "deaf": false,
        "mute": false,
        "flags": 0,
        "pending": false,
        "communication_disabled_until": null,
    })
}

/// What follows an emoji that is put as a super reaction.
pub(super) const BURST: &str = " burst";

/// `emoji` is Unicode, or `name:id` for a guild's own, without a name where it was deleted.
pub(super) fn emoji(emoji: &str) -> Value {
    let emoji = sign(emoji);
    match emoji.split_once(':') {
        Some(("", id)) => json!({ "id": id, "name": null }),
        Some((name, id)) => json!({ "id": id, "name": name }),
        None => json!({ "id": null, "name": emoji }),
    }
}

/// An emoji without the kind of the reaction.
pub(super) fn sign(emoji: &str) -> &str {
    emoji.strip_suffix(BURST).unwrap_or(emoji)
}

pub(super) fn me(state: &Inner) -> Value {
    let mut me = user(state, BOT);
    me["mfa_enabled"] = json!(false);
    me["verified"] = json!(true);
    me["email"] = Value::Null;
    me["flags"] = json!(0);
    me
}

pub(super) fn application(state: &Inner) -> Value {
    json!({
        "id": BOT.to_string(),
        "name": "Kickback",
        "icon": null,
        "description": "",
        "bot_public": false,
        "bot_require_code_grant": false,
        "verify_key": "0",
        "owner": user(state, BOT),
        "team": null,
        "flags": 0,
        "tags": [],
    })
}

pub(super) fn ready(state: &Inner, id: &str, session: &Session) -> Value {
    let guild = json!({ "id": GUILD.to_string(), "unavailable": true });
    json!({
        "v": 10,
        "user": me(state),
        "guilds": if session.hears_guild() { vec![guild] } else { Vec::new() },
        "session_id": id,
        "resume_gateway_url": state.gateway_url,
        "shard": [session.shard.0, session.shard.1],
        "application": { "id": BOT.to_string(), "flags": 0 },
    })
}

pub(super) fn guild(state: &Inner) -> Value {
    let everyone = json!({
        "id": GUILD.to_string(), "name": "@everyone", "color": 0, "hoist": false, "position": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "permissions": ALL_PERMISSIONS, "managed": false, "mentionable": false, "icon": null,
        "unicode_emoji": null, "flags": 0,
    });
    let channel = json!({
        "id": CHANNEL.to_string(), "type": 0, "name": "tracks", "position": 0, "nsfw": false,
        "permission_overwrites": [], "parent_id": null, "topic": null, "rate_limit_per_user": 0,
        "last_message_id": null, "flags": 0,
    });
    json!({
        "id": GUILD.to_string(), "name": "Loopback", "icon": null, "splash": null,
        "discovery_splash": null, "owner_id": BOT.to_string(), "afk_channel_id": null,
        "afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "roles": [everyone], "emojis": [], "features": [],
        "mfa_level": 0, "application_id": null, "system_channel_id": null,
        "system_channel_flags": 0, "rules_channel_id": null, "vanity_url_code": null,
        "description": null, "banner": null, "premium_tier": 0, "preferred_locale": "en-US",
        "public_updates_channel_id": null, "nsfw_level": 0, "stickers": [],
        "premium_progress_bar_enabled": false, "joined_at": JOINED, "large": false,
        "unavailable": false, "member_count": 1, "voice_states": [], "members": [member(state, BOT)],
        "channels": [channel], "threads": [], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "safety_alerts_channel_id": null, "incidents_data": null,
    })
}

pub(super) fn interaction(state: &Inner, id: u64, options: &Value) -> Value {
    let interaction = &state.interactions[&id];
    let mut member = member(state, interaction.user);
    member["permissions"] = json!(ALL_PERMISSIONS);
    let name = &interaction.command;
    let command = state.commands.values().flatten().find(|command| command["name"] == **name);
    let command = command.map_or_else(|| json!("1"), |command| command["id"].clone());
    json!({
        "id": id.to_string(),
        "application_id": BOT.to_string(),
        "type": interaction.kind,
        "data": { "id": command, "name": name, "type": 1, "options": options },
        "guild_id": GUILD.to_string(),
        "guild": { "id": GUILD.to_string(), "locale": "en-US", "features": [] },
        "channel_id": CHANNEL.to_string(),
        "channel": {
            "id": CHANNEL.to_string(), "type": 0, "name": "tracks", "permissions": ALL_PERMISSIONS,
        },
        "member": member,
        "token": interaction.token,
        "version": 1,
        "app_permissions": ALL_PERMISSIONS,
        "locale": "en-GB",
        "guild_locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": { "0": GUILD.to_string() },
        "context": 0,
        "attachment_size_limit": MAX_FILE_BYTES,
    })
}

pub(super) fn reaction(state: &Inner, message: u64, who: u64, what: &str, added: bool) -> Value {
    let author = state.messages.get(&message).map_or(BOT, |message| message.author);
    let mut event = json!({
        "user_id": who.to_string(),
        "channel_id": CHANNEL.to_string(),
        "message_id": message.to_string(),
        "guild_id": GUILD.to_string(),
        "emoji": emoji(what),
        "burst": what.ends_with(BURST),
        "type": u8::from(what.ends_with(BURST)),
    });
    if added {
        event["member"] = member(state, who);
        event["message_author_id"] = json!(author.to_string());
    }
    event
}

pub(super) fn message(state: &Inner, message: &Message) -> Value {
    let attachments = message.files.iter().map(|file| {
        let url = format!("https://cdn.example/{}/{}", file.id, file.name);
        json!({
            "id": file.id.to_string(), "filename": file.name, "size": file.bytes.len(),
            "url": url, "proxy_url": url, "description": file.description,
        })
    });
    let mut flags = 0;
    flags |= if message.private_to.is_some() { 64 } else { 0 };
    flags |= if message.finished { 0 } else { 128 };
    json!({
        "id": message.id.to_string(),
        "channel_id": message.channel.to_string(),
        "author": user(state, message.author),
        "content": message.content,
        "timestamp": JOINED,
        "edited_timestamp": null,
        "tts": false,
        "mention_everyone": false,
        "mentions": [],
        "mention_roles": [],
        "attachments": attachments.collect::<Vec<_>>(),
        "embeds": [],
        "components": [],
        "reactions": reactions(message),
        "pinned": false,
        "type": if message.answers.is_some() { 20 } else { 0 },
        "flags": flags,
        "nonce": message.nonce,
    })
}

fn reactions(message: &Message) -> Vec<Value> {
    let mut signs: Vec<&str> = Vec::new();
    for (emoji, _) in &message.reactions {
        if !signs.contains(&sign(emoji)) {
            signs.push(sign(emoji));
        }
    }
    let one = |shown: &&str| {
        let own = message.reactions.iter().filter(|(emoji, _)| sign(emoji) == *shown);
        let (burst, normal): (Vec<_>, Vec<_>) = own.partition(|(emoji, _)| emoji.ends_with(BURST));
        let me = |of: &[&(String, u64)]| of.iter().any(|(_, user)| *user == BOT);
        json!({
            "count": burst.len() + normal.len(),
            "count_details": { "burst": burst.len(), "normal": normal.len() },
            "me": me(&normal),
            "me_burst": me(&burst),
            "emoji": emoji(shown),
            "burst_colors": [],
        })
    };
    signs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::state::State;
    use super::*;
    use std::sync::Arc;
    use twilight_model::application::interaction::Interaction;
    use twilight_model::gateway::payload::incoming::{
        GuildCreate, ReactionAdd, ReactionRemove, Ready,
    };

    #[tokio::test]
    async fn twilight_reads_what_is_sent() {
        let state = Arc::new(State::new("ws://127.0.0.1:1".to_owned()));
        let user = state.lock().user("ada", false);
        let options = json!([{ "name": "genre", "type": 3, "value": "hardstyle" }]);
        let id = state.interact(2, "generate", &options, user);
        let mut state = state.lock();
        let event = interaction(&state, id, &options);
        serde_json::from_value::<Interaction>(event).expect("an interaction");
        let session = Session { shard: (0, 1), ..Session::default() };
        serde_json::from_value::<Ready>(ready(&state, "s", &session)).expect("a ready");
        serde_json::from_value::<GuildCreate>(guild(&state)).expect("a guild");
        let posted = state.new_message(CHANNEL, BOT, "hello".to_owned());
        state.react(posted, user, "🔥", true);
        let added = reaction(&state, posted, user, "banger:5 burst", true);
        serde_json::from_value::<ReactionAdd>(added).expect("a reaction");
        let removed = reaction(&state, posted, user, "🔥", false);
        serde_json::from_value::<ReactionRemove>(removed).expect("a reaction taken back");
        let value = message(&state, &state.messages[&posted]);
        let read: twilight_model::channel::Message =
            serde_json::from_value(value).expect("a message");
        assert_eq!(read.reactions[0].count, 1);
    }
}
