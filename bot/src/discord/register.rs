//! How does Discord learn of `/generate` and `/model`?

use std::sync::atomic::Ordering;

use serenity::builder::CreateCommand;
use serenity::model::gateway::Ready;
use serenity::model::id::GuildId;

use super::rest::Deed;
use super::{Shared, command, ears};

const DEED: Deed = Deed {
    what: "offer its commands",
    permission: "applications.commands (add the bot again by its invitation)",
};

/// Registers the commands where the settings say, once in the life of the bot, and takes them back
/// where they would show twice. Registering the same again changes nothing.
pub(super) async fn commands(shared: &Shared, ready: &Ready) {
    if shared.registered.swap(true, Ordering::Relaxed) {
        return;
    }
    let commands = command::definitions(shared.settings.max_bars);
    let http = &shared.rest.http;
    let guilds: Vec<GuildId> = shared.settings.guilds.iter().copied().map(GuildId::new).collect();
    let mut outcomes = Vec::new();
    if guilds.is_empty() {
        outcomes.push(shared.rest.ask(DEED, || http.create_global_commands(&commands)).await);
    } else {
        let none: [CreateCommand; 0] = [];
        outcomes.push(shared.rest.ask(DEED, || http.create_global_commands(&none)).await);
    }
    for guild in guilds {
        outcomes.push(shared.rest.ask(DEED, || http.create_guild_commands(guild, &commands)).await);
    }
    for trouble in outcomes.into_iter().filter_map(Result::err) {
        shared.registered.store(false, Ordering::Relaxed);
        let error = crate::chat::Error::from(trouble);
        let invite = ears::invite(ready.application.id.get());
        tracing::error!(%error, invite, "listeners may not see the commands; asked again when the bot reconnects");
    }
}
