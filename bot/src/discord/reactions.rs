//! Which reactions stand below a message, and how are some offered?

use std::collections::BTreeSet;
use std::sync::Arc;

use serenity::http::{LightMethod, Request as HttpRequest, Route};
use serenity::model::channel::{Message, MessageReaction, ReactionType};
use serenity::model::id::{ChannelId as Channel, MessageId as Snowflake};
use serenity::model::user::User;

use super::rest::Action;
use super::shared::Shared;
use crate::chat::{Error, Posted};
use crate::id::{ChannelId, ListenerId, MessageId};
use crate::reaction::Emoji;

const READ: Action = Action { what: "read reactions", permission: Some("Read Message History") };
const OFFER: Action = Action { what: "add a reaction", permission: Some("Add Reactions") };

/// See [`crate::chat::Chat::reactions_of`].
pub(super) async fn reactions_of(
    shared: &Shared,
    channel: ChannelId,
    message: MessageId,
) -> Result<Vec<(Emoji, ListenerId)>, Error> {
    let (channel, message) = (Channel::new(channel.0), Snowflake::new(message.0));
    let http = &shared.rest.http;
    let found = shared.rest.ask(READ, || http.get_message(channel, message)).await?;
    let mut reactions = BTreeSet::new();
    for reaction in &found.reactions {
        let Some(emoji) = emoji(&reaction.reaction_type) else { continue };
        for kind in kinds(reaction) {
            let emoji = if kind == BURST { emoji.burst() } else { emoji.clone() };
            for user in reacting(shared, &found, &reaction.reaction_type, kind).await? {
                if !user.bot {
                    reactions.insert((emoji.clone(), ListenerId(user.id.get())));
                }
            }
        }
    }
    Ok(reactions.into_iter().collect())
}

/// The kind of the animated "super reaction"; 0 is the usual one.
const BURST: u8 = 1;

/// The kinds of reactions to ask for.
fn kinds(reaction: &MessageReaction) -> impl Iterator<Item = u8> {
    let counts = [reaction.count_details.normal, reaction.count_details.burst];
    (0..2).zip(counts).filter(|(_, count)| *count > 0).map(|(kind, _)| kind)
}

/// Everybody who reacted to `message` with `reaction` in the way of `kind`.
async fn reacting(
    shared: &Shared,
    message: &Message,
    reaction: &ReactionType,
    kind: u8,
) -> Result<Vec<User>, Error> {
    let mut users: Vec<User> = Vec::new();
    loop {
        let after = users.last().map_or(0, |user| user.id.get());
        // serenity's own call can't ask for super reactions.
        let page = || {
            let data = path_of(reaction);
            async move {
                let route = Route::ChannelMessageReactionEmoji {
                    channel_id: message.channel_id,
                    message_id: message.id,
                    reaction: &data,
                };
                let params = vec![
                    ("type", kind.to_string()),
                    ("limit", "100".to_owned()),
                    ("after", after.to_string()),
                ];
                let request = HttpRequest::new(route, LightMethod::Get).params(Some(params));
                shared.rest.http.fire::<Vec<User>>(request).await
            }
        };
        let page = shared.rest.ask(READ, page).await?;
        let last = page.len() < 100;
        users.extend(page);
        if last {
            return Ok(users);
        }
    }
}

/// The emoji as the path of a request names it. One that was deleted has no name; any will do.
fn path_of(reaction: &ReactionType) -> String {
    match reaction {
        ReactionType::Custom { id, name: None, .. } => format!("_:{id}"),
        named => named.as_data(),
    }
}

/// Puts the offered emoji below a post, so that reacting takes one click. A post without them is
/// still a post: failing is only noted.
pub(super) async fn offer_reactions(shared: Arc<Shared>, posted: Posted) {
    let (channel, message) = (Channel::new(posted.channel.0), Snowflake::new(posted.message.0));
    // Known before the first reaction is made, so that none of them is taken for a listener's.
    if let Err(failure) = shared.me().await {
        tracing::warn!(error = %Error::from(failure), "no reactions are offered");
        return;
    }
    for emoji in &shared.offered {
        let emoji = ReactionType::Unicode(emoji.clone());
        let http = &shared.rest.http;
        let added = shared.rest.ask(OFFER, || http.create_reaction(channel, message, &emoji)).await;
        if let Err(failure) = added {
            let error = Error::from(failure);
            tracing::warn!(%error, %emoji, "a reaction could not be offered");
            return;
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
