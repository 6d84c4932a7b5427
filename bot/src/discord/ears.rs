//! What does the gateway tell us, and in which order?
//!
//! serenity hands each event to a task of its own, so two quick events of one listener (a reaction
//! put and taken back) can arrive the wrong way round. Reactions are therefore heard through a
//! collector, which serenity calls in place and in order; everything else through its event
//! handler. Whatever passes between connecting and the collector's start is in what
//! [`crate::chat::Chat::reactions_of`] says after [`Heard::Connected`].

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serenity::builder::{CreateInteractionResponse, CreateInteractionResponseMessage};
use serenity::client::{Context, EventHandler};
use serenity::gateway::CollectorCallback;
use serenity::http::RatelimitInfo;
use serenity::model::Permissions;
use serenity::model::application::{CommandInteraction, Interaction};
use serenity::model::channel::{GuildChannel, Message, Reaction, ReactionType};
use serenity::model::event::{Event, ResumedEvent, UnknownEvent};
use serenity::model::gateway::Ready;

use super::Shared;
use super::command;
use crate::chat::{ChannelId, Connected, Heard, ListenerId, MessageId, Reacted, Request};
use crate::reaction::Emoji;

/// Discord forgets an interaction that is not answered within 3 seconds.
const DEADLINE: Duration = Duration::from_millis(2900);

/// The event handler that serenity calls.
pub(super) struct Ears(pub(super) Arc<Shared>);

#[serenity::async_trait]
impl EventHandler for Ears {
    async fn ready(&self, context: Context, ready: Ready) {
        let shared = Arc::clone(&self.0);
        shared.rest.http.set_application_id(ready.application.id);
        // Fails only if it is known already.
        let _ = shared.me.set(ready.user.id);
        // A new session: the collector of the one before it must not hear twice.
        let session = shared.session.fetch_add(1, Ordering::Relaxed) + 1;
        let collector = Arc::clone(&shared);
        let collect = move |event: &Event| {
            let current = collector.session.load(Ordering::Relaxed) == session;
            if current {
                in_order(&collector, event, SystemTime::now());
            }
            current
        };
        context.shard.add_collector(CollectorCallback(Box::new(collect)));
        shared.connected.store(true, Ordering::Relaxed);
        shared.hear(Heard::Connected(Connected {
            bot_name: ready.user.name.clone(),
            n_guilds: ready.guilds.len(),
            invite: invite(ready.application.id.get()),
            resumed: false,
        }));
        super::register::commands(&shared, &ready).await;
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        self.0.connected.store(true, Ordering::Relaxed);
        self.0.hear(Heard::Connected(Connected {
            bot_name: String::new(),
            n_guilds: 0,
            invite: String::new(),
            resumed: true,
        }));
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        let at = SystemTime::now();
        match interaction {
            Interaction::Command(asked) if asked.data.name == command::GENERATE => {
                request(&self.0, &asked, at, Heard::Generate).await;
            }
            Interaction::Command(asked) if asked.data.name == command::MODEL => {
                request(&self.0, &asked, at, Heard::Model).await;
            }
            Interaction::Autocomplete(asked) => {
                let choices = command::completions(&asked, &self.0.offer.borrow());
                respond(&self.0, &asked, CreateInteractionResponse::Autocomplete(choices)).await;
            }
            Interaction::Command(asked) => {
                let text = "I don't know this command (any more).".to_owned();
                respond(&self.0, &asked, in_private(text)).await;
            }
            _ => {}
        }
    }

    async fn channel_delete(&self, _: Context, gone: GuildChannel, _: Option<Vec<Message>>) {
        self.0.hear(Heard::ChannelGone(ChannelId(gone.id.get())));
    }

    async fn ratelimit(&self, info: RatelimitInfo) {
        tracing::info!(seconds = info.timeout.as_secs_f64(), info.global, "rate limited");
    }
}

/// Answers within the deadline, and only then tells the daemon, so that whatever it does with the
/// request finds a question that is open.
async fn request(
    shared: &Shared,
    asked: &CommandInteraction,
    at: SystemTime,
    heard: fn(Request) -> Heard,
) {
    let request = command::request(asked, &shared.offer.borrow(), at);
    match request {
        Err(text) => {
            respond(shared, asked, in_private(text)).await;
        }
        Ok(request) => {
            let wait = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new());
            if respond(shared, asked, wait).await {
                shared.hear(heard(request));
            }
        }
    }
}

fn in_private(text: String) -> CreateInteractionResponse {
    let message = CreateInteractionResponseMessage::new().content(text).ephemeral(true);
    CreateInteractionResponse::Message(message.allowed_mentions(super::no_mentions()))
}

/// Whether the response went through; if not, the listener sees that the bot did not respond.
async fn respond(
    shared: &Shared,
    asked: &CommandInteraction,
    response: CreateInteractionResponse,
) -> bool {
    let sent = asked.create_response(&shared.rest.http, response);
    match tokio::time::timeout(DEADLINE, sent).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "an interaction could not be answered");
            false
        }
        Err(_) => {
            tracing::warn!("an interaction was not answered in time");
            false
        }
    }
}

/// Called for every event, in order; must not wait for anything.
fn in_order(shared: &Shared, event: &Event, at: SystemTime) {
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
        Event::Unknown(event) if event.kind == "MESSAGE_REACTION_REMOVE_EMOJI" => {
            if let Some(heard) = emoji_cleared(event) {
                shared.hear(heard);
            }
        }
        _ => {}
    }
}

fn reacted(reaction: &Reaction, added: bool, at: SystemTime) -> Option<Reacted> {
    Some(Reacted {
        channel: ChannelId(reaction.channel_id.get()),
        message: MessageId(reaction.message_id.get()),
        listener: ListenerId(reaction.user_id?.get()),
        emoji: emoji(&reaction.emoji)?,
        added,
        at,
    })
}

/// `None` for a community's own emoji that was deleted since: it has no name any more.
pub(super) fn emoji(reaction: &ReactionType) -> Option<Emoji> {
    match reaction {
        ReactionType::Custom { name, .. } => name.as_deref().map(Emoji::new),
        ReactionType::Unicode(text) => Some(Emoji::new(text)),
        _ => None,
    }
}

/// serenity 0.12.5 expects fields in this event that Discord does not send, and so passes it on
/// unread.
fn emoji_cleared(event: &UnknownEvent) -> Option<Heard> {
    let id = |name: &str| event.value.get(name)?.as_str()?.parse().ok();
    let emoji = event.value.get("emoji")?.get("name")?.as_str()?;
    Some(Heard::Cleared {
        channel: ChannelId(id("channel_id")?),
        message: MessageId(id("message_id")?),
        emoji: Some(Emoji::new(emoji)),
    })
}

/// The address at which the bot is added to a community, with the permissions that it needs.
pub(super) fn invite(application: u64) -> String {
    let needed = Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::ATTACH_FILES
        | Permissions::READ_MESSAGE_HISTORY
        | Permissions::ADD_REACTIONS;
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}\
         &scope=bot+applications.commands&permissions={}",
        needed.bits()
    )
}
