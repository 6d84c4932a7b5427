//! How does Discord learn of `/generate`?

use std::sync::atomic::Ordering;

use serenity::builder::CreateCommand;
use serenity::model::gateway::Ready;
use serenity::model::id::GuildId;

use super::rest::Deed;
use super::{Shared, command, ears};

const DEED: Deed = Deed {
    what: "offer the command /generate",
    permission: "applications.commands (add the bot again by its invitation)",
};

/// Registers the command where the settings say, once in the life of the bot, and takes it back
/// where it would show twice. Registering the same again changes nothing.
pub(super) async fn commands(shared: &Shared, ready: &Ready) {
    if shared.registered.swap(true, Ordering::Relaxed) {
        return;
    }
    let command = [command::definition(shared.settings.max_bars)];
    let http = &shared.rest.http;
    let guilds: Vec<GuildId> = shared.settings.guilds.iter().copied().map(GuildId::new).collect();
    let mut outcomes = Vec::new();
    if guilds.is_empty() {
        outcomes.push(shared.rest.ask(DEED, || http.create_global_commands(&command)).await);
    } else {
        let none: [CreateCommand; 0] = [];
        outcomes.push(shared.rest.ask(DEED, || http.create_global_commands(&none)).await);
    }
    for guild in guilds {
        outcomes.push(shared.rest.ask(DEED, || http.create_guild_commands(guild, &command)).await);
    }
    for trouble in outcomes.into_iter().filter_map(Result::err) {
        shared.registered.store(false, Ordering::Relaxed);
        let error = crate::chat::Error::from(trouble);
        let invite = ears::invite(ready.application.id.get());
        tracing::error!(%error, invite, "listeners may not see /generate; asked again when the bot reconnects");
    }
}
