//! What does the gateway tell us, and in which order?
//!
//! serenity hands each event to a task of its own, so two quick events of one listener (a reaction
//! put and taken back) can arrive in the wrong order. Reactions are therefore heard through a
//! collector, which serenity calls in place and in order; everything else through its event
//! handler. What happens before the collector has started is found by
//! [`crate::chat::Chat::below`] after [`Heard::Connected`].

use std::sync::Arc;
use std::time::SystemTime;

use serenity::client::{Context, EventHandler};
use serenity::gateway::CollectorCallback;
use serenity::model::application::Interaction;
use serenity::model::channel::Reaction;
use serenity::model::event::{Event, ResumedEvent};
use serenity::model::gateway::Ready;

use super::invite::invite;
use super::reactions::emoji;
use super::shared::Shared;
use super::unread::{self, Read};
use super::{interaction, register};
use crate::chat::{Heard, Reacted};
use crate::id::{ChannelId, ListenerId, MessageId};

/// The event handler that serenity calls.
pub(super) struct Gateway(pub(super) Arc<Shared>);

#[serenity::async_trait]
impl EventHandler for Gateway {
    async fn ready(&self, context: Context, ready: Ready) {
        let shared = Arc::clone(&self.0);
        let application = ready.application.id;
        shared.rest.http.set_application_id(application);
        shared.is_me(ready.user.id);
        shared.presence.introduce(&ready.user.name, invite(application.get()));
        let shard = context.shard_id.get();
        let guilds = ready.guilds.iter().map(|guild| guild.id.get()).collect();
        // A new session: the collector of the previous one must not hear everything twice.
        let session = shared.presence.began(shard, guilds);
        let collector = Arc::clone(&shared);
        let collect = move |event: &Event| {
            let current = collector.presence.is_current(shard, session);
            if current {
                in_order(&collector, event, SystemTime::now());
            }
            current
        };
        context.shard.add_collector(CollectorCallback(Box::new(collect)));
        if shared.connected() {
            register::start(&shared);
        }
    }

    async fn resume(&self, context: Context, _: ResumedEvent) {
        self.0.presence.resumed(context.shard_id.get());
        self.0.connected();
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        interaction::heard(&self.0, interaction).await;
    }
}

/// Called for every event, in order; must not wait for anything.
fn in_order(shared: &Arc<Shared>, event: &Event, at: SystemTime) {
    match event {
        Event::ReactionAdd(event) => {
            let by_bot = event.reaction.member.as_ref().is_some_and(|member| member.user.bot);
            if !by_bot {
                shared.hear_if_listener(reacted(&event.reaction, true, at));
            }
        }
        Event::ReactionRemove(event) => {
            shared.hear_if_listener(reacted(&event.reaction, false, at));
        }
        Event::ReactionRemoveAll(event) => shared.hear(Heard::Cleared {
            channel: ChannelId(event.channel_id.get()),
            message: MessageId(event.message_id.get()),
            emoji: None,
        }),
        Event::ReactionRemoveEmoji(event) => shared.hear(Heard::Cleared {
            channel: ChannelId(event.reaction.channel_id.get()),
            message: MessageId(event.reaction.message_id.get()),
            emoji: emoji(&event.reaction.emoji),
        }),
        Event::ChannelDelete(event) => {
            shared.hear(Heard::ChannelGone(ChannelId(event.channel.id.get())));
        }
        Event::ThreadDelete(event) => {
            shared.hear(Heard::ChannelGone(ChannelId(event.thread.id.get())));
        }
        // A guild that is only unavailable comes back.
        Event::GuildDelete(event) if !event.guild.unavailable => {
            shared.hear(Heard::CommunityGone { community: event.guild.id.to_string() });
        }
        Event::Unknown(event) => match unread::read(event, at) {
            Read::Reacted(reacted) => shared.hear_if_listener(Some(reacted)),
            Read::Heard(heard) => heard.into_iter().for_each(|heard| shared.hear(heard)),
            Read::Interaction(interaction) => {
                let shared = Arc::clone(shared);
                tokio::spawn(async move { interaction::heard(&shared, *interaction).await });
            }
            Read::Nothing => shared.missed.count(&event.kind),
        },
        _ => {}
    }
}

fn reacted(reaction: &Reaction, added: bool, at: SystemTime) -> Option<Reacted> {
    Some(Reacted {
        channel: ChannelId(reaction.channel_id.get()),
        message: MessageId(reaction.message_id.get()),
        listener: ListenerId(reaction.user_id?.get()),
        emoji: emoji(&reaction.emoji)
            .map(|emoji| if reaction.burst { emoji.burst() } else { emoji })?,
        added,
        at,
    })
}
