//! How does Discord learn of the slash commands?
//!
//! What is registered is asked first, and replaced only where it differs: Discord allows 200 changes a
//! day and shows some of them late.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use serenity::builder::CreateCommand;
use serenity::model::id::GuildId;

use super::rest::{Action, Failure};
use super::shared::Shared;
use super::slash;
use crate::chat::Error;

/// The pauses between tries double from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(900));

const REGISTER: Action = Action {
    what: "register its commands",
    permission: Some("applications.commands (add the bot again by its invitation)"),
};

/// What of a command matters to those who use it. All else is Discord's own, or not set here.
const FIELDS: [&str; 14] = [
    "name",
    "description",
    "options",
    "choices",
    "value",
    "type",
    "required",
    "autocomplete",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "contexts",
    "integration_types",
];

/// Where commands are offered, or withdrawn because they would show twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// `None` is everywhere.
    guild: Option<u64>,
    offers: bool,
}

/// Sees to it, once in the life of the bot, that the commands are registered where the settings say and
/// nowhere else. Whatever fails is tried again, however long it takes.
pub(super) fn start(shared: &Arc<Shared>) {
    if !shared.registering.swap(true, Ordering::Relaxed) {
        tokio::spawn(keep_trying(Arc::clone(shared)));
    }
}

async fn keep_trying(shared: Arc<Shared>) {
    let commands = slash::definitions(shared.settings.max_bars);
    let mut places = places(&shared.settings.guilds, &shared.presence.guilds());
    let mut pause = PAUSES.0;
    loop {
        let mut failed = Vec::new();
        for place in places {
            let Err(failure) = settle(&shared, place, &commands).await else { continue };
            failed.push(place);
            let error = Error::from(failure);
            let invite = shared.presence.invite();
            tracing::error!(
                %error, guild = place.guild, invite, seconds = pause.as_secs(),
                "listeners may not see the commands as they are; this is tried again"
            );
        }
        if failed.is_empty() {
            return;
        }
        places = failed;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Every place that may hold commands, those first where they are offered.
fn places(configured: &[u64], joined: &[u64]) -> Vec<Place> {
    let everywhere = Place { guild: None, offers: configured.is_empty() };
    let offering = configured.iter().map(|guild| Place { guild: Some(*guild), offers: true });
    let others = joined.iter().filter(|guild| !configured.contains(guild));
    let others = others.map(|guild| Place { guild: Some(*guild), offers: false });
    let mut places: Vec<Place> = offering.chain([everywhere]).chain(others).collect();
    places.sort_by_key(|place| !place.offers);
    places
}

async fn settle(shared: &Shared, place: Place, commands: &[CreateCommand]) -> Result<(), Failure> {
    let http = &shared.rest.http;
    let guild = place.guild.map(GuildId::new);
    let wanted = if place.offers { commands } else { &[] };
    let registered = match shared.rest.ask(REGISTER, || http.commands(guild)).await {
        // Where the bot may not have commands, there are none.
        Err(Failure::Other(Error::Forbidden { .. } | Error::Gone)) if !place.offers => {
            return Ok(());
        }
        registered => registered?,
    };
    let is_same =
        serde_json::to_value(wanted).is_ok_and(|wanted| same(&wanted, &registered.into()));
    if is_same {
        return Ok(());
    }
    shared.rest.ask(REGISTER, || http.set_commands(guild, wanted)).await
}

/// Whether two descriptions of commands mean the same to who uses them: what is not set may be left out,
/// `null`, `false` or empty, and a command without a type is a slash command.
fn same(wanted: &Value, registered: &Value) -> bool {
    match (wanted, registered) {
        (Value::Array(wanted), Value::Array(registered)) => {
            let (wanted, registered) = (sorted(wanted), sorted(registered));
            wanted.len() == registered.len()
                && wanted
                    .iter()
                    .zip(registered)
                    .all(|(wanted, registered)| same(wanted, registered))
        }
        (Value::Object(_), Value::Object(_)) => FIELDS.iter().all(|field| {
            let (wanted, registered) = (set(wanted, field), set(registered, field));
            match (wanted, registered) {
                (Some(wanted), Some(registered)) => same(wanted, registered),
                (wanted, registered) => wanted.is_none() && registered.is_none(),
            }
        }),
        (Value::Number(wanted), Value::Number(registered)) => {
            wanted.as_f64() == registered.as_f64()
        }
        _ => wanted == registered,
    }
}

/// Commands and numbers may come in any order; options and choices are shown in theirs.
fn sorted(list: &[Value]) -> Vec<&Value> {
    let mut list: Vec<&Value> = list.iter().collect();
    let has_order = list.iter().any(|entry| entry.get("value").is_some() || is_option(entry));
    if !has_order {
        list.sort_by_key(|entry| entry.get("name").unwrap_or(entry).to_string());
    }
    list
}

/// Whether this is an option: their types are above those of commands.
fn is_option(entry: &Value) -> bool {
    entry.get("type").and_then(Value::as_u64).is_some_and(|kind| kind > 2)
}

fn set<'a>(command: &'a Value, field: &str) -> Option<&'a Value> {
    let value = command.get(field)?;
    let is_default = match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Number(kind) => field == "type" && kind.as_u64() == Some(1),
        _ => false,
    };
    (!is_default).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The commands as Discord gives them back: with its own fields, and defaults written out.
    fn given_back() -> Value {
        let mut commands = serde_json::to_value(slash::definitions(64)).expect("JSON");
        for command in commands.as_array_mut().expect("a list") {
            command["id"] = json!("7");
            command["version"] = json!("8");
            command["type"] = json!(1);
            command["nsfw"] = json!(false);
            command["description_localizations"] = Value::Null;
            for option in command["options"].as_array_mut().expect("options") {
                if option["required"] == false {
                    option.as_object_mut().expect("an option").remove("required");
                }
                if option["min_value"].is_number() {
                    option["min_value"] = json!(option["min_value"].as_f64());
                }
            }
        }
        commands.as_array_mut().expect("a list").reverse();
        commands
    }

    #[test]
    fn what_discord_adds_makes_no_difference_and_what_listeners_see_does() {
        let wanted = serde_json::to_value(slash::definitions(64)).expect("JSON");
        assert!(same(&wanted, &given_back()));
        let changes: [fn(&mut Value); 6] = [
            |commands| commands[0]["description"] = json!("another"),
            |commands| commands[4]["options"][0]["required"] = json!(false),
            |commands| commands[4]["options"].as_array_mut().expect("options").swap(1, 2),
            |commands| commands[4]["options"][3]["max_value"] = json!(63),
            |commands| commands[4]["contexts"] = json!([0, 1]),
            |commands| drop(commands.as_array_mut().expect("a list").pop()),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut registered = given_back();
            change(&mut registered);
            assert!(!same(&wanted, &registered), "change {n}");
        }
    }

    #[test]
    fn commands_are_withdrawn_wherever_they_are_not_offered() {
        let place = |guild, offers| Place { guild, offers };
        let everywhere = places(&[], &[1, 2]);
        assert_eq!(
            everywhere,
            [place(None, true), place(Some(1), false), place(Some(2), false)],
            "a guild may have been configured before"
        );
        let in_one = places(&[2], &[1, 2]);
        assert_eq!(in_one, [place(Some(2), true), place(None, false), place(Some(1), false)]);
    }
}
