//! Which reactions stand below messages, and how are some offered?

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serenity::http::{LightMethod, MessagePagination, Request as HttpRequest, Route};
use serenity::model::channel::ReactionType;
use serenity::model::id::{ChannelId as Channel, EmojiId, MessageId as Snowflake, UserId};

use super::rest::Action;
use super::shared::Shared;
use crate::chat::{Below, Error, Posted};
use crate::id::{ChannelId, ListenerId, MessageId};
use crate::reaction::Emoji;

const READ: Action = Action { what: "read reactions", permission: Some("Read Message History") };
const OFFER: Action = Action { what: "add a reaction", permission: Some("Add Reactions") };

/// The most people that Discord names at a time.
const PEOPLE: usize = 100;

/// All that is needed of a message: others may hold what serenity cannot read.
#[derive(Deserialize)]
struct Shown {
    id: Snowflake,
    #[serde(default)]
    reactions: Vec<Counted>,
}

/// An emoji below a message.
#[derive(Deserialize)]
struct Counted {
    emoji: ReactionType,
    count: u64,
    /// Not there in the answers of old proxies.
    count_details: Option<Kinds>,
    #[serde(default)]
    me: bool,
    #[serde(default)]
    me_burst: bool,
}

/// How many put it in which way.
#[derive(Deserialize)]
struct Kinds {
    normal: u64,
    burst: u64,
}

/// Somebody who reacted.
#[derive(Deserialize)]
struct Person {
    id: UserId,
    #[serde(default)]
    bot: bool,
}

/// See [`crate::chat::Chat::below`].
pub(super) async fn below(
    shared: &Shared,
    channel: ChannelId,
    newest: MessageId,
) -> Result<Vec<Below>, Error> {
    let before = MessagePagination::Before(Snowflake::new(newest.0.saturating_add(1)));
    let channel = Channel::new(channel.0);
    let page = || shared.rest.http.get_messages::<Shown>(channel, before, Below::PAGE as u8);
    let mut page: Vec<Shown> = shared.rest.ask(READ, page).await?;
    page.sort_by_key(|message| std::cmp::Reverse(message.id));
    Ok(page.iter().map(shown).collect())
}

fn shown(message: &Shown) -> Below {
    let mut counts = Vec::new();
    for own in &message.reactions {
        let Some(emoji) = emoji(&own.emoji) else { continue };
        let kinds = own.count_details.as_ref();
        let (normal, burst) = kinds.map_or((own.count, 0), |kinds| (kinds.normal, kinds.burst));
        let burst = burst.saturating_sub(u64::from(own.me_burst));
        counts.push((emoji.burst(), burst));
        counts.push((emoji, normal.saturating_sub(u64::from(own.me))));
    }
    counts.retain(|(_, n)| *n > 0);
    Below { message: MessageId(message.id.get()), counts }
}

/// See [`crate::chat::Chat::is_there`].
pub(super) async fn is_there(
    shared: &Shared,
    channel: ChannelId,
    message: MessageId,
) -> Result<bool, Error> {
    let (channel_id, message_id) = (Channel::new(channel.0), Snowflake::new(message.0));
    let route = Route::ChannelMessage { channel_id, message_id };
    let call = || shared.rest.http.fire::<IgnoredAny>(HttpRequest::new(route, LightMethod::Get));
    match shared.rest.ask(READ, call).await.map_err(Error::from) {
        Ok(_) => Ok(true),
        Err(Error::Gone) => Ok(false),
        Err(error) => Err(error),
    }
}

/// See [`crate::chat::Chat::people`].
pub(super) async fn people(
    shared: &Shared,
    channel: ChannelId,
    message: MessageId,
    emoji: &Emoji,
) -> Result<Vec<ListenerId>, Error> {
    let (channel_id, message_id) = (Channel::new(channel.0), Snowflake::new(message.0));
    let (data, kind) = (sent(emoji).as_data(), u8::from(emoji.is_burst()));
    let mut people: Vec<ListenerId> = Vec::new();
    let mut after = 0;
    loop {
        // serenity's own call can't ask for super reactions.
        let page = || {
            let route =
                Route::ChannelMessageReactionEmoji { channel_id, message_id, reaction: &data };
            let params = vec![
                ("type", kind.to_string()),
                ("limit", PEOPLE.to_string()),
                ("after", after.to_string()),
            ];
            let request = HttpRequest::new(route, LightMethod::Get).params(Some(params));
            shared.rest.http.fire::<Vec<Person>>(request)
        };
        let page = shared.rest.ask(READ, page).await?;
        let last = page.iter().map(|person| person.id.get()).max().unwrap_or(0);
        let is_last = page.len() < PEOPLE;
        people.extend(page.iter().filter(|own| !own.bot).map(|own| ListenerId(own.id.get())));
        if is_last {
            return Ok(people);
        }
        if last <= after {
            tracing::warn!(%message, %emoji, "asked for more people, the chat names the same");
            let what = READ.what.to_owned();
            return Err(Error::Unreadable { what, why: "the same people came again".to_owned() });
        }
        after = last;
    }
}

/// Puts the offered emoji below a post, so that reacting takes one click. A post without them is
/// still a post: failing is only noted, and the others are put all the same.
pub(super) async fn offer_reactions(shared: Arc<Shared>, posted: Posted) {
    let (channel, message) = (Channel::new(posted.channel.0), Snowflake::new(posted.message.0));
    // Known before the first reaction is made, so that none of them is taken for a listener's.
    if let Err(failure) = shared.me().await {
        tracing::warn!(error = %Error::from(failure), "no reactions are offered");
        return;
    }
    for emoji in &shared.offered {
        let emoji = sent(&Emoji::new(emoji));
        let http = &shared.rest.http;
        let added = shared.rest.ask(OFFER, || http.create_reaction(channel, message, &emoji)).await;
        if let Err(failure) = added {
            let error = Error::from(failure);
            tracing::warn!(%error, %emoji, "a reaction could not be offered");
            if !matches!(error, Error::NotAccepted { .. } | Error::Forbidden { .. }) {
                return;
            }
        }
    }
}

/// `None` for kinds that are not known yet.
pub(super) fn emoji(reaction: &ReactionType) -> Option<Emoji> {
    match reaction {
        ReactionType::Custom { id, name, .. } => Some(Emoji::own(id.get(), name.as_deref())),
        ReactionType::Unicode(text) => Some(Emoji::new(text)),
        _ => None,
    }
}

/// An emoji as requests name it. An own one goes by its id: where it was deleted and has no name any
/// more, any will do.
fn sent(emoji: &Emoji) -> ReactionType {
    match emoji.id().filter(|id| *id > 0) {
        Some(id) => {
            let name = Some(emoji.name().unwrap_or("_").to_owned());
            ReactionType::Custom { animated: false, id: EmojiId::new(id), name }
        }
        None => ReactionType::Unicode(emoji.sign().to_owned()),
    }
}
