//! What was said in an event that serenity cannot read?
//!
//! Where a field is missing that serenity counts on, or has another type than it expects, it passes the
//! event on unread. What matters to the bot is read here from the few fields that it needs; any other event
//! of that kind is counted and reported.

use std::time::SystemTime;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serenity::model::application::Interaction;
use serenity::model::channel::ReactionType;
use serenity::model::event::UnknownEvent;
use serenity::model::id::{ChannelId as Channel, GuildId, MessageId as Snowflake, UserId};

use super::reactions::emoji;
use crate::chat::{Heard, MAX_FILE_BYTES, Reacted};
use crate::id::{ChannelId, ListenerId, MessageId};

/// What could be read of an event.
#[derive(Debug)]
pub(super) enum Read {
    /// Something happened, or nothing that matters.
    Heard(Option<Heard>),
    /// A reaction of somebody, perhaps of the bot itself.
    Reacted(Reacted),
    /// The use of a command.
    Interaction(Box<Interaction>),
    /// It makes no sense.
    Nothing,
}

/// Reads an event as far as it matters.
pub(super) fn read(event: &UnknownEvent, at: SystemTime) -> Read {
    let sense = match event.kind.as_str() {
        "MESSAGE_REACTION_ADD" => reaction(event, true, at),
        "MESSAGE_REACTION_REMOVE" => reaction(event, false, at),
        "MESSAGE_REACTION_REMOVE_ALL" | "MESSAGE_REACTION_REMOVE_EMOJI" => cleared(event),
        "CHANNEL_DELETE" | "THREAD_DELETE" => parse(event)
            .map(|Gone { id }| Read::Heard(Some(Heard::ChannelGone(ChannelId(id.get()))))),
        "GUILD_DELETE" => parse(event).map(|Left { id, unavailable }| {
            let gone = unavailable != Some(true);
            Read::Heard(gone.then(|| Heard::CommunityGone { community: id.to_string() }))
        }),
        "INTERACTION_CREATE" => interaction(event).map(|read| Read::Interaction(Box::new(read))),
        _ => None,
    };
    sense.unwrap_or(Read::Nothing)
}

#[derive(Deserialize)]
struct Reaction {
    user_id: UserId,
    channel_id: Channel,
    message_id: Snowflake,
    emoji: ReactionType,
    burst: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<u8>,
    member: Option<Member>,
}

#[derive(Deserialize)]
struct Member {
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    bot: Option<bool>,
}

#[derive(Deserialize)]
struct Cleared {
    channel_id: Channel,
    message_id: Snowflake,
    emoji: Option<ReactionType>,
}

#[derive(Deserialize)]
struct Gone {
    id: Channel,
}

#[derive(Deserialize)]
struct Left {
    id: GuildId,
    unavailable: Option<bool>,
}

fn reaction(event: &UnknownEvent, added: bool, at: SystemTime) -> Option<Read> {
    let reaction: Reaction = parse(event)?;
    let by_bot = reaction.member.and_then(|member| member.user?.bot) == Some(true);
    let Some(emoji) = emoji(&reaction.emoji).filter(|_| !by_bot) else {
        return Some(Read::Heard(None));
    };
    // A super reaction says so twice.
    let burst = reaction.burst == Some(true) || reaction.kind == Some(1);
    Some(Read::Reacted(Reacted {
        channel: ChannelId(reaction.channel_id.get()),
        message: MessageId(reaction.message_id.get()),
        listener: ListenerId(reaction.user_id.get()),
        emoji: if burst { emoji.burst() } else { emoji },
        added,
        at,
    }))
}

/// An interaction with what the bot does not need filled in where it is missing.
fn interaction(event: &UnknownEvent) -> Option<Interaction> {
    let mut value = event.value.clone();
    let usual = json!({
        "version": 1,
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {},
        "attachment_size_limit": MAX_FILE_BYTES,
    });
    fill(Some(&mut value), usual);
    let member = json!({ "roles": [], "deaf": false, "mute": false, "flags": 0 });
    fill(value.get_mut("member"), member);
    fill(value.get_mut("data"), json!({ "type": 1 }));
    serde_json::from_value(value).ok()
}

/// Fills in what is missing or null.
fn fill(value: Option<&mut Value>, usual: Value) {
    let fields = value.and_then(Value::as_object_mut);
    let (Some(fields), Value::Object(usual)) = (fields, usual) else { return };
    for (name, value) in usual {
        let field = fields.entry(name).or_insert(Value::Null);
        if field.is_null() {
            *field = value;
        }
    }
}

fn cleared(event: &UnknownEvent) -> Option<Read> {
    let cleared: Cleared = parse(event)?;
    let all = event.kind == "MESSAGE_REACTION_REMOVE_ALL";
    let emoji = if all { None } else { Some(emoji(&cleared.emoji?)?) };
    Some(Read::Heard(Some(Heard::Cleared {
        channel: ChannelId(cleared.channel_id.get()),
        message: MessageId(cleared.message_id.get()),
        emoji,
    })))
}

fn parse<T: DeserializeOwned>(event: &UnknownEvent) -> Option<T> {
    serde_json::from_value(event.value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reaction::Emoji;

    fn read_now(kind: &str, value: &serde_json::Value) -> Read {
        let event = serde_json::json!({ "t": kind, "d": value });
        let event = serde_json::from_value(event).expect("any kind and value");
        read(&event, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn a_reaction_needs_only_who_where_and_what() {
        let bare = serde_json::json!({
            "user_id": "4", "channel_id": "2", "message_id": 3, "emoji": { "name": "🔥" },
        });
        let Read::Reacted(reacted) = read_now("MESSAGE_REACTION_ADD", &bare) else {
            panic!("not heard")
        };
        assert_eq!((reacted.channel, reacted.message), (ChannelId(2), MessageId(3)));
        let what = (reacted.listener, &reacted.emoji, reacted.added);
        assert_eq!(what, (ListenerId(4), &Emoji::new("🔥"), true));
        let mut by_bot = bare.clone();
        by_bot["member"] = serde_json::json!({ "user": { "bot": true } });
        assert!(matches!(read_now("MESSAGE_REACTION_ADD", &by_bot), Read::Heard(None)));
        let mut bursting = bare;
        bursting["type"] = serde_json::json!(1);
        let Read::Reacted(reacted) = read_now("MESSAGE_REACTION_REMOVE", &bursting) else {
            panic!("not heard")
        };
        assert_eq!((reacted.emoji, reacted.added), (Emoji::new("🔥").burst(), false));
    }

    #[test]
    fn a_guild_that_is_only_unavailable_is_not_gone() {
        let left = |value| match read_now("GUILD_DELETE", &value) {
            Read::Heard(heard) => heard.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(!left(serde_json::json!({ "id": "1", "unavailable": true })));
        assert!(left(serde_json::json!({ "id": "1" })));
        assert!(left(serde_json::json!({ "id": "1", "unavailable": null })));
    }
}
