//! How does Discord learn of the slash commands?

use std::sync::atomic::Ordering;

use serenity::builder::CreateCommand;
use serenity::model::gateway::Ready;
use serenity::model::id::GuildId;

use super::invite::invite;
use super::rest::Action;
use super::shared::Shared;
use super::slash;
use crate::chat::Error;

const REGISTER: Action = Action {
    what: "register its commands",
    permission: Some("applications.commands (add the bot again by its invitation)"),
};

/// Registers the commands where the settings say, once in the life of the bot, and withdraws them
/// where they would show twice. Registering the same again changes nothing.
pub(super) async fn commands(shared: &Shared, ready: &Ready) {
    if shared.registered.swap(true, Ordering::Relaxed) {
        return;
    }
    let commands = slash::definitions(shared.settings.max_bars);
    let http = &shared.rest.http;
    let guilds: Vec<GuildId> = shared.settings.guilds.iter().copied().map(GuildId::new).collect();
    let none: Vec<CreateCommand> = Vec::new();
    let everywhere = if guilds.is_empty() { &commands } else { &none };
    let mut outcomes =
        vec![shared.rest.ask(REGISTER, || http.set_commands(None, everywhere)).await];
    for guild in guilds {
        let registered = || http.set_commands(Some(guild), &commands);
        outcomes.push(shared.rest.ask(REGISTER, registered).await);
    }
    for failure in outcomes.into_iter().filter_map(Result::err) {
        shared.registered.store(false, Ordering::Relaxed);
        let error = Error::from(failure);
        let invite = invite(ready.application.id.get());
        tracing::error!(
            %error, invite,
            "listeners may not see the commands; this is tried again when the bot reconnects"
        );
    }
}
